"""When somebody works or a place is open: a week of shifts, days that differ, and absences. Times are typed as times."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import TimeField
from wtforms.validators import Optional

from blueprints.access import workspace
from blueprints.pages.fields import day_field, name_field
from blueprints.pages.form import Form
from blueprints.pages.words_of_time import clock_time
from models.base.wall_clock import Edge, midnight
from models.bookings.facts import REASON_MAX
from models.bookings.hours import Shift, WorkingHours
from models.customers.dates import time_of

SHIFTS_MAX = 8
"""A day of more is not read; the page offers one more than there are."""
_DAY = 1_440


@dataclass(frozen=True, slots=True)
class Typed:
    """One shift as it stands in the form: two times, and what is wrong with them."""

    start: str = ""
    end: str = ""
    problem: str = ""

    @property
    def empty(self) -> bool:
        return not self.start and not self.end


class WeekForm(Form):
    """The shifts of each weekday, two times each, named `start-0-1` and `end-0-1` for the second of Monday."""

    week: Mapping[int, list[Typed]] = {}

    @classmethod
    def of(cls, rows: Iterable[WorkingHours]) -> "WeekForm":
        """As it stands."""
        form = cls(formdata=None)
        week: dict[int, list[Typed]] = {weekday: [] for weekday in range(7)}
        for row in rows:
            week[row.weekday].append(Typed(clock_time(row.from_min), clock_time(row.to_min)))
        form.week = week
        return form

    @classmethod
    def typed(cls, given: Mapping[str, Any]) -> "WeekForm":
        """As it was sent."""
        form = cls()
        form.week = {
            weekday: [
                Typed(given.get(f"start-{weekday}-{number}", "").strip(), given.get(f"end-{weekday}-{number}", "").strip())
                for number in range(SHIFTS_MAX)
            ]
            for weekday in range(7)
        }
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Every shift that cannot be read is said beside it, not only the first."""
        valid = super().validate(extra_validators)
        self.week = {weekday: [_checked(each) for each in shifts if not each.empty] for weekday, shifts in self.week.items()}
        return valid and not self.problems

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the id of the control that it is about."""
        wrong = {
            f"start-{weekday}-{number}": each.problem
            for weekday, shifts in self.week.items()
            for number, each in enumerate(shifts)
            if each.problem
        }
        return wrong | ({"": " ".join(map(str, self.form_errors))} if self.form_errors else {})

    @property
    def shifts(self) -> list[Shift]:
        """(weekday, from, to) in minutes of each; only of a form that is valid."""
        return [
            (weekday, *span)
            for weekday, shifts in self.week.items()
            for each in shifts
            if (span := _span(_time(each.start), _time(each.end))) is not None
        ]


class OverrideForm(Form):
    """What a day, or every day up to another, is like instead: one or two shifts, or closed."""

    day = day_field(_("Day"), required=_("Enter a day."))
    until = day_field(_("Until"), hint=_("For several days."))
    start = TimeField(_("From"), [Optional()], invalid_value_message=_("Enter a time, such as 9:00."))
    end = TimeField(_("To"), [Optional()], invalid_value_message=_("Enter a time, such as 18:00."))
    start_2 = TimeField(_("And from"), [Optional()], invalid_value_message=_("Enter a time, such as 14:00."))
    end_2 = TimeField(_("To"), [Optional()], invalid_value_message=_("Enter a time, such as 18:00."))
    reason = name_field(_("Reason"), REASON_MAX)

    def validate(self, extra_validators: Any = None) -> bool:
        """A shift has both of its times."""
        valid = super().validate(extra_validators)
        for start, end in (("start", "end"), ("start_2", "end_2")):
            if (self[start].data is None) != (self[end].data is None):
                self.say(gettext("A shift has two times."), end if self[end].data is None else start)
                valid = False
        return valid

    @property
    def shifts(self) -> list[tuple[int, int]]:
        """The shifts in minutes; none is closed."""
        spans = (_span(self.start.data, self.end.data), _span(self.start_2.data, self.end_2.data))
        return [span for span in spans if span is not None]


class AbsenceForm(Form):
    """An absence: whole days, unless times are given."""

    first = day_field(_("First day"), required=_("Enter a day."))
    since = TimeField(_("From"), [Optional()], invalid_value_message=_("Enter a time, such as 14:00."))
    last = day_field(_("Last day"), hint=_("Empty: the same day."))
    till = TimeField(_("Until"), [Optional()], invalid_value_message=_("Enter a time, such as 18:00."))
    reason = name_field(_("Why"), REASON_MAX)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the first instant to the one after the last. Raises Invalid for a time that the clocks skip."""
        last = self.last.data or self.first.data
        assert self.first.data is not None
        assert last is not None
        start = _at(self.first.data, self.since.data, "starts_at")
        if self.till.data is not None:
            return start, _at(last, self.till.data, "till", Edge.END)
        return start, midnight(workspace().timezone, last + timedelta(days=1))


def _at(day: date, at: time | None, field: str, edge: Edge = Edge.START) -> datetime:
    found = time_of(f"{day.isoformat()} {at:%H:%M}", workspace(), field=field, edge=edge) if at is not None else None
    return found or midnight(workspace().timezone, day)


def _checked(each: Typed) -> Typed:
    if not each.start or not each.end:
        return Typed(each.start, each.end, gettext("A shift has two times."))
    if _time(each.start) is None or _time(each.end) is None:
        return Typed(each.start, each.end, gettext("Enter times such as 9:00 and 18:00."))
    return each


def _time(text: str) -> time | None:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        return None


def _span(start: time | None, end: time | None) -> tuple[int, int] | None:
    """Minutes after midnight; a shift that does not end after it begins ends on the next day."""
    if start is None or end is None:
        return None
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return first, last if last > first else last + _DAY
