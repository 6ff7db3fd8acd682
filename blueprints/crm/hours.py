"""Setting the hours of a person, a room or a place, days that differ, and absences; what is booked then stays and is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm import places, resources, staff
from blueprints.crm.blueprint import bp
from blueprints.crm.days import readable_day
from blueprints.crm.forms.hours import AbsenceForm, OverrideForm, WeekForm
from blueprints.crm.working_time import PAGES, asked_place
from blueprints.htmx import go, unprocessable
from blueprints.pages.form import Form
from blueprints.pages.records import record
from models.bookings.asset import Asset, Resource, Staff
from models.bookings.hours import DateOverride, WorkingHours
from models.bookings.location import Location
from models.bookings.stranded import stranded
from models.bookings.time_off import TimeOff
from models.errors import Invalid

_SAME: dict[str, Any] = {"from_min": "start", "to_min": "end", "starts_at": "since", "ends_at": "last"}


@dataclass(frozen=True, slots=True)
class Kind:
    """Whose hours: the record, its page, and what that shows."""

    noun: type[Any]
    page: tuple[str, str]
    shown: Callable[..., dict[str, Any]]


KINDS: Mapping[str, Kind] = {
    "staff": Kind(Staff, staff.SHOW, staff.shown_of),
    "resources": Kind(Resource, resources.SHOW, resources.shown_of),
    "locations": Kind(Location, places.SHOW, places.shown_of),
}
_ANY = "<any(staff, resources, locations):kind>"
_ASSETS = "<any(staff, resources):kind>"


@bp.post(f"/{_ANY}/<shown_id>/hours")
@needs("bookings", "write")
def set_hours(slug: str, kind: str, shown_id: str) -> ResponseReturnValue:
    """Set the whole week; with `at` only what holds at that location."""
    owner, form, by = record(KINDS[kind].noun, shown_id), WeekForm.typed(request.form), access.actor()
    place = asked_place(owner)
    if not form.accepted(lambda: WorkingHours.replace(record(KINDS[kind].noun, shown_id), form.shifts, by, location=place)):
        return _again(kind, shown_id, week_form=form)
    return _saved(kind, shown_id, at=place.shown_id if place is not None else None)


@bp.post(f"/{_ANY}/<shown_id>/overrides")
@needs("bookings", "write")
def set_override(slug: str, kind: str, shown_id: str) -> ResponseReturnValue:
    """Let a day, or several in a row, differ."""
    form, by = OverrideForm(), access.actor()
    record(KINDS[kind].noun, shown_id)

    def replace() -> None:
        facts = {"until": form.until.data, "reason": form.reason.data}
        DateOverride.replace(record(KINDS[kind].noun, shown_id), form.day.data, form.shifts, by, **facts)

    if not form.accepted(replace, **_SAME):
        return _again(kind, shown_id, override_form=form)
    return _saved(kind, shown_id)


@bp.post(f"/{_ANY}/<shown_id>/overrides/<first>/removal")
@needs("bookings", "write")
def remove_override(slug: str, kind: str, shown_id: str, first: str) -> ResponseReturnValue:
    """Make a day, or those up to `until`, like their weekdays again."""
    by, day, until = access.actor(), readable_day(first), readable_day(request.form.get("until", ""))
    record(KINDS[kind].noun, shown_id)
    if day is None:
        raise DateOverride.not_found()
    form = Form()
    if not form.accepted(lambda: DateOverride.replace(record(KINDS[kind].noun, shown_id), day, None, by, until=until)):
        return _again(kind, shown_id)
    return _saved(kind, shown_id)


@bp.post(f"/{_ASSETS}/<shown_id>/time-off")
@needs("bookings", "write")
def add_time_off(slug: str, kind: str, shown_id: str) -> ResponseReturnValue:
    """Note an absence; bookings inside it stay, and are shown to be moved."""
    form, by = AbsenceForm(), access.actor()
    record(KINDS[kind].noun, shown_id)

    def add() -> TimeOff:
        return TimeOff.add(record(KINDS[kind].noun, shown_id), *form.span, by, reason=form.reason.data)

    if not form.accepted(add, **_SAME):
        return _again(kind, shown_id, absence_form=form)
    return _saved(kind, shown_id)


@bp.post(f"/{_ASSETS}/<shown_id>/time-off/<absence_id>/removal")
@needs("bookings", "write")
def remove_time_off(slug: str, kind: str, shown_id: str, absence_id: str) -> ResponseReturnValue:
    """Take an absence back."""
    by = access.actor()
    _absence(kind, shown_id, absence_id)
    form = Form()
    if not form.accepted(lambda: _absence(kind, shown_id, absence_id).remove(by)):
        return _again(kind, shown_id)
    flash(gettext("The time can be booked again."))
    return go(url_for(PAGES[kind], shown_id=shown_id))


def _absence(kind: str, shown_id: str, absence_id: str) -> TimeOff:
    """An absence of this very person or thing. Raises NotFound."""
    owner: Asset = record(KINDS[kind].noun, shown_id)
    try:
        return TimeOff.find_of(owner, absence_id)
    except Invalid:
        raise TimeOff.not_found() from None


def _again(kind: str, shown_id: str, **forms: Any) -> ResponseReturnValue:
    return unprocessable(*KINDS[kind].page, **KINDS[kind].shown(record(KINDS[kind].noun, shown_id), **forms))


def _saved(kind: str, shown_id: str, **where: Any) -> ResponseReturnValue:
    """Say that it was done, and how many bookings stand outside the hours now."""
    flash(gettext("Saved."))
    count = len(stranded(workspace(), record(KINDS[kind].noun, shown_id)))
    if count:
        flash(
            ngettext("%(num)d booking stands outside these times. It stays until you move or cancel it.",
                     "%(num)d bookings stand outside these times. They stay until you move or cancel them.", count),
            "warning",
        )  # fmt: skip
    return go(url_for(PAGES[kind], shown_id=shown_id, **where))
