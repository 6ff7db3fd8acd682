"""Bookings that stand in time which is off: nothing moves them by itself, so the desk is shown them (DOMAIN §2)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from models import clock
from models.base import db
from models.base.instants import to_ms
from models.base.wall_clock import wall_at
from models.bookings import ranges
from models.bookings.asset import Asset
from models.bookings.booking import OCCUPYING, Booking
from models.bookings.hours import Owner
from models.bookings.intervals import Span, intersect, merge, subtract
from models.bookings.listing import BookingFilter, BookingRow
from models.bookings.local_days import LocalDays
from models.bookings.location import Location
from models.bookings.occupancy import Occupancy
from models.bookings.opening import ALWAYS, Hours
from models.bookings.question import Kind
from models.bookings.ranges import Week
from models.bookings.service import Service
from models.customers.here import Here

LOOKS_AHEAD = timedelta(days=92)
MOST = 10_000
"""Of one owner in three months: more than anybody serves, and still read in one go."""


def stranded_in(here: Here, asset: Asset, start: datetime, end: datetime) -> list[BookingRow]:
    """The bookings to come for which a person or a thing is taken between two instants, such as those of a time off."""
    rows = BookingFilter(end=end, asset_id=asset.id, to_come=True).all(here, MOST)
    return [row for row in rows if row.ends_at > start]


def stranded(here: Here, owner: Owner) -> list[BookingRow]:
    """The bookings of the next three months that stand outside the hours of a person, a thing or a place, or in time off.

    Weekly hours do not bind a class, which the business puts on where it likes; closed days and time off do.
    """
    until = clock.now() + LOOKS_AHEAD
    asked = (
        BookingFilter(end=until, location_id=owner.id, to_come=True)
        if isinstance(owner, Location)
        else BookingFilter(end=until, asset_id=owner.id, to_come=True)
    )
    rows = asked.all(here, MOST)
    if not rows:
        return []
    window = min(to_ms(row.starts_at) for row in rows), max(to_ms(row.ends_at) for row in rows)
    classes = _classes(here, {row.service[0] for row in rows})
    open_time = {place: _open(here, owner, place, window) for place in {_place(row) for row in rows}}
    return [
        row
        for row in rows
        if subtract([(to_ms(row.starts_at), to_ms(row.ends_at))], open_time[_place(row)][row.service[0] in classes])
    ]


def counted_by_staff(here: Here, start: datetime, end: datetime) -> dict[int, int]:
    """How many bookings that start in a span each person takes part in, cancelled ones left out."""
    rows = db.session.execute(
        select(Occupancy.asset_id, func.count())
        .join(Booking, (Booking.workspace_id == Occupancy.workspace_id) & (Booking.session_id == Occupancy.session_id))
        .join(Asset, (Asset.workspace_id == Occupancy.workspace_id) & (Asset.id == Occupancy.asset_id))
        .where(Occupancy.workspace_id == here.id, Occupancy.active, Asset.kind == "staff")
        .where(Booking.starts_at >= start, Booking.starts_at < end, Booking.status.in_(OCCUPYING))
        .group_by(Occupancy.asset_id)
    )
    return {int(person): int(count) for person, count in rows}


def _place(row: BookingRow) -> int | None:
    return row.location[0] if row.location is not None else None


def _classes(here: Here, services: Collection[int]) -> set[int]:
    rows = select(Service.id).where(Service.workspace_id == here.id, Service.id.in_(services), Service.kind == Kind.CLASS.value)
    return set(db.session.scalars(rows))


def _open(here: Here, owner: Owner, place: int | None, window: Span) -> tuple[list[Span], list[Span]]:
    """When an owner is there for appointments, and when for classes, at one place."""
    location = Location.find(here, place) if place is not None else None
    zone = (location.timezone if location is not None else None) or here.timezone
    days = LocalDays.between(zone, wall_at(zone, window[0])[0] - 2, wall_at(zone, window[1])[0] + 1)
    assets = [] if isinstance(owner, Location) else [owner.id]
    week = Week(here, assets, [place] if place is not None else [], window)
    hours = [week.of_location(place)] if place is not None else []
    if not isinstance(owner, Location):
        hours.append(week.of_asset(owner.id, place, open_without_rows=owner.kind == "resource"))
    away = merge(ranges.time_off(here, assets, window).get(owner.id, ())) if assets else []
    kept = [Hours(None, tuple(day for day in each.overrides if day.closed)) for each in hours]
    return _together(hours, days, away), _together(kept, days, away)


def _together(hours: Sequence[Hours], days: LocalDays, away: list[Span]) -> list[Span]:
    open_time = ALWAYS.spans(days)
    for each in hours:
        open_time = intersect(open_time, each.spans(days))
    return subtract(open_time, away)
