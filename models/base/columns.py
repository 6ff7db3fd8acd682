"""Column types that both databases keep alike.

SQLite tables are STRICT, which knows INTEGER, TEXT, REAL and BLOB only; so every type renders one of the
first two there. Migrations freeze these types into plain SQLAlchemy ones (migrations/env.py).
"""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from models.base.instants import from_ms, to_ms
from models.base.words import clean


class Id(TypeDecorator[int]):
    """A 63-bit integer: bigint, or INTEGER on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class Instant(TypeDecorator[datetime]):
    """A point in time, always aware and in UTC: timestamptz, or epoch milliseconds on SQLite.

    A naive datetime is refused (ValueError); microseconds are cut to milliseconds on both databases.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        milliseconds = to_ms(value)
        return milliseconds if dialect.name == "sqlite" else from_ms(milliseconds)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return from_ms(int(value))


class Words(TypeDecorator[str]):
    """Text for people to read, stored without characters that nobody sees (models/base/words.py).

    TEXT; compared by bytes on SQLite, by the database's collation on PostgreSQL.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return clean(value) if value is not None else None


class Key(TypeDecorator[str]):
    """Text that is compared, sorted or looked up: bytewise on both databases (COLLATE "C"; BINARY)."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Text(collation="C"))


class Json(TypeDecorator[Any]):
    """A JSON document: jsonb, or TEXT on SQLite. Replaced as a whole, never mutated in place."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(value) if isinstance(value, str) and dialect.name == "sqlite" else value


class Flag(Boolean):
    """True or false: boolean, or INTEGER on SQLite, where the table's migration adds CHECK (x IN (0, 1))."""


@compiles(Flag, "sqlite")
def _integer(*_: Any, **__: Any) -> str:
    return "INTEGER"
