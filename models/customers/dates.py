"""Days and times as people and apps write them, on the workspace's wall clock unless they name an offset (PRODUCT §4).

The one reader of both: `2026-11-23`, `today`, `tomorrow`, `yesterday`, `+7d`, `-2w`; and behind any of them a time of day,
`today 14:00`, `2026-11-23T14:00+08:00`.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

from models import clock
from models.base.instants import from_ms
from models.base.wall_clock import Edge, instant_at, local_day, midnight, wall_at
from models.customers.here import Here
from models.errors import Invalid

YEARS = range(1900, 2201)
_NAMED = {"yesterday": -1, "today": 0, "tomorrow": 1}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OFFSET = re.compile(r"([+-]\d{1,5})([dw])", re.ASCII)
_WITH_A_TIME = re.compile(
    r"(?P<day>.+?)[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>\.\d+)?)?\s*"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)


def read_day(text: str, today: date) -> date:
    """The calendar day that is meant. ValueError for what is none, OverflowError for one that no calendar has."""
    said = text.strip().lower()
    if said in _NAMED:
        return today + timedelta(days=_NAMED[said])
    if offset := _OFFSET.fullmatch(said):
        return today + timedelta(days=int(offset[1]) * (7 if offset[2] == "w" else 1))
    if _DATE.fullmatch(said):
        return date.fromisoformat(said)
    raise ValueError("no day")


def day_from(text: str, today: date, *, field: str) -> date:
    """The calendar day that is meant, seen from a day. Raises Invalid, for a year out of range with the range."""
    try:
        return within_years(lambda: read_day(text, today), field=field)
    except ValueError:
        raise Invalid("Write a day such as 2026-11-23, today, tomorrow, yesterday, +7d or -30d.", field=field) from None


def within_years(read: Callable[[], date], *, field: str) -> date:
    """The day that is read. Raises Invalid with the range of years for one that lies outside of it."""
    try:
        day = read()
    except OverflowError:
        day = date.min
    if day.year not in YEARS:
        raise Invalid("Choose a year from %(first)d to %(last)d.", field=field, first=YEARS[0], last=YEARS[-1])
    return day


def day_of(text: str, here: Here, *, field: str) -> date:
    """The calendar day of the workspace that is meant. Raises Invalid."""
    return day_from(text, local_day(here.timezone, clock.now()), field=field)


def instant_of(text: str, here: Here, *, field: str) -> datetime:
    """The instant that is meant: a time, or the beginning of a day. Raises Invalid."""
    at = time_of(text, here, field=field)
    return at if at is not None else midnight(here.timezone, day_of(text, here, field=field))


def time_of(text: str, here: Here, *, field: str, edge: Edge = Edge.START) -> datetime | None:
    """The instant of a day with a time; None for a day alone.

    A wall time that comes twice when clocks go back is the one that `edge` says. Raises Invalid for one that is skipped.
    """
    found = _WITH_A_TIME.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Invalid("There is no such time of day; write it like 14:00.", field=field)
    day = day_of(found["day"], here, field=field)
    finer = timedelta(seconds=second + float(f"0{found['part'] or '.0'}"))
    if found["zone"] is not None:
        zone = _zone(found["zone"].upper(), field)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC) + finer
    start = instant_at(here.timezone, day.toordinal(), hour * 60 + minute, edge)
    shown_day, shown = wall_at(here.timezone, start)
    if (shown_day, shown) != (day.toordinal(), hour * 60 + minute):
        raise Invalid(
            "%(asked)s does not exist that day, since the clocks go forward to %(there)s. Choose another time.",
            field=field,
            asked=f"{hour:02}:{minute:02}",
            there=f"{shown // 60:02}:{shown % 60:02}",
        )
    return from_ms(start) + finer


def _zone(said: str, field: str) -> timezone:
    if said == "Z":
        return UTC
    hours, minutes = int(said[1:3]), int(said[-2:])
    if hours > 14 or minutes > 59:
        raise Invalid("There is no such offset; write it like +08:00.", field=field)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if said[0] == "-" else offset)
