"""The four range queries behind availability: hours and overrides, time off, occupancy, joinable sessions (DOMAIN §3).

Instants come and go as epoch milliseconds. Spans are compared with < and >, never with range operators, which row-level
security keeps from using an index.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select

from models import clock
from models.base import InWorkspace, db
from models.base.instants import DAY, from_ms, ms_of
from models.base.wall_clock import wall_at
from models.bookings.asset import Asset
from models.bookings.booking import OCCUPYING, Booking
from models.bookings.hours import DateOverride, WorkingHours
from models.bookings.intervals import Span
from models.bookings.occupancy import LONGEST, Occupancy
from models.bookings.opening import Hours
from models.bookings.question import ClassSession, Kind
from models.bookings.service import Service
from models.bookings.session import Session
from models.bookings.time_off import TimeOff


@dataclass(frozen=True, slots=True)
class Lapsed:
    """What only expired holds keep: free for whoever asks, swept when somebody books.

    Of an appointment that is the whole session; of a class only the seats, since whoever leads it is there for the others.
    """

    appointments: frozenset[int] = frozenset()
    seats: dict[int, int] = field(default_factory=dict)

    @classmethod
    def now(cls, workspace: InWorkspace) -> "Lapsed":
        """What has expired by now; usually nothing."""
        held = (
            select(Booking.session_id, Booking.party_size, Service.kind)
            .join(Service, and_(Service.workspace_id == Booking.workspace_id, Service.id == Booking.service_id))
            .where(Booking.workspace_id == workspace.id, Booking.status == "held", Booking.hold_expires_at <= clock.now())
        )
        appointments: set[int] = set()
        seats: Counter[int] = Counter()
        for session_id, party_size, kind in db.session.execute(held):
            if kind == Kind.CLASS:
                seats[session_id] += party_size
            else:
                appointments.add(session_id)
        return cls(frozenset(appointments), dict(seats))


class Week:
    """Weekly rows and overrides of many owners, to be put together for one owner at one location."""

    def __init__(self, workspace: InWorkspace, assets: Collection[int], locations: Collection[int], window: Span) -> None:
        self._weekly = _owned_rows(WorkingHours, workspace, assets, locations)
        first, last = (from_ms(edge).date().isoformat() for edge in (window[0] - 2 * DAY, window[1] + 2 * DAY))
        self._overrides = _owned_rows(
            DateOverride, workspace, assets, locations, DateOverride.day >= first, DateOverride.day <= last
        )

    def of_asset(self, asset_id: int, location_id: int | None, *, open_without_rows: bool) -> Hours:
        """A person's or a thing's hours at a location: rows that name it, and rows that name none."""
        weekly = [row for row in self._weekly[asset_id, "asset"] if row.location_id in (None, location_id)]
        overrides = [row for row in self._overrides[asset_id, "asset"] if row.location_id in (None, location_id)]
        return _hours(weekly, overrides, open_without_rows)

    def of_location(self, location_id: int) -> Hours:
        """A location's own hours; without any it never closes by itself."""
        return _hours(self._weekly[location_id, "location"], self._overrides[location_id, "location"], True)


def _hours(weekly: Sequence[WorkingHours], overrides: Sequence[DateOverride], open_without_rows: bool) -> Hours:
    rows = tuple(row.engine_row for row in weekly)
    return Hours(rows if rows or not open_without_rows else None, tuple(row.engine_row for row in overrides))


def _owned_rows(
    table: Any, workspace: InWorkspace, assets: Collection[int], locations: Collection[int], *narrowed: Any
) -> dict[tuple[int, str], list[Any]]:
    owned = or_(table.asset_id.in_(assets), and_(table.asset_id.is_(None), table.location_id.in_(locations)))
    found: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in db.session.scalars(table.within(workspace).where(owned, *narrowed)):
        key = (row.asset_id, "asset") if row.asset_id is not None else (row.location_id, "location")
        found[key].append(row)
    return found


def time_off(workspace: InWorkspace, assets: Collection[int], window: Span) -> dict[int, list[Span]]:
    """Absences that touch the window, by asset."""
    rows = db.session.execute(
        select(TimeOff.asset_id, ms_of(TimeOff.starts_at), ms_of(TimeOff.ends_at)).where(
            TimeOff.workspace_id == workspace.id,
            TimeOff.asset_id.in_(assets),
            TimeOff.starts_at < from_ms(window[1]),
            TimeOff.ends_at > from_ms(window[0]),
        )
    )
    return _spans(rows)


