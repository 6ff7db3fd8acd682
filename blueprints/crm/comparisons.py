"""How the fields of a filter are compared: what a person chooses, and the test of the filter language that it becomes.

Each comparison is a phrase with a gap and a test with the same gap; reading it backwards words a test that was typed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from flask_babel import lazy_gettext as _

from blueprints.pages.formats import day
from models.customers.filter import Leaf, Node, Not
from models.customers.filter.tree import Op

Takes = Literal["days", "number", "date", "words", "choice", "nothing"]
GAP = "…"
_SHAPES: Mapping[Takes, str] = {
    "days": r"(?P<gap>\d{1,5})", "number": r"(?P<gap>-?\d+(?:\.\d+)?)", "date": r"(?P<gap>\d{4}-\d{2}-\d{2})",
    "words": r"(?P<gap>.+)", "choice": r"(?P<gap>.+)", "nothing": "",
}  # fmt: skip
"""What may stand in the gap."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One way to compare a field. In `value` and `to` the gap is `{}`; `negated` says that the test must not hold."""

    said: Any
    takes: Takes
    op: Op = "is"
    value: str = "{}"
    to: str | None = None
    negated: bool = False

    def test(self, field: str, typed: str) -> Node:
        """The test of a field with what was typed in the gap."""
        to = self.to.format(typed) if self.to is not None else None
        leaf = Leaf(field=field, op=self.op, value=self.value.format(typed), to=to)
        return Not.of(leaf) if self.negated else leaf

    def gap_of(self, leaf: Leaf, *, negated: bool) -> str | None:
        """What stands in the gap of a test that this comparison makes; None where it makes no such test."""
        if (leaf.op, negated) != (self.op, self.negated):
            return None
        parts = [(self.value, leaf.value), *([(self.to, leaf.to or "")] if self.to is not None else [])]
        gap = ""
        for pattern, value in parts:
            found = re.fullmatch(re.escape(pattern).replace(re.escape("{}"), _SHAPES[self.takes]), value)
            if found is None:
                return None
            gap = found.groupdict().get("gap") or gap
        return gap if self._is_real(gap) else None

    def fits(self, typed: str) -> bool:
        """Whether what was typed can stand in the gap."""
        return re.fullmatch(_SHAPES[self.takes], typed) is not None and self._is_real(typed)

    def _is_real(self, gap: str) -> bool:
        """Whether a date is one of the calendar's."""
        if self.takes != "date":
            return True
        try:
            date.fromisoformat(gap)
        except ValueError:
            return False
        return True

    def worded(self, gap: str) -> str:
        """The phrase with its gap filled."""
        if self.takes == "date":
            gap = day(date.fromisoformat(gap))
        said = str(self.said)
        return said.replace(GAP, gap) if GAP in said else f"{said} {gap}".strip()


_SINCE = Comparison(_("is on or after"), "date", ">=")
_BEFORE = Comparison(_("is before"), "date", "<")
_IS = Comparison(_("is"), "choice")
_IS_NOT = Comparison(_("is not"), "choice", negated=True)
_NUMBER = {
    "at_least": Comparison(_("at least"), "number", ">="),
    "at_most": Comparison(_("at most"), "number", "<="),
    "exactly": Comparison(_("exactly"), "number"),
}

COMPARISONS: Mapping[str, Mapping[str, Comparison]] = {
    "past": {
        "longer_ago": Comparison(_("was more than … days ago"), "days", ">", "{}d"),
        "within": Comparison(_("was less than … days ago"), "days", "<", "{}d"),
        "since": _SINCE,
        "before": _BEFORE,
        "never": Comparison(_("never was"), "nothing", value="never"),
    },
    "ahead": {
        "soon": Comparison(_("is less than … days away"), "days", "<", "{}d"),
        "later": Comparison(_("is more than … days away"), "days", ">", "{}d"),
        "never": Comparison(_("is not planned"), "nothing", value="never"),
    },
    "number": _NUMBER,
    "some_number": {**_NUMBER, "never": Comparison(_("is not known"), "nothing", value="never")},
    "choice": {"is": _IS, "is_not": _IS_NOT},
    "word": {"is": Comparison(_("is"), "words"), "is_not": Comparison(_("is not"), "words", negated=True)},
    "some_word": {
        "is": Comparison(_("is"), "words"),
        "is_not": Comparison(_("is not"), "words", negated=True),
        "never": Comparison(_("is not known"), "nothing", value="never"),
    },
    "some_choice": {"is": _IS, "is_not": _IS_NOT, "never": Comparison(_("is not known"), "nothing", value="never")},
    "text": {
        "mentions": Comparison(_("mention"), "words"),
        "lacks": Comparison(_("do not mention"), "words", negated=True),
    },
    "birthday": {
        "soon": Comparison(_("is within the next … days"), "days", "between", "today", "+{}d"),
        "never": Comparison(_("is not known"), "nothing", value="never"),
    },
    "yes": {
        "welcome": Comparison(_("are welcome:"), "choice"),
        "unwelcome": Comparison(_("are not welcome:"), "choice", negated=True),
    },
    "some_date": {"since": _SINCE, "before": _BEFORE, "never": Comparison(_("is not known"), "nothing", value="never")},
}
"""By kind of field, then by the name in the form."""
