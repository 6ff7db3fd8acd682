"""Who leads a class and which rooms and things it takes: whether they are there at a time, and locked until it is taken.

A class is put on by the business, so weekly hours and daily limits do not bind it; what cannot be there does: somebody who
has left, time off, a day on which they or the place are closed, and whatever is taken already (DOMAIN §2).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import and_, or_, select

from models.base import db
from models.base.instants import DAY, from_ms, to_ms
from models.base.wall_clock import local_day
from models.bookings import ranges
from models.bookings.asset import Asset, Resource, lock_assets
from models.bookings.hours import DateOverride
from models.bookings.intervals import Span
from models.bookings.location import Location, open_still
from models.bookings.service import Service
from models.customers.here import Here, Premises
from models.errors import N_, Conflict


class Obstacle(StrEnum):
    """Why a class cannot be on at a time, the first that applies."""

    NOT_OFFERED = "not_offered"
    PLACE_GONE = "place_gone"
    PLACE_CLOSED = "place_closed"
    LEADER_GONE = "leader_gone"
    LEADER_OFF = "leader_off"
    LEADER_TAKEN = "leader_taken"
    NO_ROOM = "no_room"


OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.NOT_OFFERED: N_("This class is no longer offered."),
    Obstacle.PLACE_GONE: N_("The place is closed for good."),
    Obstacle.PLACE_CLOSED: N_("The place is closed that day."),
    Obstacle.LEADER_GONE: N_("Somebody who leads this class no longer works here."),
    Obstacle.LEADER_OFF: N_("Somebody who leads this class has time off then."),
    Obstacle.LEADER_TAKEN: N_("Somebody who leads this class is taken at that time."),
    Obstacle.NO_ROOM: N_("No room or thing of the kind that this class needs is free then."),
}


class CannotBeOn(Conflict):
    """A class cannot be on then; `reason` says why."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(OBSTACLES[obstacle], field="starts_at", reason=obstacle.value)


@dataclass(frozen=True)
class ClassPlace:
    """The leaders, and every unit that the class might take, at one place; their rows are locked."""

    service: Service
    location_id: int | None
    zone: str
    leaders: tuple[int, ...]
    needs: Mapping[str, int]
    units: Mapping[str, tuple[int, ...]]
    gone: Obstacle | None

    @classmethod
    def locked(cls, here: Here, service: Service, location_id: int | None, leaders: Iterable[int]) -> "ClassPlace":
        """Lock place, class, people and things, in this order (ARCHITECTURE §2), and look who still works here."""
        return cls.all_locked(here, [(service, location_id, leaders)])[0]

    @classmethod
    def all_locked(cls, here: Here, wanted: Sequence[tuple[Service, int | None, Iterable[int]]]) -> list["ClassPlace"]:
        """The same for several at once: all places, then all classes, then everybody and everything, each kind by id."""
        locations = {number for _, number, _ in wanted if number is not None}
        open_still(here, locations)
        for number in locations:
            db.session.refresh(Location.find(here, number))
        for service in sorted({service for service, _, _ in wanted}, key=lambda service: service.id):
            service.lock_for_booking()
        locked = {asset for each in wanted for asset in cls.seen(here, *each).assets}
        lock_assets(here, locked)
        return [cls.seen(here, *each)._of(locked) for each in wanted]

    @classmethod
    def seen(cls, here: Here, service: Service, location_id: int | None, leaders: Iterable[int]) -> "ClassPlace":
        """The same without a lock, to tell what stands in the way."""
        led_by = tuple(sorted(set(leaders)))
        place = Location.find(here, location_id) if location_id is not None else None
        gone = None
        if service.archived_at is not None:
            gone = Obstacle.NOT_OFFERED
        elif place is not None and place.archived_at is not None:
            gone = Obstacle.PLACE_GONE
        elif _anybody_left(here, led_by):
            gone = Obstacle.LEADER_GONE
        zone = (place.timezone if place is not None else None) or here.timezone
        needs = service.needs
        return cls(service, location_id, zone, led_by, needs, _units(here, needs, location_id), gone)

    def _of(self, locked: Collection[int]) -> "ClassPlace":
        """With those of its units alone that are locked: one that came since is nobody's yet."""
        units = {kind: tuple(unit for unit in each if unit in locked) for kind, each in self.units.items()}
        return replace(self, units=units)

    @property
    def assets(self) -> list[int]:
        """Everybody and everything that is locked."""
        return [*self.leaders, *(unit for units in self.units.values() for unit in units)]

    def free(self, window: Span, but: Collection[int] = ()) -> "FreePlace":
        """What is taken or away in a window, read once; `but` names sessions that stand in nobody's way."""
        here = Premises(self.service.workspace_id)
        assets = self.assets
        away = ranges.time_off(here, assets, window)
        taken = ranges.occupied(here, assets, window, but)
        return FreePlace(self, away, taken, _closed_days(here, assets, self.location_id, window))

    def take(self, starts_at: datetime, ends_at: datetime, but: Collection[int] = ()) -> tuple[int, ...]:
        """The leaders and the rooms for one time. Raises CannotBeOn."""
        window = to_ms(starts_at) - DAY, to_ms(ends_at) + DAY
        found = self.free(window, but).at(starts_at, ends_at)
        if isinstance(found, Obstacle):
            raise CannotBeOn(found)
        return found


