"""The appointment book: sessions and the bookings in them, day by day, nobody and nothing booked twice.

A generator: what it has yielded it forgets, so a chain's two million bookings take no more memory than a salon's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Final

from models.demo.businesses import Business, ClassSpec, ServiceSpec
from models.demo.clientele import Clientele, day_number
from models.demo.trade import first_day, holidays, volumes

STEP: Final = 15
FILLED: Final = 0.9
"""How full one person's day gets at most."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One person of the crew: where, in which role, on which days. `room` is theirs alone."""

    number: int
    location: int
    role: str
    days_off: frozenset[int]
    room: int | None = None


@dataclass(slots=True)
class Taken:
    """One booking of a session."""

    customer: int
    status: str
    lead_minutes: int
    """How long before the start it was made."""
    cancelled_minutes: int | None = None
    """How long before the start it was cancelled."""


@dataclass(slots=True)
class Sitting:
    """One session: an appointment, or a class with its bookings. `start` is minutes after local midnight."""

    day: date
    start: int
    worker: Worker
    spec: ServiceSpec | ClassSpec
    taken: list[Taken] = field(default_factory=list)


class Diary:
    """The book of one business."""

    def __init__(
        self, business: Business, crew: list[Worker], clientele: Clientele, as_of: date, rng: Random,
        forced: Mapping[date, list[tuple[int, str]]],
    ) -> None:  # fmt: skip
        self.business = business
        self.crew = crew
        self.clientele = clientele
        self.as_of = as_of
        self.opened = first_day(as_of)
        self.rng = rng
        self.forced = forced
        self.services = {role: _by_share([each for each in business.services if each.role == role]) for role in _roles(business)}
        self.teachers = {spec: [worker for worker in crew if worker.role == spec.role] for spec in business.classes}

    def days(self, total: int) -> Iterator[list[Sitting]]:
        """The sessions of each day; all bookings together are exactly `total`."""
        owed = 0
        for day, wanted in volumes(self.business, self.as_of, total, Random(self.rng.random())):
            owed += wanted
            sittings = self._day(day, owed)
            owed -= sum(len(sitting.taken) for sitting in sittings)
            yield sittings

    def _day(self, day: date, wanted: int) -> list[Sitting]:
        number = day_number(day, self.opened)
        self.clientele.begin(number)
        for customer, _ in self.forced.get(day, ()):
            self.clientele.claim(customer)
        present = [worker for worker in self.crew if day.weekday() not in worker.days_off]
        classes = [] if day in holidays(day) else self._classes(day, number, wanted * 2 // 3)
        left = wanted - sum(len(sitting.taken) for sitting in classes)
        return classes + self._appointments(day, number, present, classes, left)

    def _classes(self, day: date, number: int, seats: int) -> list[Sitting]:
        """What the timetable says for this day, each class filled in turn while there are people."""
        sittings = []
        for spec in self.business.classes:
            for teacher in self.teachers[spec]:
                for weekday, minute in spec.times:
                    if weekday != day.weekday():
                        continue
                    sitting = Sitting(day, minute, teacher, spec)
                    room = min(spec.capacity, int(spec.capacity * (0.45 + 0.6 * self.rng.random())), seats)
                    while len(sitting.taken) < room and (customer := self.clientele.pick(number)) is not None:
                        sitting.taken.append(self._taken(customer, day))
                    seats -= len(sitting.taken)
                    sittings.append(sitting)
        return sittings

    def _appointments(self, day: date, number: int, present: list[Worker], classes: list[Sitting], wanted: int) -> list[Sitting]:
        windows = {worker.number: self._window(worker, classes) for worker in present if worker.role in self.services}
        hands = [worker for worker in present if worker.number in windows]
        if not hands or (wanted <= 0 and not self.forced.get(day)):
            return []
        booked: dict[int, list[tuple[ServiceSpec, Taken]]] = {}
        busy = dict.fromkeys(windows, 0)
        forced = list(self.forced.get(day, ()))
        made = misses = 0
        while (made < wanted or forced) and misses < 3 * len(hands):
            worker = hands[int(self.rng.random() * len(hands))]
            specs = self.services[worker.role]
            spec = specs[int(self.rng.random() * len(specs))]
            opens, closes = windows[worker.number]
            if busy[worker.number] + spec.minutes + spec.after > (closes - opens) * FILLED:
                misses += 1
                continue
            if forced:
                customer, status = forced.pop()
                taken = Taken(customer, status, 3 * 24 * 60)
            else:
                picked = self.clientele.pick(number)
                if picked is None:
                    break
                taken = self._taken(picked, day)
            busy[worker.number] += spec.minutes + spec.after
            booked.setdefault(worker.number, []).append((spec, taken))
            made += 1
        return [
            sitting
            for worker in hands
            if worker.number in booked
            for sitting in self._spread(day, worker, windows[worker.number], busy[worker.number], booked[worker.number])
        ]

    def _window(self, worker: Worker, classes: list[Sitting]) -> tuple[int, int]:
        """When this person takes appointments: the longer side of the classes they teach today."""
        opens, closes = self.business.opens, self.business.closes
        for sitting in classes:
            if sitting.worker is worker:
                before, after = (opens, sitting.start), (sitting.start + sitting.spec.minutes, closes)
                opens, closes = max(before, after, key=lambda side: side[1] - side[0])
        return opens, closes

    def _spread(
        self, day: date, worker: Worker, window: tuple[int, int], busy: int, booked: list[tuple[ServiceSpec, Taken]]
    ) -> Iterator[Sitting]:
        """Lay a person's appointments over the day with gaps between them, on the quarter hour."""
        steps = (window[1] - window[0] - busy) // STEP
        gaps = sorted(int(self.rng.random() * (steps + 1)) for _ in booked)
        at = 0
        for gap, (spec, taken) in zip(gaps, booked, strict=True):
            yield Sitting(day, window[0] + at + gap * STEP, worker, spec, [taken])
            at += spec.minutes + spec.after

    def _taken(self, customer: int, day: date) -> Taken:
        """How a booking went: what was to come is confirmed, what was came, or was cancelled, or nobody came."""
        rng = self.rng.random
        lead = 30 + int(rng() * rng() * 20 * 24 * 60)
        roll = rng()
        keeps = customer in self.clientele.faithful
        if day >= self.as_of:
            at_least = ((day - self.as_of).days + 1) * 24 * 60
            status = "confirmed" if keeps or roll >= 0.09 else "cancelled" if roll < 0.04 else "pending"
            return Taken(customer, status, at_least + lead, at_least + int(rng() * lead) if status == "cancelled" else None)
        if keeps:
            return Taken(customer, "completed", lead)
        if roll < 0.075:
            return Taken(customer, "cancelled", lead, int(rng() * lead))
        careless = customer % 23 == 7
        return Taken(customer, "no_show" if roll < (0.25 if careless else 0.11) else "completed", lead)


def crew_of(business: Business, locations: int, a_location: int) -> list[Worker]:
    """Everybody who works there: each location takes the roles around, and each has two days off a week, of their own."""
    crew: list[Worker] = []
    rooms = 0
    for number in range(locations * a_location):
        role = business.crew[number % a_location % len(business.crew)][1]
        needs_room = any(spec.room for spec in business.services if spec.role == role)
        teaches = {weekday for spec in business.classes if spec.role == role for weekday, _ in spec.times}
        off = frozenset(day for day in range(7) if day not in teaches)
        start = number * 2 % 7
        turn = [(start + step) % 7 for step in range(7)]
        days_off = frozenset([day for day in turn if day in off][:2])
        crew.append(Worker(number, number // a_location, role, days_off, rooms if needs_room else None))
        rooms += needs_room
    return crew


def _roles(business: Business) -> list[str]:
    return sorted({spec.role for spec in business.services})


def _by_share(specs: list[ServiceSpec]) -> list[ServiceSpec]:
    """Each service as often as its share, so that one random index picks by weight."""
    return [spec for spec in specs for _ in range(spec.share)]
