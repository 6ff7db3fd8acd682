"""The fields that a filter can test: each noun declares its own, from here upwards only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from rapidfuzz import fuzz, process
from sqlalchemy.sql.elements import ColumnElement

from models.customers.filter.tree import BadFilter, Leaf
from models.customers.here import Here

ALIKE_FROM = 60
"""Of 100: how much a field must look like the one that was typed to be offered instead."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Where and when a filter is asked; relative days are days of the workspace's calendar."""

    here: Here
    now: datetime
    strict: bool = True
    """Whether a tag or field that is gone is an error (someone types it) or meets nobody (a saved segment)."""

    @property
    def today(self) -> date:
        """The workspace's calendar day."""
        return self.now.astimezone(self.here.zone).date()


Test = Callable[[Leaf, Asking], ColumnElement[bool]]
"""Compiles one leaf to a condition over the customer table that is never NULL. Raises Invalid for a bad value."""
Family = Callable[[str, Leaf, Asking], ColumnElement[bool]]
"""The same for `family.key`, with the key."""

_tests: dict[str, Test] = {}
_families: dict[str, Family] = {}


def declare(name: str, test: Test) -> None:
    """Make a field known. Nouns call it when they are imported."""
    _tests[name] = test


def declare_family(name: str, family: Family) -> None:
    """Make fields `name.<key>` known, whose keys the workspace chooses."""
    _families[name] = family


def field_names() -> list[str]:
    """The fields there are, in the order of the alphabet."""
    return sorted([*_tests, *(f"{family}.<key>" for family in _families)])


def condition_of(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """The condition of one test. Raises Invalid, naming the fields there are, for an unknown one."""
    family, dot, key = leaf.field.partition(".")
    if dot and family in _families:
        return _families[family](key, leaf, asking)
    test = _tests.get(leaf.field)
    if test is None:
        raise _no_field(leaf.field)
    return test(leaf, asking)


def _no_field(asked: str) -> BadFilter:
    names = field_names()
    advice = f"The fields are: {', '.join(names)}."
    near = [name for name, *_ in process.extract(asked, names, scorer=fuzz.ratio, score_cutoff=ALIKE_FROM, limit=1)]
    if not near:
        return BadFilter("There is no filter field %(asked)s.", asked=asked, for_apps=advice)
    return BadFilter(
        "There is no filter field %(asked)s. Did you mean %(near)s?", asked=asked, near=near[0], for_apps=advice
    )
