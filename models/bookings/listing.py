"""Bookings as lists show them: a page in one Core select, the names that belong to it in a second, its teams in a third."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, literal_column, or_, select, union_all

from models import clock
from models.base import Id, InWorkspace, Page, PageOrder, db
from models.base.page import LIMIT_MAX
from models.bookings.asset import Asset
from models.bookings.booking import LIVE, OCCUPYING, Booking, typed_ref
from models.bookings.location import Location
from models.bookings.occupancy import Occupancy
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer
from models.customers.here import Here
from models.customers.search import Question, search

Named = tuple[int, str]


@dataclass(frozen=True, slots=True)
class BookingRow:
    """One booking with the names of what it refers to."""

    id: int
    ref: str
    status: str
    starts_at: datetime
    ends_at: datetime
    party_size: int
    price_minor: int
    currency: str
    version: int
    service: Named
    customer: Named
    staff: tuple[Named, ...]
    location: Named | None
    session_id: int


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody typed to find a booking: the ref that it may be, and the customers whom it may name."""

    ref: str | None
    customers: tuple[int, ...]

    @classmethod
    def typed(cls, workspace: Here, text: str) -> "Sought":
        """Read a ref, or a name, phone or e-mail; of many people of a name the first hundred. Raises Invalid."""
        found = search(workspace, Question(query=text), limit=LIMIT_MAX).page.items
        return cls(typed_ref(text), tuple(row.id for row in found))


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings; instants from the first to before the last. `staff_id` is who leads, `asset_id` anybody or anything
    that is taken for it; `to_come` those that stand and are not over; `sought` those of these customers or with this ref.
    """

    start: datetime | None = None
    end: datetime | None = None
    status: str | None = None
    customer_id: int | None = None
    service_id: int | None = None
    staff_id: int | None = None
    location_id: int | None = None
    session_id: int | None = None
    asset_id: int | None = None
    to_come: bool = False
    sought: Sought | None = None

    def page(self, workspace: InWorkspace, cursor: str | None = None, limit: int = 25) -> Page[BookingRow]:
        """A page in order of start: from the first on where `start` is given, else the latest first. Raises Invalid."""
        descending = self.start is None and not self.to_come
        order = [PageOrder(Booking.starts_at, descending=descending), PageOrder(Booking.id, descending=descending)]
        asked = ["bookings", workspace.id, *(str(value) for value in self._values)]
        page = Page.of(_rows(workspace).where(*self._conditions), order, cursor, limit, asked=asked)
        return Page(_named(workspace, page.items), page.next_cursor)

    def all(self, workspace: InWorkspace, most: int) -> list[BookingRow]:
        """The first `most` in order of start, for a day or a week on one page."""
        rows = _rows(workspace).where(*self._conditions).order_by(Booking.starts_at, Booking.id).limit(most)
        return _named(workspace, db.session.execute(rows).all())

    def count(self, workspace: InWorkspace) -> int:
        """How many there are."""
        rows = select(func.count()).select_from(_joined(workspace, Booking.id).where(*self._conditions).subquery())
        return db.session.scalar(rows) or 0

    @property
    def _values(self) -> tuple[Any, ...]:
        return (
            self.start, self.end, self.status, self.customer_id, self.service_id, self.staff_id, self.location_id,
            self.session_id, self.asset_id, self.to_come, self.sought,
        )  # fmt: skip

    @property
    def _conditions(self) -> list[Any]:
        equal = (
            (Booking.status, self.status), (Booking.customer_id, self.customer_id), (Booking.service_id, self.service_id),
            (Booking.staff_id, self.staff_id), (Session.location_id, self.location_id), (Booking.session_id, self.session_id),
        )  # fmt: skip
        conditions: list[Any] = [column == value for column, value in equal if value is not None]
        if self.start is not None:
            conditions.append(Booking.starts_at >= self.start)
        if self.end is not None:
            conditions.append(Booking.starts_at < self.end)
        if self.asset_id is not None:
            conditions.append(_takes(self.asset_id))
        if self.sought is not None:
            conditions.append(or_(Booking.ref == self.sought.ref, Booking.customer_id.in_(self.sought.customers)))
        if self.to_come:
            conditions += [Booking.status.in_(LIVE), Booking.ends_at > clock.now()]
        return conditions


class _Bare(NamedTuple):
    """The columns of `_rows`, in their order."""

    id: int
    ref: str
    status: str
    starts_at: datetime
    ends_at: datetime
    party_size: int
    price_minor: int
    currency: str
    version: int
    service_id: int
    customer_id: int
    staff_id: int | None
    location_id: int | None
    session_id: int


def row_of(workspace: InWorkspace, booking: Booking) -> BookingRow:
    """The row of one booking as it stands in this transaction."""
    rows = db.session.execute(_rows(workspace).where(Booking.id == booking.id)).all()
    return _named(workspace, rows)[0]


def rows_in(workspace: InWorkspace, sessions: Sequence[int]) -> list[BookingRow]:
    """The bookings that keep seats in these sessions, in the order they were made."""
    if not sessions:
        return []
    lapsed = and_(Booking.status == "held", Booking.hold_expires_at <= clock.now())
    seated = _rows(workspace).where(Booking.session_id.in_(sessions), Booking.status.in_(OCCUPYING), ~lapsed)
    return _named(workspace, db.session.execute(seated.order_by(Booking.id)).all())


def _rows(workspace: InWorkspace) -> Any:
    return _joined(
        workspace, Booking.id, Booking.ref, Booking.status, Booking.starts_at, Booking.ends_at, Booking.party_size,
        Booking.price_minor, Booking.currency, Booking.version, Booking.service_id, Booking.customer_id,
        Booking.staff_id, Session.location_id, Booking.session_id,
    )  # fmt: skip


def _joined(workspace: InWorkspace, *columns: Any) -> Any:
    """Columns of bookings and their sessions."""
    mine = and_(Session.workspace_id == Booking.workspace_id, Session.id == Booking.session_id)
    return select(*columns).join(Session, mine).where(Booking.workspace_id == workspace.id)


def _takes(asset_id: int) -> Any:
    """SQL: a person or a thing is taken for the booking's session."""
    return exists().where(
        Occupancy.workspace_id == Booking.workspace_id, Occupancy.session_id == Booking.session_id,
        Occupancy.asset_id == asset_id, Occupancy.active,
    )  # fmt: skip


