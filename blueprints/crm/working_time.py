"""What the pages of a person, a room and a place show of their hours: the week, days that differ, absences, what these strand."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import request, url_for

from blueprints.access import workspace
from blueprints.crm.days import today
from blueprints.crm.forms.hours import AbsenceForm, OverrideForm, WeekForm
from blueprints.pages.records import record
from blueprints.pages.words_of_time import weekdays
from models import clock
from models.base.wall_clock import midnight
from models.bookings.asset import Asset
from models.bookings.hours import DateOverride, Owner, WorkingHours
from models.bookings.location import Location
from models.bookings.stranded import stranded
from models.bookings.time_off import TimeOff

STRANDED_SHOWN = 12
PAGES = {"staff": ".staff_member", "resources": ".resource", "locations": ".location"}


@dataclass(frozen=True, slots=True)
class Days:
    """Days in a row that differ in the same way; `spans` are minutes, none where it is closed."""

    first: date
    last: date
    spans: tuple[tuple[int, int], ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Absence:
    """An absence; `days` are the first and the last where it takes whole days of the workspace's calendar."""

    shown_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    days: tuple[date, date] | None

    @classmethod
    def of(cls, off: TimeOff) -> "Absence":
        zone = workspace().zone
        first, after = off.starts_at.astimezone(zone), off.ends_at.astimezone(zone)
        whole = all(edge == midnight(workspace().timezone, edge.date()) for edge in (first, after))
        days = (first.date(), after.date() - timedelta(days=1)) if whole else None
        return cls(off.shown_id, off.starts_at, off.ends_at, off.reason, days)


def working_time(kind: str, owner: Owner, **forms: Any) -> dict[str, Any]:
    """The context of crm/hours/_cards.html; `forms` are those that were refused."""
    rows, place = stranded(workspace(), owner), asked_place(owner)
    return {
        "kind": kind,
        "page_url": url_for(PAGES[kind], shown_id=owner.shown_id),
        "owner": owner,
        "weekdays": weekdays(),
        "places": _places(owner),
        "place": place,
        "week_form": WeekForm.of(WorkingHours.of(owner, place)),
        "override_form": OverrideForm(formdata=None),
        "absence_form": AbsenceForm(formdata=None),
        "overrides": _in_a_row(DateOverride.of(owner, today())),
        "absences": [Absence.of(each) for each in TimeOff.of(owner, clock.now())] if isinstance(owner, Asset) else [],
        "stranded": rows[:STRANDED_SHOWN],
        "stranded_total": len(rows),
        **forms,
    }


def asked_place(owner: Owner) -> Location | None:
    """The location whose hours of a person or a thing the page shows; None for those that hold everywhere. Raises NotFound."""
    asked = request.values.get("at", "")
    return record(Location, asked) if asked and not isinstance(owner, Location) else None


def _places(owner: Owner) -> list[Location]:
    """Where somebody may have hours of their own: where they work, if that is in several places, and where they have some."""
    if isinstance(owner, Location):
        return []
    elsewhere = WorkingHours.elsewhere(owner)
    open_now = Location.active(workspace()) if owner.location_id is None else []
    places = {place.id: place for place in open_now} if len(open_now) > 1 else {}
    return [*places.values(), *(Location.find(workspace(), number) for number in elsewhere if number not in places)]


def _in_a_row(rows: list[DateOverride]) -> list[Days]:
    """A holiday of a week is one line, not seven."""
    by_day: dict[str, list[DateOverride]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row)
    runs: list[Days] = []
    for day, of_day in by_day.items():
        spans = tuple((row.from_min or 0, row.to_min or 0) for row in of_day if not row.closed)
        one = Days(date.fromisoformat(day), date.fromisoformat(day), spans, of_day[0].reason)
        last = runs[-1] if runs else None
        follows = last is not None and last.last.toordinal() + 1 == one.first.toordinal()
        if last is not None and follows and (last.spans, last.reason) == (one.spans, one.reason):
            runs[-1] = Days(last.first, one.last, one.spans, one.reason)
        else:
            runs.append(one)
    return runs
