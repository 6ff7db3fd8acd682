"""The availability rules once more, by brute force: one byte a minute of a week, clocks read from zoneinfo minute by minute.

It shares no code with the engine, only its dataclasses. All times are whole minutes; index 0 of a week is three days before its
middle day in UTC.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from models.base.instants import MINUTE
from models.bookings.opening import Hours
from models.bookings.question import Candidate, Question, Slot

DAYS = 8


class Week:
    """``walls[i]`` is what the clocks show at minute ``i``: ordinal day x 1,440 + minute of the day."""

    def __init__(self, first: int, walls: list[int]) -> None:
        self.first = first
        self.walls = walls
        self.highest_so_far = list(accumulate(walls, max))
        self.lowest_from_here = list(accumulate(reversed(walls), min))[::-1]
        self.last_shown = {wall: minute for minute, wall in enumerate(walls)}

    @staticmethod
    @lru_cache(maxsize=64)
    def around(zone: str, middle: str) -> "Week":
        tz, begin = ZoneInfo(zone), datetime.combine(date.fromisoformat(middle), datetime.min.time(), UTC) - timedelta(days=3)
        moments = [(begin + timedelta(minutes=i)).astimezone(tz) for i in range(DAYS * 1_440)]
        walls = [moment.toordinal() * 1_440 + moment.hour * 60 + moment.minute for moment in moments]
        return Week(round(begin.timestamp() * 1_000), walls)

    def first_minute_not_before(self, wall: int) -> int:
        return bisect_left(self.highest_so_far, wall)

    def end_at(self, wall: int) -> int:
        """The last minute that shows this time (an ambiguous end is the last, DOMAIN §3); in the gap, the first after it."""
        return self.last_shown.get(wall, bisect_left(self.lowest_from_here, wall))

    def minute(self, instant: int) -> int:
        return min(max((instant - self.first) // MINUTE, 0), len(self.walls))

    def day(self, minute: int) -> int:
        return self.walls[minute] // 1_440

    def open(self, hours: Hours) -> bytearray:
        flags = bytearray(len(self.walls))
        for on in range(self.day(0) - 1, self.day(-1) + 1):
            changed = [row for row in hours.overrides if row.day == on]
            if changed:
                rows = [(row.from_min, row.to_min) for row in changed if not row.closed]
            elif hours.weekly is None:
                rows = [(0, 1_440)]
            else:
                weekday = date.fromordinal(on).weekday()
                rows = [(row.from_min, row.to_min) for row in hours.weekly if row.weekday == weekday and row.holds_on(on)]
            for from_min, to_min in rows:
                start = self.first_minute_not_before(on * 1_440 + from_min)
                end = self.end_at(on * 1_440 + to_min)
                flags[start:end] = b"\1" * max(end - start, 0)
        return flags

    def taken(self, asset: Candidate) -> bytearray:
        flags = bytearray(len(self.walls))
        for start, end in (*asset.time_off, *asset.occupied):
            begin, stop = self.minute(start), self.minute(end)
            flags[begin:stop] = b"\1" * (stop - begin)
        return flags

    def is_start(self, minute: int, step: int) -> bool:
        """Say whether a clock that runs forward passes, or jumps over, a multiple of the step after midnight."""
        before, now = self.walls[minute - 1], self.walls[minute]
        if now <= before:
            return now % 1_440 % step == 0
        return any(wall % 1_440 % step == 0 for wall in range(before + 1, now + 1))


def expected(question: Question, week: Week) -> list[Slot]:
    return sorted(_slots(question, week))


def _slots(question: Question, week: Week) -> Iterator[Slot]:
    wanted = question.wanted
    if question.party_size > wanted.capacity or (question.staff_id is not None and not wanted.staff_needed):
        return
    place = week.open(question.place.hours)
    opened = {asset.id: week.open(asset.hours) for asset in (*question.staff, *question.units)}
    taken = {asset.id: week.taken(asset) for asset in (*question.staff, *question.units)}
    begin = max(question.window[0], question.not_before or 0)
    for minute in range(week.minute(begin), week.minute(question.window[1])):
        if not week.is_start(minute, wanted.slot_step_min):
            continue
        on = week.day(minute)
        if wanted.daily_limit is not None and question.booked.get(on, 0) >= wanted.daily_limit:
            continue

        def free(asset: Candidate, length: int, minute: int = minute, on: int = on) -> bool:
            if asset.daily_limit is not None and asset.booked.get(on, 0) >= asset.daily_limit:
                return False
            inside = opened[asset.id].find(0, minute, minute + length) == -1
            around = (minute - wanted.buffer_before_min, minute + length + wanted.buffer_after_min)
            return inside and taken[asset.id].find(1, *around) == -1

        alone = wanted.staff_needed == 1
        for length in sorted(
            {(asset.duration_min or wanted.duration_min) if alone else wanted.duration_min for asset in question.staff}
            or {wanted.duration_min}
        ):
            if place.find(0, minute, minute + length) != -1:
                continue
            people = [
                asset.id
                for asset in question.staff
                if wanted.staff_needed
                and (not alone or (asset.duration_min or wanted.duration_min) == length)
                and (not alone or question.staff_id in (None, asset.id))
                and free(asset, length)
            ]
            things = [unit for unit in question.units if free(unit, length)]
            if len(people) < wanted.staff_needed or question.staff_id not in (None, *people):
                continue
            if all(sum(unit.resource_type == kind for unit in things) >= count for kind, count in wanted.resources.items()):
                start = week.first + minute * MINUTE
                ids = tuple(unit.id for unit in things)
                yield Slot(start, start + length * MINUTE, tuple(people), ids, wanted.capacity)
