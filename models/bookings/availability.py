"""When a service can be booked, computed and never stored (DOMAIN §3).

``free_slots`` walks the local grid of a range of at most 32 days; ``slot_at`` asks about one start, on the grid or not.
Both give the same answer for the same start, and both say why when there is none."""

from collections.abc import Iterable
from dataclasses import replace

from models.base.instants import MINUTE
from models.base.wall_clock import wall_at
from models.bookings.free_time import Ignored, appointment_slots
from models.bookings.local_days import LocalDays
from models.bookings.question import (
    MAX_RANGE_DAYS,
    Answer,
    ClassSession,
    Kind,
    Question,
    RangeRefused,
    Reason,
    Slot,
    Wanted,
)
from models.errors import N_


def free_slots(question: Question) -> Answer:
    """Return every slot that starts inside the window, or the reason why there is none.

    Raises RangeRefused for a window that is empty or longer than 32 local days.
    """
    start, end = question.window
    zone = question.place.zone
    if start >= end:
        raise RangeRefused(N_("The last day or time comes before the first."))
    (first_day, first_minute), (last_day, last_minute) = wall_at(zone, start), wall_at(zone, end)
    if (last_day - first_day, last_minute) > (MAX_RANGE_DAYS, first_minute):
        raise RangeRefused(N_("Ask for at most %(most)d days at once."))
    if question.not_before is not None:
        start = max(start, question.not_before)
    if start >= end:
        return Answer((), Reason.PAST)
    if question.wanted.kind is Kind.CLASS:
        return _classes(question, start, end)
    days = _days(question, start, end)
    return _appointments(question, days, days.grid(question.wanted.slot_step_min, start, end))


def slot_at(question: Question, start: int) -> Answer:
    """Return the slot that starts at ``start``, whatever the window and the grid say, or the reason why there is none.

    People who take different times for the service give a slot for each of their lengths.
    """
    if question.not_before is not None and start < question.not_before:
        return Answer((), Reason.PAST)
    if question.wanted.kind is Kind.CLASS:
        return _classes(question, start, start + 1)
    return _appointments(question, _days(question, start, start + 1), [start])


def _days(question: Question, start: int, end: int) -> LocalDays:
    """Return the local days whose shifts matter: from the day before yesterday's late shift to the last service's end."""
    zone = question.place.zone
    longest = max([question.wanted.duration_min, *(person.duration_min or 0 for person in question.staff)])
    return LocalDays.between(zone, wall_at(zone, start)[0] - 2, wall_at(zone, end + longest * MINUTE)[0] + 1)


def _appointments(question: Question, days: LocalDays, starts: list[int]) -> Answer:
    reason = _impossible(question)
    if reason is not None:
        return Answer((), reason)
    slots = appointment_slots(question, days, starts)
    return Answer(tuple(slots)) if slots else Answer((), _why_none(question, days, starts))


def _impossible(question: Question) -> Reason | None:
    """Return what no calendar could change: too many guests, too few people or things."""
    wanted = question.wanted
    if question.party_size > wanted.capacity:
        return Reason.PARTY_TOO_LARGE
    if len(question.able) < wanted.staff_needed:
        return Reason.NO_STAFF
    if question.staff_id is not None and not (wanted.staff_needed and any(p.id == question.staff_id for p in question.staff)):
        return Reason.NO_STAFF
    owned = [unit.resource_type for unit in question.units]
    if any(owned.count(resource_type) < quantity for resource_type, quantity in wanted.resources.items()):
        return Reason.NO_RESOURCE
    return None


def _why_none(question: Question, days: LocalDays, starts: list[int]) -> Reason:
    """Ask again with less and less in the way; what made the difference is the reason."""

    def any_slot(ignored: Ignored, wanted: Wanted = question.wanted) -> bool:
        return bool(appointment_slots(replace(question, wanted=wanted), days, starts, ignored))

    if not any_slot(Ignored.TAKEN):
        return _why_never_open(question, days, starts)
    if not any_slot(Ignored.OCCUPIED | Ignored.LIMITS):
        return Reason.TIME_OFF
    if any_slot(Ignored.LIMITS):
        return Reason.DAILY_LIMIT
    if question.wanted.resources and any_slot(Ignored.LIMITS, replace(question.wanted, resources={})):
        return Reason.RESOURCE_TAKEN
    if question.wanted.staff_needed > 1 and any_slot(Ignored.LIMITS, replace(question.wanted, staff_needed=1)):
        return Reason.NEVER_TOGETHER
    return Reason.FULLY_BOOKED


def _why_never_open(question: Question, days: LocalDays, starts: list[int]) -> Reason:
    """Tell a closed place from hours that do not meet and from hours that are too short."""
    moment = replace(question.wanted, duration_min=1)
    people = tuple(replace(person, duration_min=None) for person in question.staff)
    brief = replace(question, wanted=moment, staff=people)
    if appointment_slots(brief, days, starts, Ignored.TAKEN):
        return Reason.TOO_LONG
    empty = replace(brief, wanted=replace(moment, staff_needed=0, resources={}), staff=(), units=(), staff_id=None)
    if not appointment_slots(empty, days, starts, Ignored.TAKEN):
        return Reason.CLOSED
    alone = replace(brief, wanted=replace(moment, staff_needed=1))
    if question.wanted.staff_needed > 1 and appointment_slots(alone, days, starts, Ignored.TAKEN):
        return Reason.NEVER_TOGETHER
    return Reason.NOBODY_WORKS


def _classes(question: Question, start: int, end: int) -> Answer:
    """Return the sessions that begin in ``[start, end)`` and have a seat for everybody in the party (DOMAIN §3, step
    5).
    """
    on = [session for session in question.sessions if start <= session.starts_at < end and _led(session, question)]
    held = [session for session in on if not _is_full_day(session, question)]
    slots = sorted(_seats(session for session in held if session.seats_left >= question.party_size))
    if slots:
        return Answer(tuple(slots))
    if not held:
        return Answer((), Reason.DAILY_LIMIT if on else Reason.NO_CLASS)
    fits_empty = any(session.capacity >= question.party_size for session in held)
    return Answer((), Reason.CLASS_FULL if fits_empty else Reason.PARTY_TOO_LARGE)


def _is_full_day(session: ClassSession, question: Question) -> bool:
    limit = question.wanted.daily_limit
    return limit is not None and question.booked.get(wall_at(question.place.zone, session.starts_at)[0], 0) >= limit


def _led(session: ClassSession, question: Question) -> bool:
    return question.staff_id is None or question.staff_id in session.staff


def _seats(sessions: Iterable[ClassSession]) -> list[Slot]:
    return [Slot(session.starts_at, session.ends_at, session.staff, (), session.seats_left, session.id) for session in sessions]
