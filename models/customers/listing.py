"""Customer rows as lists show them: Core selects, a page in one query and what belongs to its people in a second."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, literal, null, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from models import clock
from models.base import Id, InWorkspace, Page, PageOrder, db
from models.customers.contact_point import ContactPoint
from models.customers.customer import Customer, CustomerKind, live_customer, shown_birthday
from models.customers.dates import instant_of
from models.customers.filter.driving import drive
from models.customers.here import Here
from models.customers.tag import CustomerTag, Tag
from models.customers.upcoming import NextBooking, next_bookings


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer in a list."""

    id: int
    kind: CustomerKind
    name: str
    native_name: str | None
    locale: str | None
    birthday: str | None
    enrolled_at: datetime | None
    last_booking_at: datetime | None
    next_booking_at: datetime | None
    bookings: int
    no_shows: int
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    phone: str | None = None
    email: str | None = None
    tags: tuple[str, ...] = ()
    next_booking: NextBooking | None = None


_C = Customer
_COLUMNS: tuple[Any, ...] = (
    _C.id, _C.kind, _C.name, _C.native_name, _C.locale, _C.birthday, _C.enrolled_at, _C.last_booking_at,
    _C.next_booking_at, _C.bookings_count, _C.no_show_count, _C.version, _C.created_at, _C.updated_at, _C.archived_at,
)  # fmt: skip

SORTS: dict[str, PageOrder] = {
    "name": PageOrder(Customer.name_key),
    "created": PageOrder(Customer.created_at),
    "last_booking": PageOrder(Customer.last_booking_at, nullable=True),
    "birthday": PageOrder(Customer.birth_day, nullable=True),
    "updated": PageOrder(Customer.updated_at),
}
"""By name, ascending; higher nouns add their own (`spend`, `points`). A leading `-` turns one round."""
DEFAULT_SORT = "-last_booking"


def order_of(sort: str, *, few: bool = False) -> tuple[PageOrder, ...]:
    """The order behind a sort's name; the id makes it whole. KeyError for an unknown one.

    For a `few` rows its index must not be walked: SQLite has no statistics to know that, an expression tells it.
    """
    order, descending = SORTS[sort.removeprefix("-")], sort.startswith("-")
    column = func.coalesce(order.column, null()) if few else order.column
    return replace(order, column=column, descending=descending), PageOrder(Customer.id, descending=descending)


def page_of(
    workspace: InWorkspace,
    *conditions: ColumnElement[bool],
    sort: str = DEFAULT_SORT,
    cursor: str | None = None,
    limit: int = 25,
    asked: Any = None,
) -> Page[CustomerRow]:
    """One page of the customers that meet all conditions; `asked` names them, so that a cursor fits no other list."""
    rows = select(*_COLUMNS).where(Customer.workspace_id == workspace.id, *conditions)
    question = {"list": "customers", "workspace": workspace.id, "sort": sort, "asked": asked}
    page: Page[Any] = Page.of(rows, order_of(sort, few=drive(conditions)), cursor, limit, asked=question)
    return Page(_completed(workspace, page.items), page.next_cursor)


def contacts(
    here: Here, *, kind: CustomerKind | None = None, updated_since: str | None = None, cursor: str | None = None, limit: int = 25
) -> Page[CustomerRow]:
    """Every live customer, the newest change in front, since a day or time where one is named. Raises Invalid."""
    conditions = [live_customer()]
    if kind is not None:
        conditions.append(Customer.kind == kind)
    if updated_since is not None:
        conditions.append(Customer.updated_at >= instant_of(updated_since, here, field="updated_since"))
    asked = {"kind": kind, "updated_since": updated_since}
    return page_of(here, *conditions, sort="-updated", cursor=cursor, limit=limit, asked=asked)


def rows_of(workspace: InWorkspace, customer_ids: Sequence[int]) -> list[CustomerRow]:
    """The rows of these customers, in the order of the ids; unknown ids are left out."""
    found = db.session.execute(
        select(*_COLUMNS).where(Customer.workspace_id == workspace.id, Customer.id.in_(customer_ids))
    )
    by_id = {row.id: row for row in _completed(workspace, found.all())}
    return [by_id[number] for number in customer_ids if number in by_id]


def count_of(workspace: InWorkspace, *conditions: ColumnElement[bool]) -> int:
    """How many customers meet all conditions."""
    return db.session.scalar(
        select(func.count()).select_from(Customer).where(Customer.workspace_id == workspace.id, *conditions)
    ) or 0  # fmt: skip


def _completed(workspace: InWorkspace, rows: Sequence[Any]) -> list[CustomerRow]:
    bare = [CustomerRow(*row) for row in rows]
    if not bare:
        return []
    ids = [row.id for row in bare]
    reached, worn = _belongings(workspace, ids)
    now = clock.now()
    waiting = [row.id for row in bare if row.next_booking_at is not None and row.next_booking_at > now]
    following = next_bookings(workspace, waiting)
    return [
        replace(
            row,
            birthday=shown_birthday(row.birthday),
            last_booking_at=row.next_booking_at if _begun(row.next_booking_at, now) else row.last_booking_at,
            phone=reached.get((row.id, "phone")),
            email=reached.get((row.id, "email")),
            tags=tuple(sorted(worn.get(row.id, ()))),
            next_booking=following.get(row.id),
        )
        for row in bare
    ]


def _begun(at: datetime | None, now: datetime) -> bool:
    """A next booking that has begun counts as the last one, until the worker rolls it on (DOMAIN §2)."""
    return at is not None and at <= now


def _belongings(
    workspace: InWorkspace, ids: Sequence[int]
) -> tuple[dict[tuple[int, str], str], dict[int, list[str]]]:
    """Primary numbers and addresses, and tags, of a page of customers, in one query."""
    reached: dict[tuple[int, str], str] = {}
    worn: dict[int, list[str]] = {}
    for customer_id, kind, value in db.session.connection().execute(_BELONGINGS, {"here": workspace.id, "ids": ids}):
        if kind == "tag":
            worn.setdefault(customer_id, []).append(value)
        else:
            reached[customer_id, kind] = value
    return reached, worn


_HERE: Any = bindparam("here", type_=Id)
_IDS: Any = bindparam("ids", type_=Id, expanding=True)
_BELONGINGS: Any = union_all(
    select(ContactPoint.customer_id, ContactPoint.kind, func.coalesce(ContactPoint.value_key, ContactPoint.raw)).where(
        ContactPoint.workspace_id == _HERE, ContactPoint.customer_id.in_(_IDS), ContactPoint.is_primary
    ),
    select(CustomerTag.customer_id, literal("tag"), Tag.name)
    .join(Tag, (Tag.workspace_id == CustomerTag.workspace_id) & (Tag.id == CustomerTag.tag_id))
    .where(CustomerTag.workspace_id == _HERE, CustomerTag.customer_id.in_(_IDS), Tag.archived_at.is_(None)),
)
