"""The sweep at the heart of the engine: who and what is free at every start of a grid (DOMAIN §3, steps 1 to 4 and 6).

The starts that suit one asset are a set of spans: wherever the service fits inside open hours, less every start whose
buffered time would touch something taken. Each asset is one bit; a bit is flipped where a span begins and where it
ends, and one running XOR over the grid then tells who is free at each start. A start with the same bits as another has
the same answer."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from enum import Flag, auto
from itertools import accumulate
from operator import xor
from typing import NamedTuple

from models.base.instants import MINUTE
from models.bookings.intervals import Span, intersect, merge, subtract
from models.bookings.local_days import LocalDays
from models.bookings.opening import Hours
from models.bookings.question import Candidate, Question, Slot


class Ignored(Flag):
    """What a question may leave out, to learn what stands in the way."""

    NOTHING = 0
    TIME_OFF = auto()
    OCCUPIED = auto()
    LIMITS = auto()
    TAKEN = TIME_OFF | OCCUPIED | LIMITS


class _Length(NamedTuple):
    """How long the service itself lasts, and how far its buffers reach, in milliseconds."""

    service: int
    before: int
    after: int


def appointment_slots(question: Question, days: LocalDays, starts: list[int], ignored: Ignored = Ignored.NOTHING) -> list[Slot]:
    """Return the slots among ``starts`` (sorted), in order; ``days`` reach from before the first to after the last
    one's end.
    """
    wanted = question.wanted
    place_open = question.place.hours.spans(days)
    open_by_hours: dict[int, list[Span]] = {}
    slots: list[Slot] = []
    for duration_min, people in _by_duration(question):
        length = _Length(duration_min * MINUTE, wanted.buffer_before_min * MINUTE, wanted.buffer_after_min * MINUTE)
        assets = (*people, *question.units)
        whole_days_off = () if Ignored.LIMITS in ignored else _full_days(question.booked, wanted.daily_limit, days)
        # Bit 0 is the place: the service fits its hours on a day that is not full. Then one bit an asset.
        fits = [subtract(_fitting(place_open, length.service), merge(whole_days_off))]
        for asset in assets:
            key = id(asset.hours)
            if key not in open_by_hours:
                open_by_hours[key] = _open(asset.hours, place_open, days)
            fits.append(_starts(asset, open_by_hours[key], length, days, ignored))
        slots += _sweep(question, assets, len(people), starts, fits, length.service)
    return sorted(slots) if len(slots) > 1 else slots


def _by_duration(question: Question) -> Iterator[tuple[int, tuple[Candidate, ...]]]:
    """Yield each length of the service with the people who take that long; a team takes as long as the service says."""
    wanted = question.wanted
    if wanted.staff_needed != 1:
        yield wanted.duration_min, question.able if wanted.staff_needed else ()
        return
    groups: dict[int, list[Candidate]] = {}
    for person in question.able:
        groups.setdefault(person.duration_min or wanted.duration_min, []).append(person)
    for duration_min, people in groups.items():
        yield duration_min, tuple(people)


def _open(hours: Hours, place_open: list[Span], days: LocalDays) -> list[Span]:
    return intersect(hours.spans(days), place_open)


def _starts(asset: Candidate, open_time: list[Span], length: _Length, days: LocalDays, ignored: Ignored) -> list[Span]:
    """Return the starts that suit one asset: the service inside open time, its buffers only inside free time."""
    taken: list[Span] = []
    if Ignored.TIME_OFF not in ignored:
        taken += asset.time_off
    if Ignored.OCCUPIED not in ignored:
        taken += asset.occupied
    # [start - before, start + service + after) touches [from, to) for every start in this open span; integers make it
    # half-open.
    reach = length.service + length.after - 1
    barred = [(start - reach, end + length.before) for start, end in taken]
    if Ignored.LIMITS not in ignored:
        barred += _full_days(asset.booked, asset.daily_limit, days)
    return subtract(_fitting(open_time, length.service), merge(barred))


def _fitting(open_time: Iterable[Span], service: int) -> list[Span]:
    return [(start, end - service + 1) for start, end in open_time if end - start >= service]


def _full_days(booked: Mapping[int, int], limit: int | None, days: LocalDays) -> list[Span]:
    if limit is None:
        return []
    return [days.span(day) for day, count in booked.items() if count >= limit and days.first <= day <= days.last]


def _sweep(
    question: Question,
    assets: tuple[Candidate, ...],
    people: int,
    starts: list[int],
    fits: list[list[Span]],
    service: int,
) -> Iterator[Slot]:
    flips = [0] * (len(starts) + 1)
    for index, spans in enumerate(fits):
        bit = 1 << index
        for first, end in spans:
            flips[bisect_left(starts, first)] ^= bit
            flips[bisect_left(starts, end)] ^= bit
    teams: dict[int, tuple[tuple[int, ...], tuple[int, ...]] | None] = {}
    seats = question.wanted.capacity
    # A start outside the place's hours has bit 0 unset.
    for start, bits in zip(starts, accumulate(flips, xor), strict=False):
        if not bits & 1:
            continue
        if bits not in teams:
            teams[bits] = _free(question, assets, people, bits >> 1)
        free = teams[bits]
        if free is not None:
            yield Slot(start, start + service, *free, seats)


def _free(
    question: Question, assets: tuple[Candidate, ...], people: int, bits: int
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return who and what is free if that is enough of everything at once."""
    staff = tuple(asset.id for index, asset in enumerate(assets[:people]) if bits >> index & 1)
    if len(staff) < question.wanted.staff_needed:
        return None
    if question.staff_id is not None and question.staff_id not in staff:
        return None
    units = [asset for index, asset in enumerate(assets[people:], people) if bits >> index & 1]
    for resource_type, quantity in question.wanted.resources.items():
        if sum(unit.resource_type == resource_type for unit in units) < quantity:
            return None
    return staff, tuple(unit.id for unit in units)
