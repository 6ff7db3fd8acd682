"""Opening hours: weekday rows and date overrides of a person, a resource or a location become open spans of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from models.bookings.intervals import Span, merge
from models.bookings.local_days import LocalDays


@dataclass(frozen=True, slots=True)
class WeeklyRow:
    """Open from ``from_min`` to ``to_min`` on one weekday (0 is Monday); past 1,440 the shift ends on the next day.

    ``valid_from`` and ``valid_to`` are ordinals of calendar days, both included.
    """

    weekday: int
    from_min: int
    to_min: int
    valid_from: int | None = None
    valid_to: int | None = None

    def holds_on(self, day: int) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class DateOverride:
    """What one calendar day is like instead of its weekday: closed, or open between two wall minutes."""

    day: int
    closed: bool
    from_min: int = 0
    to_min: int = 0


@dataclass(frozen=True)
class Hours:
    """The rows of one owner. On a day that has overrides they alone count, so one opens a closed day as well as it
    closes an open one.

    Without any weekly row (``weekly`` is None) the owner is open whenever nothing else says otherwise.
    """

    weekly: tuple[WeeklyRow, ...] | None = ()
    overrides: tuple[DateOverride, ...] = ()

    def spans(self, days: LocalDays) -> list[Span]:
        """Return the merged open time of the shifts that begin on ``days``."""
        opened = [days.opened(day, *minutes) for day in range(days.first, days.last + 1) for minutes in self._minutes(day)]
        return merge(opened)

    def _minutes(self, day: int) -> Sequence[tuple[int, int]]:
        replaced = self._overridden.get(day)
        if replaced is not None:
            return replaced
        if self.weekly is None:
            return _ALL_DAY
        # Day 1 of the common era was a Monday.
        return [(row.from_min, row.to_min) for row in self._by_weekday[(day + 6) % 7] if row.holds_on(day)]

    @cached_property
    def _overridden(self) -> dict[int, list[tuple[int, int]]]:
        days: dict[int, list[tuple[int, int]]] = {}
        for row in self.overrides:
            spans = days.setdefault(row.day, [])
            if not row.closed:
                spans.append((row.from_min, row.to_min))
        return days

    @cached_property
    def _by_weekday(self) -> list[list[WeeklyRow]]:
        return [[row for row in self.weekly or () if row.weekday == weekday] for weekday in range(7)]


_ALL_DAY = [(0, 1_440)]
ALWAYS = Hours(weekly=None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service happens: a location, or the workspace itself. A location's own zone overrides the workspace's."""

    workspace_zone: str
    own_zone: str | None = None
    hours: Hours = ALWAYS

    @property
    def zone(self) -> str:
        return self.own_zone or self.workspace_zone
