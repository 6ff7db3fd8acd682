"""Where the bars, lines and labels of a chart stand; the macro in components/chart.html only draws them.

Across, places are percentages, so a chart fills any width without scaling its text; down, they are pixels. The
scale always contains zero and its ticks are round numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10

from babel.numbers import format_compact_decimal, get_currency_precision
from flask_babel import format_decimal, get_locale

from blueprints.pages.formats import money

HEIGHT = 208
TOP, BASE = 12, 176
TICKS = 4
LABELS = 7


@dataclass(frozen=True, slots=True)
class Tick:
    """A round number on the scale."""

    y: float
    text: str
    zero: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One value: its place in a bar chart (`left`, `width`, `y`, `height`, `centre`) and in a line chart (`x`, `at`).

    `hit` is where the strip begins that shows the value when pointed at, `minor` a label that goes first where room is short.
    """

    label: str
    text: str
    text_before: str | None
    left: float
    width: float
    y: float
    height: float
    centre: float
    x: float
    at: float
    at_before: float | None
    hit: float
    labelled: bool
    minor: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the macro draws. `empty` when there is nothing but zeros."""

    marks: Sequence[Mark]
    ticks: Sequence[Tick]
    axis_width: int
    slot: float
    height: int
    base: float
    empty: bool
    compared: bool


def chart_of(
    points: Sequence[tuple[str, int | float]],
    *,
    before: Sequence[int | float] | None = None,
    currency: str | None = None,
) -> Chart:
    """A chart of labelled values; `before` is the period before, point by point; with a currency values are minor units."""
    values = [value for _, value in points]
    everything = [*values, *(before or ())]
    steps = _scale(everything, _unit(currency))
    low, high = steps[0], steps[-1]

    def down(value: float) -> float:
        return round(BASE - (value - low) / (high - low) * (BASE - TOP), 1)

    count = len(points)
    slot = 100 / max(count, 1)
    stride = ceil(count / LABELS)
    marks = []
    for i, (label, value) in enumerate(points):
        earlier = before[i] if before and i < len(before) else None
        top, foot = sorted((down(value), down(0)))
        marks.append(
            Mark(
                label=label,
                text=_full(value, currency),
                text_before=None if earlier is None else _full(earlier, currency),
                left=round(slot * (i + 0.18), 2),
                width=round(slot * 0.64, 2),
                y=top,
                height=round(foot - top, 1),
                centre=round(slot * (i + 0.5), 2),
                x=round(100 * i / (count - 1), 2) if count > 1 else 50,
                at=down(value),
                at_before=None if earlier is None else down(earlier),
                hit=round(slot * i, 2),
                labelled=i % stride == 0,
                minor=(i // stride) % 2 == 1,
            )
        )
    ticks = [Tick(down(step), _short(step, currency), step == 0) for step in steps]
    width = 12 + 8 * max(len(tick.text) for tick in ticks)
    return Chart(marks, ticks, width, round(slot, 2), HEIGHT, down(0), not any(everything), before is not None)


def _scale(values: Sequence[float], unit: float) -> list[float]:
    """Round numbers from at or below the least value to at or above the greatest, zero among them."""
    low, high = min(0, *values, 0), max(0, *values, 0)
    if low == high:
        return [0, unit]
    rough = max((high - low) / TICKS, unit)
    size = 10 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [step * i for i in range(floor(low / step), ceil(high / step) + 1)]


def _unit(currency: str | None) -> float:
    """The least step worth a line: one piece, or one whole unit of money."""
    return float(10 ** get_currency_precision(currency)) if currency else 1


def _full(value: float, currency: str | None) -> str:
    return money(round(value), currency) if currency else str(format_decimal(value))


def _short(value: float, currency: str | None) -> str:
    amount = Decimal(str(value)) / Decimal(str(_unit(currency)))
    return str(format_compact_decimal(amount, locale=get_locale(), fraction_digits=1))
