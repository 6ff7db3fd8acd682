"""Short words for the tests of the engine: times as text, hours as text, questions about one person who does one service."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from models.bookings.availability import free_slots
from models.bookings.intervals import Span
from models.bookings.opening import ALWAYS, DateOverride, Hours, Place, WeeklyRow
from models.bookings.question import Answer, Candidate, Question, Wanted


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def at(text: str, zone: str = "UTC") -> int:
    """ "2026-03-08 10:00" in a zone, or with an offset of its own, as epoch milliseconds."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp() * 1_000)


def span(text: str, zone: str = "UTC") -> Span:
    """ "2026-03-08 10:00..12:00" or "2026-03-08 22:00..2026-03-09 02:00"."""
    start, end = text.split("..")
    return at(start, zone), at(end if "-" in end else f"{start[:10]} {end}", zone)


def minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def every_day(*texts: str) -> Hours:
    """ "09:00-17:00", "22:00-26:00": the same each day of the week."""
    return Hours(tuple(row for weekday in range(7) for row in weekly(weekday, *texts)))


def weekly(weekday: int, *texts: str) -> Iterable[WeeklyRow]:
    for text in texts:
        start, end = text.split("-")
        yield WeeklyRow(weekday, minutes(start), minutes(end))


def override(on: str, *texts: str) -> tuple[DateOverride, ...]:
    """Open at these times on one day; closed without any."""
    if not texts:
        return (DateOverride(day(on), closed=True),)
    return tuple(DateOverride(day(on), False, *map(minutes, text.split("-"))) for text in texts)


def person(id: int = 1, hours: Hours | None = None, **facts: Any) -> Candidate:
    return Candidate(id, hours or every_day("09:00-17:00"), **facts)


def room(id: int = 91, kind: str = "room", **facts: Any) -> Candidate:
    return Candidate(id, facts.pop("hours", ALWAYS), resource_type=kind, **facts)


def ask(window: str, *staff: Candidate, zone: str = "UTC", place: Hours = ALWAYS, **facts: Any) -> Question:
    """A question about a window written as in ``span``; what is not a field of the question is one of the service."""
    fields = Question.__dataclass_fields__
    wanted = Wanted(**{name: facts.pop(name) for name in list(facts) if name not in fields})
    return Question(wanted, Place("UTC", zone, place), span(window, zone), staff, **facts)


def starts(answer: Answer, zone: str = "UTC") -> list[str]:
    return [datetime.fromtimestamp(slot.starts_at / 1_000, ZoneInfo(zone)).strftime("%H:%M") for slot in answer.slots]


def free(window: str, *staff: Candidate, zone: str = "UTC", **facts: Any) -> list[str]:
    """The starts on the clock of the place."""
    return starts(free_slots(ask(window, *staff, zone=zone, **facts)), zone)
