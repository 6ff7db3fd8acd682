"""The calendar of one service: who and what may take part in it, and when they are free (DOMAIN §3)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import select

from models import clock
from models.base import db
from models.base.instants import DAY, MINUTE, to_ms
from models.base.wall_clock import wall_at
from models.bookings import ranges
from models.bookings.asset import Asset
from models.bookings.assignment import Choice, Load, Rule
from models.bookings.availability import free_slots, slot_at
from models.bookings.booking import MOVABLE, Booking
from models.bookings.facts import PARTY_MAX
from models.bookings.intervals import Span, clip, merge
from models.bookings.local_days import LocalDays
from models.bookings.location import Location
from models.bookings.opening import ALWAYS, Place
from models.bookings.question import MAX_RANGE_DAYS, Answer, Candidate, ClassSession, Question, RangeRefused, Reason, Slot
from models.bookings.ranges import Lapsed, Week
from models.bookings.service import Service
from models.bookings.service_team import ServiceAsset
from models.customers.here import Here
from models.errors import Invalid


@dataclass(frozen=True, slots=True)
class Member:
    """A person who does the service, or a unit of what it needs."""

    id: int
    name: str
    kind: str
    resource_type: str | None
    location_id: int | None
    priority: int
    daily_limit: int | None
    duration_min: int | None = None
    price_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A slot, where it is, and the zone of that place."""

    slot: Slot
    location_id: int | None
    zone: str


@dataclass(frozen=True, slots=True)
class Found:
    """Offers in order of their start, or the reason why there are none."""

    offers: tuple[Offer, ...]
    reason: Reason | None = None


