"""A run of calendar days in one zone, with what the engine asks of each worked out once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from models.base.instants import DAY, MINUTE
from models.base.wall_clock import Edge, clocks_change, instant_at
from models.bookings.intervals import Span

# A shift may end 2,880 minutes after the midnight of its day; a day more covers clocks that change right there.
_REACH = 3 * DAY


@dataclass(frozen=True, slots=True)
class LocalDays:
    """The days from ``first`` to ``last`` (ordinals, both included).

    ``starts`` holds the first instant of each day and of the day after the last. ``even`` says of each day that no clock
    changes in it, ``plain`` that none does while its shifts last, so that a wall minute is the start plus that minute.
    """

    zone: str
    first: int
    last: int
    starts: tuple[int, ...]
    even: tuple[bool, ...]
    plain: tuple[bool, ...]

    @staticmethod
    @lru_cache(maxsize=1_024)
    def between(zone: str, first: int, last: int) -> "LocalDays":
        starts = tuple(instant_at(zone, day, 0) for day in range(first, last + 2))
        even = tuple(not clocks_change(zone, start, end) for start, end in pairwise(starts))
        plain = tuple(not clocks_change(zone, start, start + _REACH) for start in starts[:-1])
        return LocalDays(zone, first, last, starts, even, plain)

    def span(self, day: int) -> Span:
        """Return the local day as a span; one that the zone skipped altogether is empty."""
        return self.starts[day - self.first], self.starts[day - self.first + 1]

    def opened(self, day: int, from_min: int, to_min: int) -> Span:
        """Return the time between two wall minutes of a day (DOMAIN §3: first reading of a start, last of an end)."""
        if self.plain[day - self.first]:
            midnight = self.starts[day - self.first]
            return midnight + from_min * MINUTE, midnight + to_min * MINUTE
        return instant_at(self.zone, day, from_min), instant_at(self.zone, day, to_min, Edge.END)

    def grid(self, step_min: int, start: int, end: int) -> list[int]:
        """Return the instants in ``[start, end)`` at which clocks show a multiple of ``step_min`` after local midnight.

        A wall time that happens twice is on the grid twice; one that does not happen is the end of the gap.
        """
        instants: list[int] = []
        for day in range(self.first, self.last + 1):
            instants += self._day_grid(day, step_min)
        # Around a change, the gap's end may be on the grid in its own right, or a day repeat the hour before its
        # midnight.
        return [instant for instant in sorted(set(instants)) if start <= instant < end]

    def _day_grid(self, day: int, step_min: int) -> Iterator[int] | range:
        if self.even[day - self.first]:
            midnight = self.starts[day - self.first]
            return range(midnight, midnight + DAY, step_min * MINUTE)
        minutes = range(0, 1_440, step_min)
        return (instant_at(self.zone, day, minute, edge) for minute in minutes for edge in Edge)
