"""The only clock. Tests and the demo seed stop it with `stopped()`; nothing else reads the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_stopped_at: datetime | None = None


def now() -> datetime:
    """The current instant, UTC, cut to whole milliseconds, which is what both databases keep."""
    if _stopped_at is not None:
        return _stopped_at
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@contextmanager
def stopped(at: datetime) -> Iterator[None]:
    """Hold the clock at `at` (aware) within the block. Nests; the inner instant counts."""
    global _stopped_at
    if at.tzinfo is None:
        raise ValueError("The clock needs an aware datetime.")
    before, _stopped_at = _stopped_at, at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
    try:
        yield
    finally:
        _stopped_at = before
