"""Ids of bulk rows: like `new_id()`, at the instant each row says it was made, counted from a fixed start."""

from datetime import datetime
from typing import Final

from models.base.ids import COUNTER_BITS
from models.base.instants import to_ms

_COUNTERS: Final = 1 << COUNTER_BITS


class Numbers:
    """Ids in the order of time; the same calls give the same ids. Two rows of one millisecond meet only after two million."""

    def __init__(self, start: int) -> None:
        self._next = start

    def at(self, instant: datetime) -> int:
        """The next id, made at this instant."""
        self._next = (self._next + 1) % _COUNTERS
        return to_ms(instant) << COUNTER_BITS | self._next
