"""How often something may happen: buckets of tokens in the memory of one worker, and counters that all of them share."""

from collections import OrderedDict
from collections.abc import Callable

from models.accounts import throttle
from models.accounts.throttle import TooManyGuesses
from models.base import writing


class Buckets:
    """A bucket for each key: `burst` at once, then one every `seconds`. Bounded: the longest untouched is forgotten.

    Not safe for threads by itself; its owner holds a lock.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float], size: int = 4096) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._size = size
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Take one token of `key`; False when none is left."""
        now = self._clock()
        tokens, seen = self._left.pop(key, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - seen) / self._seconds)
        taken = tokens >= 1
        self._left[key] = (tokens - 1 if taken else tokens, now)
        if len(self._left) > self._size:
            self._left.popitem(last=False)
        return taken


def may_fetch(asked_by: str, host: str) -> bool:
    """Whether the whole server, over all workers and hosts, may fetch once more for this address and from this host."""
    try:
        with writing(relaxed=True):
            throttle.take("look_up", asked_by, f"host:{host}")
    except TooManyGuesses:
        return False
    return True
