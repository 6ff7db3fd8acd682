"""The day as a table: a column a person, a row a quarter of an hour, so that time has a length on the page.

A policy without inline styles leaves no other way to say how tall a booking is than rows that it spans.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from math import gcd
from typing import Literal

from models.base.instants import to_ms
from models.base.wall_clock import wall_at
from models.bookings.day_plan import Block, PersonsDay
from models.bookings.intervals import Span

Kind = Literal["busy", "free", "off", "away"]
DAY, HOUR, FINEST, COARSEST = 1_440, 60, 5, 15
USUAL = (9 * HOUR, 18 * HOUR)
"""What the board shows of a day on which nobody works and nothing stands."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one column shows from a row on; `minute` is when it begins, `past` that it cannot be booked any more."""

    kind: Kind
    rows: int
    minute: int
    person: int | None = None
    block: Block | None = None
    past: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the day: minutes after midnight, whether an hour begins or now is in it, and the cells that begin here."""

    minute: int
    hour: bool
    now: bool
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Head:
    """A person over their columns: more than one where sessions overlap, which only nobody's can."""

    person: int | None
    name: str
    lanes: int
    count: int


@dataclass(frozen=True, slots=True)
class Board:
    """The table; `an_hour` is how many rows an hour has."""

    heads: list[Head]
    rows: list[Row]
    an_hour: int

    @property
    def names(self) -> dict[int, str]:
        """The people by id."""
        return {head.person: head.name for head in self.heads if head.person is not None}


def board_of(plan: Sequence[PersonsDay], day: date, zone: str, now: datetime) -> Board:
    """Lay a day out. Minutes are those of the zone's clock; what began the day before is cut off at midnight."""
    wall = _Wall(day.toordinal(), zone)
    step = _step(plan, wall)
    span = range(*_hours(plan, wall), step)
    current = wall.minute(to_ms(now))
    rows = [Row(at, at % HOUR == 0, at <= current < at + step) for at in span]
    heads = []
    for each in plan:
        lanes = _lanes(each, wall, step)
        count = sum(len(block.bookings) for block in each.blocks)
        heads.append(Head(each.person, each.name, len(lanes), count))
        for number, lane in enumerate(lanes):
            column = _Column(each, wall, span, current, offers=number == 0)
            for cell in column.cells(lane):
                rows[span.index(cell.minute)].cells.append(cell)
    return Board(heads, rows, HOUR // step)


@dataclass(frozen=True, slots=True)
class _Wall:
    """The clock on the wall that day: minutes after its midnight, 0 before it and 1,440 after it."""

    day: int
    zone: str

    def minute(self, instant: int) -> int:
        day, minute = wall_at(self.zone, instant)
        return min(max((day - self.day) * DAY + minute, 0), DAY)

    def span(self, block: Block) -> tuple[int, int]:
        return self.minute(to_ms(block.starts_at)), self.minute(to_ms(block.ends_at))

    def spans(self, spans: Sequence[Span]) -> list[tuple[int, int]]:
        return [(self.minute(start), self.minute(end)) for start, end in spans]


def _step(plan: Sequence[PersonsDay], wall: _Wall) -> int:
    """The coarsest step that every booking of the day keeps to, five minutes at the finest."""
    edges = [minute for each in plan for block in each.blocks for minute in wall.span(block)]
    return max(gcd(COARSEST, *edges), FINEST)


def _hours(plan: Sequence[PersonsDay], wall: _Wall) -> tuple[int, int]:
    """From the full hour at which anything begins to the full hour at which everything is over."""
    spans = [span for each in plan for span in (*wall.spans(each.working), *map(wall.span, each.blocks))] or [USUAL]
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    return first // HOUR * HOUR, max(-(-last // HOUR) * HOUR, first // HOUR * HOUR + HOUR)


def _lanes(each: PersonsDay, wall: _Wall, step: int) -> list[list[Block]]:
    """Blocks side by side where they overlap on the table, else one under the other."""
    lanes: list[list[Block]] = []
    for block in each.blocks:
        start = wall.span(block)[0] // step * step
        for lane in lanes:
            if _foot(wall.span(lane[-1]), step) <= start:
                lane.append(block)
                break
        else:
            lanes.append([block])
    return lanes or [[]]


def _foot(span: tuple[int, int], step: int) -> int:
    """The end of the last row that a span reaches into; it has one row at least."""
    return max(-(-span[1] // step) * step, span[0] // step * step + step)


class _Column:
    """One lane of one person. Free time is offered in the first of them; nobody in particular has none to offer."""

    def __init__(self, each: PersonsDay, wall: _Wall, span: range, now: int, *, offers: bool) -> None:
        self.person, self.wall, self.span, self.now = each.person, wall, span, now
        self.offers = offers and each.person is not None
        self.working, self.away = wall.spans(each.working), wall.spans(each.away)

    def cells(self, lane: Sequence[Block]) -> Iterator[Cell]:
        at, step = self.span.start, self.span.step
        for block in lane:
            start, foot = self.wall.span(block)[0] // step * step, _foot(self.wall.span(block), step)
            yield from self._gap(at, start)
            yield Cell("busy", (min(foot, self.span.stop) - start) // step, start, self.person, block)
            at = foot
        yield from self._gap(at, self.span.stop)

    def _gap(self, start: int, end: int) -> Iterator[Cell]:
        """Rows of one kind together; free time ends with the past too, and with each hour."""
        for kind, rows in groupby(range(start, end, self.span.step), key=self._kind):
            minutes = list(rows)
            yield Cell(kind[0], len(minutes), minutes[0], self.person, past=minutes[0] < self.now)

    def _kind(self, at: int) -> tuple[Kind, int]:
        """What the time is, and which run of such rows it belongs to."""
        step = self.span.step
        if any(start < at + step and at < end for start, end in self.away):
            return "away", 0
        if not (self.offers and any(start <= at and at + step <= end for start, end in self.working)):
            return "off", 0
        return "free", at // HOUR + (DAY if at >= self.now else 0)