@dataclass(frozen=True)
class FreePlace:
    """A class's people and things with all that keeps them in a window of time."""

    place: ClassPlace
    away: Mapping[int, list[Span]]
    taken: Mapping[int, list[Span]]
    closed: frozenset[tuple[int | None, str]]
    """Days by asset; under None those of the place."""

    def at(self, starts_at: datetime, ends_at: datetime) -> tuple[int, ...] | Obstacle:
        """The leaders and the first free units, or the first thing that stands in the way."""
        if self.place.gone is not None:
            return self.place.gone
        day = local_day(self.place.zone, starts_at)
        if self._is_closed(None, day):
            return Obstacle.PLACE_CLOSED
        during = to_ms(starts_at), to_ms(ends_at)
        if any(self._is_closed(leader, day) or _touches(self.away.get(leader), during) for leader in self.place.leaders):
            return Obstacle.LEADER_OFF
        first, last = self.place.service.blocked(starts_at, ends_at)
        blocked = to_ms(first), to_ms(last)
        if any(_touches(self.taken.get(leader), blocked) for leader in self.place.leaders):
            return Obstacle.LEADER_TAKEN
        rooms: list[int] = []
        for kind, quantity in self.place.needs.items():
            free = [unit for unit in self.place.units.get(kind, ()) if self._is_free(unit, day, during, blocked)]
            if len(free) < quantity:
                return Obstacle.NO_ROOM
            rooms += free[:quantity]
        return (*self.place.leaders, *rooms)

    def _is_free(self, unit: int, day: date, during: Span, blocked: Span) -> bool:
        away = self._is_closed(unit, day) or _touches(self.away.get(unit), during)
        return not away and not _touches(self.taken.get(unit), blocked)

    def _is_closed(self, owner: int | None, day: date) -> bool:
        return (owner, day.isoformat()) in self.closed


def _touches(spans: list[Span] | None, span: Span) -> bool:
    return any(start < span[1] and end > span[0] for start, end in spans or ())


def _units(here: Here, needs: Mapping[str, int], location_id: int | None) -> dict[str, tuple[int, ...]]:
    """Bookable units by kind, those of higher priority in front; without a place those of all places."""
    if not needs:
        return {}
    unit = Resource
    rows = select(unit.resource_type, unit.id).where(unit.workspace_id == here.id, unit.resource_type.in_(needs))
    rows = rows.where(unit.bookable, unit.archived_at.is_(None))
    if location_id is not None:
        rows = rows.where(or_(unit.location_id.is_(None), unit.location_id == location_id))
    found: dict[str, tuple[int, ...]] = {}
    for kind, number in db.session.execute(rows.order_by(unit.priority.desc(), unit.id)):
        found[str(kind)] = (*found.get(str(kind), ()), number)
    return found


def _anybody_left(here: Here, leaders: Collection[int]) -> bool:
    gone = select(Asset.id).where(Asset.workspace_id == here.id, Asset.id.in_(leaders), Asset.archived_at.is_not(None))
    return bool(leaders) and db.session.scalar(gone.limit(1)) is not None


def _closed_days(
    here: Premises, assets: Collection[int], location_id: int | None, window: Span
) -> frozenset[tuple[int | None, str]]:
    day = DateOverride
    first, last = (from_ms(edge).date().isoformat() for edge in (window[0] - 2 * DAY, window[1] + 2 * DAY))
    there = or_(day.location_id.is_(None), day.location_id == location_id)
    owned = or_(and_(day.asset_id.in_(assets), there), and_(day.asset_id.is_(None), day.location_id == location_id))
    rows = select(day.asset_id, day.day).where(day.workspace_id == here.id, day.closed, owned)
    rows = rows.where(day.day >= first, day.day <= last)
    return frozenset((asset, on) for asset, on in db.session.execute(rows))
