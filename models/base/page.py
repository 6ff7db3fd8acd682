"""One page of a list: keyset pagination with a signed cursor (DOMAIN §4).

The cursor carries the place where the page ended and the digest of what was asked, so a cursor of another list,
filter or workspace is refused and a page costs the same however deep it lies.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, false, or_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from models import opaque
from models.base.database import db
from models.base.instants import from_ms, to_ms
from models.errors import Invalid

Row = TypeVar("Row")
Other = TypeVar("Other")
Column = ColumnElement[Any] | InstrumentedAttribute[Any]

LIMIT_MAX = 100
LIMIT_DEFAULT = 25


@dataclass(frozen=True, slots=True)
class PageOrder:
    """One column of an order. NULLs come last in either direction, on both databases."""

    column: Column
    descending: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of a list and the cursor for those after them (None at the end)."""

    items: list[Row]
    next_cursor: str | None

    @classmethod
    def of(
        cls,
        statement: Select[Any],
        order: Sequence[PageOrder],
        cursor: str | None = None,
        limit: int = LIMIT_DEFAULT,
        *,
        asked: Any = None,
    ) -> "Page[Any]":
        """One page of `statement` in `order`, whose last column must be unique within the workspace.

        `asked` is any JSON value that names the list and its filters; the cursor is valid for an equal one only.
        Rows are what the select returns: entities for a single one, else Row tuples. Raises Invalid for a bad limit
        or cursor.
        """
        if not 1 <= limit <= LIMIT_MAX:
            raise Invalid("A page has 1 to %(most)d entries.", field="limit", most=LIMIT_MAX)
        after = _open_cursor(cursor, asked) if cursor else None
        if after is not None:
            if len(after) != len(order):
                raise _bad_cursor()
            statement = statement.where(_beyond(order, after))
        single = len(statement.column_descriptions) == 1
        keyed = statement.add_columns(*(each.column for each in order)).order_by(None)
        keyed = keyed.order_by(*(_sorted(each) for each in order)).limit(limit + 1)
        rows = db.session.execute(keyed).all()
        width = len(order)
        items: list[Any] = [row[0] if single else row[:-width] for row in rows[:limit]]
        more = len(rows) > limit
        return Page(items, _seal_cursor(rows[limit - 1][-width:], asked) if more else None)

    def map(self, render: Callable[[Row], Other]) -> "Page[Other]":
        """The same page with each row rendered."""
        return Page([render(item) for item in self.items], self.next_cursor)


def _sorted(order: PageOrder) -> Any:
    direction = order.column.desc() if order.descending else order.column.asc()
    return direction.nulls_last() if order.nullable else direction


def _beyond(order: Sequence[PageOrder], after: Sequence[Any]) -> ColumnElement[bool]:
    """Strictly after this place, spelt as a >= x AND ((a > x) OR (a = x AND b > y) OR …), NULLs last.

    The bound in front says nothing new; with it an index is entered at the place, without it read up to there.
    """
    branches: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for each, value in zip(order, after, strict=True):
        if value is None:
            later: ColumnElement[bool] = false()
            same = each.column.is_(None)
        else:
            later = each.column < value if each.descending else each.column > value
            later = or_(later, each.column.is_(None)) if each.nullable else later
            same = each.column == value
        branches.append(and_(*equal, later))
        equal.append(same)
    return and_(_bound(order[0], after[0]), or_(*branches))


def _bound(order: PageOrder, value: Any) -> ColumnElement[bool]:
    if value is None:
        return order.column.is_(None)
    bound = order.column <= value if order.descending else order.column >= value
    return or_(bound, order.column.is_(None)) if order.nullable else bound


def _seal_cursor(values: Sequence[Any], asked: Any) -> str:
    body = json.dumps([_plain(value) for value in values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(_mac(body, asked) + body.encode()).rstrip(b"=").decode()


def _open_cursor(cursor: str, asked: Any) -> list[Any]:
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        mac, body = raw[:16], raw[16:].decode()
    except (binascii.Error, ValueError):
        raise _bad_cursor() from None
    if not hmac.compare_digest(mac, _mac(body, asked)):
        raise _bad_cursor()
    return [_rich(value) for value in json.loads(body)]


def _mac(body: str, asked: Any) -> bytes:
    question = json.dumps(asked, ensure_ascii=False, sort_keys=True, default=str)
    return bytes.fromhex(opaque.sign("cursor", f"{question}\n{body}"))[:16]


def _bad_cursor() -> Invalid:
    return Invalid("This cursor is not from this list; start again without one.", field="cursor")


def _plain(value: Any) -> Any:
    return {"at": to_ms(value)} if isinstance(value, datetime) else value


def _rich(value: Any) -> Any:
    return from_ms(value["at"]) if isinstance(value, dict) else value
