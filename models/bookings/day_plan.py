"""One day at the desk: who works when, what they have, and what stands in time they do not work (DOMAIN §3)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import and_, select

from models.base import db
from models.base.instants import from_ms, to_ms
from models.base.wall_clock import instant_at
from models.bookings import ranges
from models.bookings.asset import Staff
from models.bookings.intervals import Span, clip, intersect, merge, subtract
from models.bookings.listing import BookingRow, rows_in
from models.bookings.local_days import LocalDays
from models.bookings.location import Location
from models.bookings.occupancy import LONGEST, Occupancy
from models.bookings.opening import ALWAYS
from models.bookings.ranges import Week
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.here import Here


@dataclass(frozen=True, slots=True)
class Block:
    """A session that stands that day. `off`: whoever it is for does not work then, or is away."""

    session_id: int
    starts_at: datetime
    ends_at: datetime
    service: str
    is_class: bool
    taken: int
    capacity: int
    bookings: tuple[BookingRow, ...]
    off: bool = False


@dataclass(frozen=True, slots=True)
class PersonsDay:
    """One person, or nobody in particular: working time less absences, absences, and sessions in order of their start.

    Spans are epoch milliseconds, merged, and lie within the day.
    """

    person: int | None
    name: str
    working: tuple[Span, ...]
    away: tuple[Span, ...]
    blocks: tuple[Block, ...]


def day_plan(here: Here, day: date, location_id: int | None = None) -> list[PersonsDay]:
    """A day of the workspace's calendar: everybody bookable in their usual order, whoever else has something, nobody last.

    With a location only those who work there and what happens there.
    """
    window = instant_at(here.timezone, day.toordinal(), 0), instant_at(here.timezone, day.toordinal() + 1, 0)
    sessions = _sessions(here, window, location_id)
    teams = Occupancy.assets_of(here.id, [session.id for session, _ in sessions]) if sessions else {}
    people = _people(here, location_id, {asset for team in teams.values() for asset in team})
    working, away = _times(here, people, window, location_id)
    blocks: dict[int | None, list[Block]] = defaultdict(list)
    for block in _blocks(here, sessions):
        who = [asset for asset in teams.get(block.session_id, ()) if asset in working]
        for person in who:
            blocks[person].append(_marked(block, working[person], away[person]))
        if not who:
            blocks[None].append(block)
    rows = [
        PersonsDay(person.id, person.name, tuple(working[person.id]), tuple(away[person.id]), tuple(blocks[person.id]))
        for person in people
    ]  # fmt: skip
    return [*rows, *([PersonsDay(None, "", (), (), tuple(blocks[None]))] if blocks[None] else [])]


def _sessions(here: Here, window: Span, location_id: int | None) -> list[tuple[Session, Service]]:
    start, end = from_ms(window[0]), from_ms(window[1])
    touching = (
        select(Session, Service)
        .join(Service, and_(Service.workspace_id == Session.workspace_id, Service.id == Session.service_id))
        .where(Session.workspace_id == here.id, Session.status == "open")
        .where(Session.starts_at > start - LONGEST, Session.starts_at < end, Session.ends_at > start)
        .order_by(Session.starts_at, Session.id)
    )
    if location_id is not None:
        touching = touching.where(Session.location_id == location_id)
    return [(session, service) for session, service in db.session.execute(touching)]


def _people(here: Here, location_id: int | None, taken: Collection[int]) -> list[Staff]:
    """Those who can be booked there now, and whoever else has something."""
    active = [
        person
        for person in Staff.active(here)
        if (person.bookable and (location_id is None or person.location_id in (None, location_id))) or person.id in taken
    ]
    gone = Staff.within(here).where(Staff.id.in_(sorted(taken)), Staff.archived_at.is_not(None)).order_by(Staff.name, Staff.id)
    return [*active, *(db.session.scalars(gone) if taken else ())]


def _times(
    here: Here, people: Sequence[Staff], window: Span, location_id: int | None
) -> tuple[dict[int, list[Span]], dict[int, list[Span]]]:
    """By person: when they work, at any of their places, and when they are away."""
    ids = [person.id for person in people]
    places = [place for place in Location.active(here) if location_id in (None, place.id)]
    week = Week(here, ids, [place.id for place in places], window)
    absent = ranges.time_off(here, ids, window)
    working: dict[int, list[Span]] = {}
    away: dict[int, list[Span]] = {}
    for person in people:
        at: list[Location | None] = [place for place in places if person.location_id in (None, place.id)]
        opened = merge(span for place in at or [None] for span in _open(here, week, person, place, window))
        away[person.id] = clip(merge(absent.get(person.id, ())), *window)
        working[person.id] = subtract(opened, away[person.id])
    return working, away


def _open(here: Here, week: Week, person: Staff, place: Location | None, window: Span) -> list[Span]:
    zone = (place.timezone if place is not None else None) or here.timezone
    days = LocalDays.between(zone, *_days_around(window))
    hours = week.of_asset(person.id, place.id if place is not None else None, open_without_rows=False)
    opened = week.of_location(place.id) if place is not None else ALWAYS
    return clip(intersect(hours.spans(days), opened.spans(days)), *window)


def _days_around(window: Span) -> tuple[int, int]:
    """Ordinals from two days before, whose shifts may last into the window, to the day after, in any zone."""
    return from_ms(window[0]).toordinal() - 2, from_ms(window[1]).toordinal() + 1


def _blocks(here: Here, sessions: Iterable[tuple[Session, Service]]) -> list[Block]:
    """The sessions with their bookings; an appointment whose hold has lapsed is none."""
    found = list(sessions)
    seats: dict[int, list[BookingRow]] = defaultdict(list)
    for row in rows_in(here, [session.id for session, _ in found]):
        seats[row.session_id].append(row)
    return [
        Block(
            session.id, session.starts_at, session.ends_at, service.name, service.kind == "class",
            sum(row.party_size for row in seats[session.id]), session.capacity, tuple(seats[session.id]),
        )
        for session, service in found
        if service.kind == "class" or seats[session.id]
    ]  # fmt: skip


def _marked(block: Block, working: list[Span], away: list[Span]) -> Block:
    """Weekly hours do not bind a class, which the business puts on where it likes; absences do."""
    span = (to_ms(block.starts_at), to_ms(block.ends_at))
    off = bool(intersect([span], away)) if block.is_class else bool(subtract([span], working))
    return replace(block, off=off)