def occupied(
    workspace: InWorkspace, assets: Collection[int], window: Span, ignored: Collection[int] = ()
) -> dict[int, list[Span]]:
    """Time that live sessions take in the window, buffers included, by asset; `ignored` names sessions left out."""
    rows = db.session.execute(
        select(Occupancy.asset_id, ms_of(Occupancy.blocked_from), ms_of(Occupancy.blocked_to)).where(
            Occupancy.workspace_id == workspace.id,
            Occupancy.asset_id.in_(assets),
            Occupancy.active,
            Occupancy.blocked_from < from_ms(window[1]),
            Occupancy.blocked_from > from_ms(window[0]) - LONGEST,
            Occupancy.blocked_to > from_ms(window[0]),
            *([Occupancy.session_id.not_in(ignored)] if ignored else []),
        )
    )
    return _spans(rows)


def _spans(rows: Any) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for asset_id, start, end in rows:
        found.setdefault(asset_id, []).append((start, end))
    return found


def class_sessions(
    workspace: InWorkspace, service_id: int, window: Span, lapsed: Lapsed, locations: Collection[int] | None = None
) -> list[tuple[ClassSession, int | None]]:
    """The open sessions of a class that start in the window, each with its location."""
    columns = (Session.id, ms_of(Session.starts_at), ms_of(Session.ends_at), Session.capacity, Session.seats_taken)
    rows = db.session.execute(
        select(*columns, Session.location_id)
        .where(Session.workspace_id == workspace.id, Session.service_id == service_id, Session.status == "open")
        .where(Session.starts_at >= from_ms(window[0]), Session.starts_at < from_ms(window[1]))
        .where(*([Session.location_id.in_(locations)] if locations is not None else []))
        .order_by(Session.starts_at, Session.id)
    ).all()
    leaders = _leaders(workspace, [row[0] for row in rows]) if rows else {}
    return [
        (
            ClassSession(number, start, end, capacity, taken - lapsed.seats.get(number, 0), tuple(leaders.get(number, ()))),
            location_id,
        )
        for number, start, end, capacity, taken, location_id in rows
    ]


def _leaders(workspace: InWorkspace, sessions: Sequence[int]) -> dict[int, list[int]]:
    people = (
        select(Occupancy.session_id, Occupancy.asset_id)
        .join(Asset, and_(Asset.workspace_id == Occupancy.workspace_id, Asset.id == Occupancy.asset_id))
        .where(Occupancy.workspace_id == workspace.id, Occupancy.session_id.in_(sessions), Asset.kind == "staff")
        .order_by(Occupancy.session_id, Occupancy.asset_id)
    )
    found: dict[int, list[int]] = {}
    for session_id, person in db.session.execute(people):
        found.setdefault(session_id, []).append(person)
    return found


def booked_by_day(workspace: InWorkspace, service_id: int, zone: str, window: Span, moving: int | None = None) -> dict[int, int]:
    """How many bookings of a service occupy each local day around the window; `moving` is left out."""
    rows = db.session.scalars(
        select(ms_of(Booking.starts_at)).where(
            Booking.workspace_id == workspace.id,
            Booking.service_id == service_id,
            Booking.status.in_(OCCUPYING),
            *_around(Booking.starts_at, window),
            *([Booking.id != moving] if moving is not None else []),
        )
    )
    return dict(Counter(wall_at(zone, start)[0] for start in rows))


def sessions_by_day(
    workspace: InWorkspace, assets: Collection[int], zone: str, window: Span, ignored: Collection[int] = ()
) -> dict[int, dict[int, int]]:
    """How many live sessions each asset has on each local day around the window."""
    rows = db.session.execute(
        select(Occupancy.asset_id, ms_of(Session.starts_at))
        .join(Session, and_(Session.workspace_id == Occupancy.workspace_id, Session.id == Occupancy.session_id))
        .where(Occupancy.workspace_id == workspace.id, Occupancy.asset_id.in_(assets), Occupancy.active)
        .where(*_around(Session.starts_at, window))
        .where(*([Occupancy.session_id.not_in(ignored)] if ignored else []))
    )
    counted: dict[int, Counter[int]] = defaultdict(Counter)
    for asset_id, start in rows:
        counted[asset_id][wall_at(zone, start)[0]] += 1
    return {asset_id: dict(days) for asset_id, days in counted.items()}


def last_chosen(workspace: InWorkspace, service_id: int, people: Collection[int]) -> dict[int, int]:
    """When each of these people was last given a booking of a service, within a year: for taking turns."""
    since = clock.now() - timedelta(days=365)
    rows = db.session.execute(
        select(Booking.staff_id, ms_of(Booking.created_at))
        .where(Booking.workspace_id == workspace.id, Booking.service_id == service_id, Booking.staff_id.in_(people))
        .where(Booking.starts_at > since)
    )
    latest: dict[int, int] = {}
    for person, at in rows:
        if person is not None:
            latest[person] = max(at, latest.get(person, at))
    return latest


def _around(column: Any, window: Span) -> tuple[Any, Any]:
    return column > from_ms(window[0] - 2 * DAY), column < from_ms(window[1] + 2 * DAY)
