"""Who comes: regulars, people who come now and then, people who stopped, people who only asked. Compact, for 200,000 of them."""

from array import array
from collections import deque
from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Final

from models.bookings.record import COUNTED
from models.demo.trade import PAST_DAYS

NEVER: Final = 1 << 30
NO_INSTANT: Final = -1
_REGULAR_EVERY: Final = 5
_TRIES: Final = 8


class Clientele:
    """The customers of one business by number, in the order in which they first came; days count from the opening."""

    def __init__(
        self, size: int, rng: Random, last_days: Mapping[int, int], silent: frozenset[int], faithful: frozenset[int]
    ) -> None:
        self.size = size
        self.rng = rng
        self.silent = silent
        self.faithful = faithful
        """Always come when they said so: their history must hold for every day the demo is seeded for."""
        self.first = array("i", sorted(int(rng.random() * PAST_DAYS) for _ in range(size)))
        self.last = array("i", (self._lapse(number) for number in range(size)))
        for number, day in last_days.items():
            self.last[number] = day
        self.bookings = array("i", bytes(4 * size))
        self.no_shows = array("i", bytes(4 * size))
        self.last_at = array("q", [NO_INSTANT]) * size
        self.next_at = array("q", [NO_INSTANT]) * size
        self.waiting: deque[int] = deque()
        self.here = 0
        self.today: set[int] = set()

    def _lapse(self, number: int) -> int:
        roll = self.rng.random()
        if roll < 0.6 or number % _REGULAR_EVERY == 0:
            return NEVER
        return self.first[number] + int(roll * roll * 420)

    def begin(self, day: int) -> None:
        """A new day: newcomers stand first in line."""
        self.today.clear()
        while self.here < self.size and self.first[self.here] <= day:
            if self.here not in self.silent:
                self.waiting.append(self.here)
            self.here += 1

    def claim(self, number: int) -> int:
        """This very customer takes the next booking of the day."""
        self.today.add(number)
        return number

    def pick(self, day: int) -> int | None:
        """Someone who has no booking yet on this day; None when nobody is left."""
        if self.waiting:
            return self.claim(self.waiting.popleft())
        if not self.here:
            return None
        random = self.rng.random
        for _ in range(_TRIES):
            if random() < 0.55:
                number = int(random() * ((self.here - 1) // _REGULAR_EVERY + 1)) * _REGULAR_EVERY
            else:
                number = int(random() * self.here)
            if self._free(number, day):
                return self.claim(number)
        for number in range(self.here - 1, -1, -1):
            if self._free(number, day):
                return self.claim(number)
        return None

    def _free(self, number: int, day: int) -> bool:
        return number not in self.today and self.last[number] >= day and number not in self.silent

    def note(self, number: int, status: str, at: int, seeded_at: int) -> None:
        """Keep the figures that stand on the customer's row (DOMAIN §2, Figures); instants in epoch milliseconds."""
        if status == "no_show":
            self.no_shows[number] += 1
        elif status in COUNTED:
            self.bookings[number] += 1
            if at < seeded_at:
                self.last_at[number] = max(self.last_at[number], at)
            elif self.next_at[number] == NO_INSTANT or at < self.next_at[number]:
                self.next_at[number] = at


def day_number(day: date, opened: date) -> int:
    """Days since the opening."""
    return (day - opened).days