class Calendar:
    """Reads the team once; each question then costs the four range queries.

    What `moving` takes counts as free, as long as it can be moved. `among` leaves out everybody and everything else: whoever
    books has locked these.
    """

    def __init__(
        self, workspace: Here, service: Service, *, location_id: int | None = None, staff_id: int | None = None,
        moving: Booking | None = None, among: Collection[int] | None = None,
    ) -> None:  # fmt: skip
        self.workspace = workspace
        self.service = service
        self.staff_id = staff_id
        self.moving = moving if moving is not None and moving.status in MOVABLE and not moving.lapsed else None
        self._among = among
        self.needs = service.needs
        self.locations = _locations(workspace, location_id)
        self._location_id = location_id
        self._held_at: dict[int, int | None] = {}

    @cached_property
    def team(self) -> tuple[Member, ...]:
        """Everybody bookable who does the service, and every unit of what it needs, at these locations."""
        people = select(
            Asset.id, Asset.name, Asset.kind, Asset.resource_type, Asset.location_id, Asset.priority, Asset.daily_limit,
            ServiceAsset.duration_min, ServiceAsset.price_minor,
        ).join(
            ServiceAsset, (ServiceAsset.workspace_id == Asset.workspace_id) & (ServiceAsset.asset_id == Asset.id)
        ).where(ServiceAsset.service_id == self.service.id, Asset.kind == "staff")  # fmt: skip
        things = select(
            Asset.id, Asset.name, Asset.kind, Asset.resource_type, Asset.location_id, Asset.priority, Asset.daily_limit
        ).where(Asset.resource_type.in_(self.needs), Asset.kind == "resource")
        here = (Asset.workspace_id == self.workspace.id, Asset.bookable, Asset.archived_at.is_(None))
        found = [Member(*row) for row in db.session.execute(people.where(*here).order_by(Asset.id))]
        if self.needs:
            found += [Member(*row) for row in db.session.execute(things.where(*here).order_by(Asset.id))]
        return tuple(
            member
            for member in found
            if (self._among is None or member.id in self._among) and any(_is_at(member, place) for place, _ in self.locations)
        )

    @property
    def leaders(self) -> dict[int, str]:
        """The names of those who lead classes without being of the team: they were put there by hand."""
        return Asset.names(self.workspace) if self.service.is_class else {}

    @property
    def candidates(self) -> list[int]:
        """The ids whose rows a booking locks: the person asked for where one is enough, else everybody; every unit."""
        alone = self.staff_id is not None and self.service.staff_needed == 1
        return [each.id for each in self.team if each.kind != "staff" or not alone or each.id == self.staff_id]

    def member(self, asset_id: int) -> Member | None:
        """Somebody of the team by id."""
        return next((each for each in self.team if each.id == asset_id), None)

    def free(self, window: Span, party_size: int) -> Found:
        """Every offer that starts in the window and is not past. Raises Invalid for a range that is refused."""
        _check_party(party_size)
        try:
            answers = [(question, place, free_slots(question)) for question, place in self._questions(window, party_size)]
        except RangeRefused as refused:
            raise Invalid(refused.sentence, field="to", most=MAX_RANGE_DAYS) from None
        return self._found(answers)

    def at(self, start: int, party_size: int, *, since: datetime | None = None) -> Found:
        """The offers that start at one instant, which lies after now, or after `since` where that is given."""
        _check_party(party_size)
        questions = self._questions((start, start + MINUTE), party_size, since)
        return self._found([(question, place, slot_at(question, start)) for question, place in questions])

    def choice(self, offer: Offer, *, lead: int | None) -> Choice:
        """How to choose among those who are free for an offer; `lead` is in every team."""
        zone, start = offer.zone, offer.slot.starts_at
        day = LocalDays.between(zone, wall_at(zone, start)[0], wall_at(zone, start)[0]).span(wall_at(zone, start)[0])
        free = (*offer.slot.staff, *offer.slot.units)
        taken = ranges.occupied(self.workspace, free, day, self._ignored)
        turns = (
            ranges.last_chosen(self.workspace, self.service.id, offer.slot.staff)
            if self.service.assign_rule == Rule.ROUND_ROBIN
            else {}
        )
        loads = {
            each.id: Load(_length(clip(merge(taken.get(each.id, ())), *day)), turns.get(each.id), each.priority)
            for each in self.team
            if each.id in free
        }
        return Choice(Rule(self.service.assign_rule), self.service.staff_needed, self.needs, loads, lead)

    def units_by_type(self, units: Iterable[int]) -> dict[str, list[int]]:
        """Free units sorted under what they are."""
        sorted_units: dict[str, list[int]] = {}
        for unit in units:
            member = self.member(unit)
            if member is not None and member.resource_type is not None:
                sorted_units.setdefault(member.resource_type, []).append(unit)
        return sorted_units

    @cached_property
    def _ignored(self) -> list[int]:
        """Sessions that stand in nobody's way: those of expired holds, and the appointment that the moving booking leaves."""
        leaves = self.moving is not None and not self.moving.service.is_class
        return [*self._lapsed.appointments, *([self.moving.session_id] if leaves and self.moving is not None else [])]

    @cached_property
    def _lapsed(self) -> Lapsed:
        return Lapsed.now(self.workspace)

    def _questions(
        self, window: Span, party_size: int, since: datetime | None = None
    ) -> list[tuple[Question, tuple[int | None, str]]]:
        reach = (window[0] - 2 * DAY, window[1] + 2 * DAY + 2 * self._longest * MINUTE)
        ids = [member.id for member in self.team]
        week = Week(self.workspace, ids, [place for place, _ in self.locations if place is not None], reach)
        absent = ranges.time_off(self.workspace, ids, reach)
        taken = ranges.occupied(self.workspace, ids, reach, self._ignored)
        sessions = self._class_sessions(window)
        asked = []
        for place, zone in self._places:
            here = [member for member in self.team if _is_at(member, place)]
            counts = self._counts(here, zone, window)
            able = [self._able(member, week, place, absent, taken, counts) for member in here]
            question = Question(
                self.service.wanted(self.needs),
                Place(self.workspace.timezone, zone, week.of_location(place) if place is not None else ALWAYS),
                window,
                tuple(each for each in able if each.resource_type is None),
                tuple(each for each in able if each.resource_type is not None),
                sessions,
                party_size,
                self.staff_id,
                to_ms(since or clock.now()),
                self._booked(zone, window),
            )
            asked.append((question, (place, zone)))
        return asked

    @property
    def _places(self) -> tuple[tuple[int | None, str], ...]:
        """Where to ask: a class is where its session is, so it is asked about once, by the workspace's days unless a place
        is named; else wherever somebody works who does it.
        """
        if self.service.is_class:
            return self.locations if self._location_id is not None else ((None, self.workspace.timezone),)
        if not self.service.staff_needed:
            return self.locations
        people = [member for member in self.team if member.kind == "staff"]
        return tuple(each for each in self.locations if any(_is_at(one, each[0]) for one in people)) or self.locations[:1]

    def _able(
        self, member: Member, week: Week, place: int | None, absent: dict[int, list[Span]], taken: dict[int, list[Span]],
        counts: dict[int, dict[int, int]],
    ) -> Candidate:  # fmt: skip
        hours = week.of_asset(member.id, place, open_without_rows=member.kind == "resource")
        return Candidate(
            member.id, hours, member.resource_type, tuple(absent.get(member.id, ())), tuple(taken.get(member.id, ())),
            member.duration_min, member.daily_limit, counts.get(member.id, {}),
        )  # fmt: skip

    def _counts(self, here: list[Member], zone: str, window: Span) -> dict[int, dict[int, int]]:
        limited = [member.id for member in here if member.daily_limit is not None]
        return ranges.sessions_by_day(self.workspace, limited, zone, window, self._ignored) if limited else {}

    def _booked(self, zone: str, window: Span) -> dict[int, int]:
        if self.service.daily_limit is None:
            return {}
        moving = self.moving.id if self.moving is not None else None
        return ranges.booked_by_day(self.workspace, self.service.id, zone, window, moving)

    def _class_sessions(self, window: Span) -> tuple[ClassSession, ...]:
        if not self.service.is_class:
            return ()
        only = [self._location_id] if self._location_id is not None else None
        found = ranges.class_sessions(self.workspace, self.service.id, window, self._lapsed, only)
        self._held_at.update({session.id: location_id for session, location_id in found})
        if self.moving is None:
            return tuple(session for session, _ in found)
        own, seats = self.moving.session_id, self.moving.party_size
        return tuple(
            replace(session, seats_taken=session.seats_taken - seats) if session.id == own else session for session, _ in found
        )

    def _found(self, answers: Collection[tuple[Question, tuple[int | None, str], Answer]]) -> Found:
        offers = sorted(
            (
                Offer(slot, place if slot.session_id is None else self._held_at[slot.session_id], zone)
                for _, (place, zone), answer in answers
                for slot in answer.slots
            ),
            key=lambda offer: (offer.slot.starts_at, offer.slot.ends_at, offer.location_id or 0),
        )
        if offers:
            return Found(tuple(offers))
        # Of several places, the one with the most people has the reason worth telling.
        asked = max(answers, key=lambda each: (len(each[0].staff), len(each[0].units)))
        return Found((), asked[2].reason)

    @property
    def _longest(self) -> int:
        return max([self.service.duration_min, *(member.duration_min or 0 for member in self.team)])


def _locations(workspace: Here, location_id: int | None) -> tuple[tuple[int | None, str], ...]:
    """The places to ask about with their zones: the one named, or all; the workspace itself where it has none."""
    if location_id is not None:
        location = Location.find(workspace, location_id)
        if location.archived_at is not None:
            raise Invalid("%(name)s is closed for good.", field="location_id", name=location.name)
        return ((location.id, location.timezone or workspace.timezone),)
    places = tuple((location.id, location.timezone or workspace.timezone) for location in Location.active(workspace))
    return places or ((None, workspace.timezone),)


def _is_at(member: Member, place: int | None) -> bool:
    return member.location_id is None or place is None or member.location_id == place


def _check_party(party_size: int) -> None:
    if not 1 <= party_size <= PARTY_MAX:
        raise Invalid("A party has 1 to %(most)d people.", field="party_size", most=PARTY_MAX)


def _length(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)