def _named(workspace: InWorkspace, found: Sequence[Any]) -> list[BookingRow]:
    rows = [_Bare._make(row) for row in found]
    if not rows:
        return []
    names = _names(workspace, rows)
    teams = _teams(workspace, rows)
    return [
        BookingRow(
            *row[:9],
            (row.service_id, names["service", row.service_id]),
            (row.customer_id, names["customer", row.customer_id]),
            teams.get(row.session_id, ()),
            (row.location_id, names["location", row.location_id]) if row.location_id is not None else None,
            row.session_id,
        )
        for row in rows
    ]


def _names(workspace: InWorkspace, rows: Sequence[_Bare]) -> dict[tuple[str, int], str]:
    """Of services, customers and places, by noun and id."""
    asked = {
        "service": list({row.service_id for row in rows}),
        "customer": list({row.customer_id for row in rows}),
        "location": list({row.location_id for row in rows if row.location_id is not None}),
    }
    found = db.session.connection().execute(_NAMES, {"here": workspace.id, **asked})
    return {(noun, number): name for noun, number, name in found}


def _teams(workspace: InWorkspace, rows: Sequence[_Bare]) -> dict[int, tuple[Named, ...]]:
    """The people of each session, who leads in front; a cancelled booking names whoever was to come."""
    leads = {row.session_id: row.staff_id for row in rows}
    found: dict[int, list[Named]] = {}
    for session_id, person, name in db.session.connection().execute(_PEOPLE, {"here": workspace.id, "sessions": list(leads)}):
        found.setdefault(session_id, []).append((person, name))
    return {
        session_id: tuple(sorted(team, key=lambda each, lead=leads[session_id]: (each[0] != lead, each[0])))  # type: ignore[misc]
        for session_id, team in found.items()
    }


_HERE: Any = bindparam("here", type_=Id)


def _named_in(noun: str, table: Any) -> Any:
    ids: Any = bindparam(noun, type_=Id, expanding=True)
    return select(literal_column(f"'{noun}'"), table.id, table.name).where(table.workspace_id == _HERE, table.id.in_(ids))


_NAMES: Any = union_all(_named_in("service", Service), _named_in("customer", Customer), _named_in("location", Location))
_PEOPLE = (
    select(Occupancy.session_id, Asset.id, Asset.name)
    .join(Asset, and_(Asset.workspace_id == Occupancy.workspace_id, Asset.id == Occupancy.asset_id))
    .where(
        Occupancy.workspace_id == _HERE, Occupancy.session_id.in_(bindparam("sessions", type_=Id, expanding=True)),
        Asset.kind == "staff",
    )
)  # fmt: skip
