"""Local wall time to instants and back: the only two functions in the project that do it are ``instant_at`` and
``wall_at``; what else a zone is asked for stands here too.

A wall time is a calendar day (``date.toordinal``) and minutes after its midnight; 1,440 and more reach into the
following day. An instant is epoch milliseconds. A zone is an IANA name that ``zoneinfo`` knows.

When clocks change (DOMAIN §3): a wall time inside the gap is the gap's end; one that happens twice is the first as a
start and the last as an end. So a day may have 1,380, 1,440, 1,470 or 1,500 minutes, and a zone may skip midnight
itself."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo, available_timezones

from models.base.instants import DAY, MINUTE, from_ms
from models.errors import Invalid

EPOCH_DAY = date(1970, 1, 1).toordinal()
# No zone was ever further from UTC than 15:08; a whole day is a safe margin and keeps the arithmetic plain.
_MARGIN = DAY
# Offsets are tabulated for so many days at once. A power of two keeps a month's questions in one or two tables.
_TABLE_DAYS = 512
_PROBE = timedelta(hours=6)


class InZone(Protocol):
    """What has a time zone: a workspace's row, or the frozen facts of one."""

    @property
    def zone(self) -> ZoneInfo: ...


def zone_named(zone: str) -> str:
    """The IANA name, or raise Invalid."""
    if zone not in available_timezones():
        raise Invalid("The time zone must be an IANA name such as Asia/Hong_Kong.", field="timezone")
    return zone


class Edge(Enum):
    """Which end of a stretch of time a wall time marks; it decides between the two readings of an ambiguous one."""

    START = "start"
    END = "end"


class _Offsets(NamedTuple):
    """Offset ``after[i]`` (ms east of UTC) holds from ``since[i]`` until ``since[i + 1]``."""

    since: list[int]
    after: list[int]


def instant_at(zone: str, day: int, minute: int, edge: Edge = Edge.START) -> int:
    """Return the instant at which ``zone``'s clocks show ``minute`` of ``day`` (DOMAIN §3)."""
    local = (day - EPOCH_DAY) * DAY + minute * MINUTE
    since, after = _offsets(zone, local // (DAY * _TABLE_DAYS))
    low = bisect_right(since, local - _MARGIN) - 1
    high = bisect_right(since, local + _MARGIN) - 1
    if low == high:
        return local - after[low]
    readings = [
        local - after[i]
        for i in range(low, high + 1)
        if since[i] <= local - after[i] and (i + 1 == len(since) or local - after[i] < since[i + 1])
    ]
    if readings:
        return readings[0] if edge is Edge.START else readings[-1]
    # In the gap: the change is the first one after which clocks show a later time.
    return next(since[i] for i in range(low + 1, high + 1) if since[i] + after[i] > local)


def wall_at(zone: str, instant: int) -> tuple[int, int]:
    """Return the day and the minute that ``zone``'s clocks show at ``instant``, seconds dropped."""
    since, after = _offsets(zone, instant // (DAY * _TABLE_DAYS))
    local = instant + after[bisect_right(since, instant) - 1]
    days, rest = divmod(local, DAY)
    return days + EPOCH_DAY, rest // MINUTE


def midnight(zone: str, day: date) -> datetime:
    """Return the instant at which a local day begins; where clocks skip midnight, the end of the gap."""
    return from_ms(instant_at(zone, day.toordinal(), 0))


def local_day(zone: str, instant: datetime) -> date:
    """Return the calendar day of an instant in a zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def local_iso(place: InZone, instant: datetime) -> str:
    """Return an instant as results show it: ISO 8601 with the offset of a workspace."""
    return instant.astimezone(place.zone).isoformat(timespec="seconds")


def clocks_change(zone: str, start: int, end: int) -> bool:
    """Say whether ``zone``'s offset changes at ``start``, at ``end`` or between them; they lie a few days apart at
    most.
    """
    since, _ = _offsets(zone, start // (DAY * _TABLE_DAYS))
    return bisect_left(since, start, lo=1) < bisect_right(since, end, lo=1)


@lru_cache(maxsize=4_096)
def _offsets(zone: str, table: int) -> _Offsets:
    """Tabulate the offsets from a few days before the table's first day to as many after its last."""
    tz = ZoneInfo(zone)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    at = epoch + timedelta(days=table * _TABLE_DAYS - 4)
    end = epoch + timedelta(days=(table + 1) * _TABLE_DAYS + 4)
    offset = _offset(tz, at)
    since, after = [round((at - epoch).total_seconds()) * 1_000], [offset]
    while at < end:
        later = at + _PROBE
        changed = _offset(tz, later)
        if changed != offset:
            since.append(_moment_of_change(tz, epoch, at, later))
            after.append(changed)
            offset = changed
        at = later
    return _Offsets(since, after)


def _offset(tz: ZoneInfo, at: datetime) -> int:
    return round((at.astimezone(tz).utcoffset() or timedelta()).total_seconds()) * 1_000


def _moment_of_change(tz: ZoneInfo, epoch: datetime, before: datetime, later: datetime) -> int:
    low, high = (round((at - epoch).total_seconds()) for at in (before, later))
    old = _offset(tz, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(tz, epoch + timedelta(seconds=middle)) == old:
            low = middle
        else:
            high = middle
    return high * 1_000
