"""When a class is on: its weekly timetable, and the dates to come."""

from datetime import date, timedelta
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.days import readable_day, today
from blueprints.crm.forms.service import EndForm, TimetableForm
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from blueprints.pages.words_of_time import weekdays
from models import clock
from models.activity.actor import Actor
from models.bookings.asset import Asset
from models.bookings.class_place import OBSTACLES
from models.bookings.location import Location
from models.bookings.service import Service
from models.bookings.session import Session
from models.bookings.timetable import ClassSchedule, LeftOut
from models.bookings.timetable_end import end, later
from models.errors import Invalid

NEW = "crm/services/timetable_new.html", "crm/services/_timetable_new.html"
END = "crm/services/timetable_end.html", "crm/services/_timetable_end.html"
AHEAD, MOST, LEFT_OUT_MOST = timedelta(days=28), 40, 10


def timetable_of(found: Service) -> dict[str, Any]:
    """The weekly entries of a class, its dates of the next four weeks, and those that are left out with why."""
    here = workspace()
    entries = [entry for entry in ClassSchedule.of(found) if not entry.valid_to or entry.valid_to >= today().isoformat()]
    left_out = sorted((each for entry in entries for each in entry.left_out(here)), key=lambda each: each.starts_at)
    return {
        "entries": entries,
        "sessions": Session.to_come(found, clock.now(), clock.now() + AHEAD, MOST),
        "names": Asset.names(here),
        "places": Location.names(here),
        "weekdays": weekdays(),
        "left_out": [(each, gettext(OBSTACLES[each.why])) for each in left_out[:LEFT_OUT_MOST]],
        "left_out_total": len(left_out),
    }


@bp.get("/services/<shown_id>/timetable/new")
@needs("bookings", "write")
def new_in_timetable(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form of a weekly class."""
    return page_or_fragment(*NEW, service=class_of(shown_id, live=True), form=_form())


@bp.post("/services/<shown_id>/timetable")
@needs("bookings", "write")
def add_to_timetable(slug: str, shown_id: str) -> ResponseReturnValue:
    """Put a class on the timetable and open its dates; those on which it cannot be are named."""
    form, by = _form(), access.actor()
    class_of(shown_id, live=True)
    if not form.accepted(lambda: _add(class_of(shown_id, live=True), form, by), start_min="start", service_id="weekday"):
        return unprocessable(*NEW, service=class_of(shown_id, live=True), form=form)
    opened, left_out = form.made
    flash(ngettext("%(num)d date is open for booking.", "%(num)d dates are open for booking.", opened))
    if left_out:
        flash(
            ngettext("%(num)d date was left out; the page says why.", "%(num)d dates were left out; the page says why.",
                     len(left_out)),
            "warning",
        )  # fmt: skip
    return go(url_for(".service", shown_id=shown_id))


@bp.get("/services/<shown_id>/timetable/<entry_id>/end")
@needs("bookings", "destructive")
def end_timetable_page(slug: str, shown_id: str, entry_id: str) -> ResponseReturnValue:
    """When it ends, and what would be open after that."""
    entry = _entry(shown_id, entry_id)
    form = EndForm(formdata=None, last_day=readable_day(request.args.get("last_day", "")) or today())
    return page_or_fragment(*END, form=form, **_ending(shown_id, entry, form.last_day.data))


@bp.post("/services/<shown_id>/timetable/<entry_id>/end")
@needs("bookings", "destructive")
def end_timetable(slug: str, shown_id: str, entry_id: str) -> ResponseReturnValue:
    """Stop a weekly class after a day; dates after it that are open stay, or are cancelled with it."""
    form, by = EndForm(), access.actor()
    _entry(shown_id, entry_id)
    if not form.accepted(lambda: _end(_entry(shown_id, entry_id), form, by)):
        return unprocessable(*END, form=form, **_ending(shown_id, _entry(shown_id, entry_id), form.last_day.data or today()))
    cancelled = len(form.made)
    if cancelled:
        flash(ngettext("Ended, and %(num)d booking was cancelled.", "Ended, and %(num)d bookings were cancelled.", cancelled))
    else:
        flash(gettext("Ended."))
    return go(url_for(".service", shown_id=shown_id))


def _add(found: Service, form: TimetableForm, by: Actor) -> tuple[int, list[LeftOut]]:
    entry = ClassSchedule.add(
        found, form.weekday.data, form.start.data.hour * 60 + form.start.data.minute, by, valid_from=form.valid_from.data,
        valid_to=form.valid_to.data, staff=form.staff.record, location=form.location.record, capacity=form.capacity.data,
    )  # fmt: skip
    opened, left_out = entry.open_sessions(workspace())
    return len(opened), left_out


def _end(entry: ClassSchedule, form: EndForm, by: Actor) -> list[Any]:
    return end(workspace(), entry, form.last_day.data, by, cancel_later=form.cancel_later.data, reason=form.reason.data)


def _ending(shown_id: str, entry: ClassSchedule, last_day: date) -> dict[str, Any]:
    return {"service": class_of(shown_id), "entry": entry, "after": later(entry, last_day), "weekday": weekdays()[entry.weekday]}


def class_of(shown_id: str, *, live: bool = False) -> Service:
    """A service that is a class, offered still if `live`; an appointment has no timetable. Raises NotFound."""
    found = record(Service, shown_id, live=live)
    if not found.is_class:
        raise Service.not_found()
    return found


def _entry(shown_id: str, entry_id: str) -> ClassSchedule:
    """The entry of this very class; another's is a 404 like one that does not exist."""
    try:
        return ClassSchedule.find_in(record(Service, shown_id), entry_id)
    except Invalid:
        raise ClassSchedule.not_found() from None


def _form() -> TimetableForm:
    form = TimetableForm(valid_from=today())
    form.weekday.choices = list(enumerate(weekdays()))
    return form
