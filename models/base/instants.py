"""Instants as epoch milliseconds, the unit that both databases keep, and back: the one place that converts them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

MINUTE = 60_000
DAY = 1_440 * MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Return the epoch milliseconds of an aware datetime, what is finer cut off."""
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return the UTC datetime of epoch milliseconds."""
    return _EPOCH + milliseconds * _MILLISECOND


class ms_of(FunctionElement[int]):  # noqa: N801 (reads as an SQL function)
    """An instant column as epoch milliseconds, computed by the database."""

    type = BigInteger()
    inherit_cache = True
    name = "ms_of"


@compiles(ms_of)
def _stored(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(ms_of, "postgresql")
def _extracted(element: Any, compiler: Any, **options: Any) -> str:
    return f"(extract(epoch from {compiler.process(element.clauses, **options)}) * 1000)::bigint"
