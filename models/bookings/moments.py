"""The times of bookings and ranges of them, read on the workspace's wall clock."""

from datetime import datetime, timedelta

from models.base.wall_clock import Edge, midnight
from models.customers.dates import day_of, time_of
from models.customers.here import Here
from models.errors import Invalid


def start_of(text: str, here: Here, *, field: str = "starts_at") -> datetime:
    """The minute that is meant: `2026-11-23T14:00`, with or without an offset, or `tomorrow 14:00`.

    A wall time that comes twice when clocks go back is the first. Raises Invalid for one that is skipped, and for seconds.
    """
    instant = time_of(text, here, field=field)
    if instant is None:
        day_of(text, here, field=field)
        raise Invalid("Write a day and a time, such as 2026-11-23 14:00 or tomorrow 14:00.", field=field)
    if instant.second or instant.microsecond:
        raise Invalid("Write the time to the minute, such as 14:00.", field=field)
    return instant


def range_of(first: str | None, last: str | None, here: Here) -> tuple[datetime | None, datetime | None]:
    """From an instant to the one after the last; days stand for all of their time, both included. Raises Invalid."""
    start = end = None
    if first is not None:
        start = time_of(first, here, field="from") or midnight(here.timezone, day_of(first, here, field="from"))
    if last is not None:
        end = time_of(last, here, field="to", edge=Edge.END)
        end = end or midnight(here.timezone, day_of(last, here, field="to") + timedelta(days=1))
    if start is not None and end is not None and end <= start:
        raise Invalid("The end must come after the beginning.", field="to")
    return start, end
