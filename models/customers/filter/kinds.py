"""Kinds of field: how the value of a test is read, and which comparison it becomes. None is ever NULL in SQL."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_
from sqlalchemy.sql.elements import ColumnElement

from models.base import wall_clock
from models.base.money import read_decimal
from models.base.words import fold
from models.customers import dates
from models.customers.filter.fields import Asking, Test
from models.customers.filter.tree import BadFilter, Leaf

_DURATION = re.compile(r"(\d{1,5})([dw])", re.ASCII)
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "is": "is", "between": "between"}

Instants = tuple[datetime | None, datetime | None]
"""From the first, up to but not including the second; None is open."""
Compare = Callable[[Asking], Any]
"""The SQL expression of a field, which may depend on the workspace or on now."""


def instant_field(expression: Compare, *, ahead: bool = False) -> Test:
    """A point in time. `>60d` is longer ago than 60 days, or with `ahead` further away; with a date `>` is later."""

    def test(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
        span = None if is_never(leaf) else instants_of(leaf, asking, ahead=ahead)
        return at_some_time(expression(asking), span)

    return test


def is_never(leaf: Leaf) -> bool:
    """Whether a test of an instant asks for those who have none."""
    return leaf.op == "is" and leaf.value == "never"


def instants_of(leaf: Leaf, asking: Asking, *, ahead: bool = False) -> Instants:
    """What a test of an instant lies between. Raises BadFilter."""
    since, before = day_bounds(leaf, asking.today, ahead=ahead, or_else=_no_instant(leaf))
    return (
        midnight(asking, since) if since is not None else None,
        midnight(asking, before) if before is not None else None,
    )


def at_some_time(column: Any, span: Instants | None) -> ColumnElement[bool]:
    """SQL: the instant lies in the span; for none, there is no instant."""
    if span is None:
        never: ColumnElement[bool] = column.is_(None)
        return never
    since, before = span
    bounds = [column.is_not(None)]
    if since is not None:
        bounds.append(column >= since)
    if before is not None:
        bounds.append(column < before)
    return and_(*bounds)


def number_field(column: Any, *, scale: Callable[[Asking], int] = lambda _: 1) -> Test:
    """A whole number; `scale` says how many stored units make one that is typed (money: minor units)."""

    def test(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
        low, high = (read_number(leaf, value, scale(asking)) if value is not None else None for value in (leaf.value, leaf.to))
        return and_(column.is_not(None), compared(column, leaf, low, high))

    return test


def word_field(condition: Callable[[str, Asking], ColumnElement[bool]], *choices: str) -> Test:
    """A word: one of the choices where there are any, else any, folded. Only `:` tests it."""

    def test(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
        word = fold(leaf.value)
        if leaf.op != "is" or (choices and word not in choices):
            if not choices:
                raise BadFilter("The filter field %(asked)s takes a colon and a word.", asked=leaf.field)
            known = ", ".join(choices)
            raise BadFilter("The filter field %(asked)s takes a colon and one of %(known)s.", asked=leaf.field, known=known)
        return condition(word, asking)

    return test


def _no_instant(leaf: Leaf) -> BadFilter:
    return BadFilter(
        "The filter field %(asked)s takes a time ago (60d, 8w), a date (2026-11-23, today, -30d), a range of them (a..b),"
        " or never.",
        asked=leaf.field,
    )


def _backwards(leaf: Leaf) -> BadFilter:
    return BadFilter("The filter field %(asked)s takes a range whose first end comes first.", asked=leaf.field)


def compared(column: Any, leaf: Leaf, low: Any, high: Any = None) -> ColumnElement[bool]:
    """The comparison that a leaf's op names. Raises Invalid for a range that ends before it begins."""
    match leaf.op:
        case ">":
            result = column > low
        case ">=":
            result = column >= low
        case "<":
            result = column < low
        case "<=":
            result = column <= low
        case "between":
            if low > high:
                raise _backwards(leaf)
            result = and_(column >= low, column <= high)
        case _:
            result = column == low
    return result  # type: ignore[no-any-return]


def read_number(leaf: Leaf, value: str, scale: int = 1) -> int:
    """A typed number in stored units, exact. Raises Invalid."""
    number = read_decimal(value)
    stored = number * scale if number is not None else None
    if stored is None or stored != stored.to_integral_value():
        raise BadFilter("The filter field %(asked)s takes a number, or a range of them (5..10).", asked=leaf.field)
    return int(stored)


def day_bounds(leaf: Leaf, today: date, *, ahead: bool = False, or_else: BadFilter) -> tuple[date | None, date | None]:
    """The days that a leaf means: from the first, up to but not including the second; None is open. Raises `or_else`."""
    day, ago = read_day(leaf, leaf.value, today, ahead=ahead, or_else=or_else)
    if leaf.op == "between":
        last, _ = read_day(leaf, leaf.to or "", today, ahead=ahead, or_else=or_else)
        first, last = (last, day) if ago and not ahead else (day, last)
        if first > last:
            raise _backwards(leaf)
        return first, last + timedelta(days=1)
    op = _FLIPPED[leaf.op] if ago and not ahead else leaf.op
    following = day + timedelta(days=1)
    match op:
        case ">":
            return following, None
        case ">=":
            return day, None
        case "<":
            return None, day
        case "<=":
            return None, following
        case _:
            return day, following


def read_day(leaf: Leaf, value: str, today: date, *, ahead: bool, or_else: BadFilter) -> tuple[date, bool]:
    """The day a value means, and whether it was given as a length of time. Raises `or_else`."""
    try:
        if found := _DURATION.fullmatch(value):
            days = int(found[1]) * (7 if found[2] == "w" else 1)
            return dates.within_years(lambda: today + timedelta(days=days if ahead else -days), field="filter"), True
        return dates.within_years(lambda: dates.read_day(value, today), field="filter"), False
    except ValueError:
        raise or_else from None


def midnight(asking: Asking, day: date) -> datetime:
    """The instant at which a day begins in the workspace."""
    return wall_clock.midnight(asking.here.timezone, day)
