"""Ids: 63-bit integers made by the application, ordered by time (DOMAIN §1).

42 bits of milliseconds, then 21 bits of a per-process counter that starts at random. Shown to people and apps as
a noun's prefix and 13 characters, `mem_01hzk5x8r0000`.
"""

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from models import clock, opaque
from models.base.instants import to_ms

COUNTER_BITS = 21
_COUNTERS = 1 << COUNTER_BITS
_lock = threading.Lock()
_counter = secrets.randbelow(_COUNTERS)


def new_id() -> int:
    """A fresh id. Two processes could meet in one millisecond and counter: the primary key then refuses the second."""
    global _counter
    with _lock:
        _counter = (_counter + 1) % _COUNTERS
        return to_ms(clock.now()) << COUNTER_BITS | _counter


@contextmanager
def counted_from(start: int) -> Iterator[None]:
    """Make ids that repeat from run to run: the demo's seed, under a stopped clock."""
    global _counter
    before, _counter = _counter, start % _COUNTERS
    try:
        yield
    finally:
        _counter = before


def show(prefix: str, number: int) -> str:
    """The id as people and apps see it."""
    return f"{prefix}_{opaque.encode(number)}"


def _reseed() -> None:
    global _counter
    _counter = secrets.randbelow(_COUNTERS)


os.register_at_fork(after_in_child=_reseed)
