"""One date of a class: who comes, put on by itself, changed, and cancelled with all its bookings."""

from datetime import date, datetime, time
from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.days import asked_day
from blueprints.crm.forms.booking import ReasonForm
from blueprints.crm.forms.service import ClassChangeForm, ClassForm
from blueprints.crm.timetables import class_of
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from models import clock
from models.activity.actor import Actor
from models.bookings.asset import Asset, Staff
from models.bookings.class_change import ClassChange
from models.bookings.class_session import add_class, cancel_session
from models.bookings.listing import BookingFilter
from models.bookings.location import Location
from models.bookings.moments import start_of
from models.bookings.service import Service
from models.bookings.session import Session

NEW = "crm/services/class_new.html", "crm/services/_class_new.html"
SHOW = "crm/services/session.html", "crm/services/_session.html"
EDIT = "crm/services/class_edit.html", "crm/services/_class_edit.html"
CANCEL = "crm/services/class_cancellation.html", "crm/services/_class_cancellation.html"
SEATS_MOST = 1_000


@bp.get("/services/<shown_id>/classes/new")
@needs("bookings", "write")
def new_class(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form of a class on one date."""
    return page_or_fragment(*NEW, service=class_of(shown_id, live=True), form=ClassForm(formdata=None, day=asked_day()))


@bp.post("/services/<shown_id>/classes")
@needs("bookings", "write")
def put_class_on(slug: str, shown_id: str) -> ResponseReturnValue:
    """Put it on, if whoever leads it and what it needs are free."""
    form, by = ClassForm(), access.actor()
    class_of(shown_id, live=True)
    if not form.accepted(lambda: _put_on(class_of(shown_id, live=True), form, by), starts_at="start"):
        return unprocessable(*NEW, service=class_of(shown_id, live=True), form=form)
    flash(gettext("It is open for booking."))
    return go(url_for(".class_session", shown_id=form.made.shown_id))


@bp.get("/classes/<shown_id>")
@needs("bookings", "read")
def class_session(slug: str, shown_id: str) -> ResponseReturnValue:
    """One date of a class: who comes."""
    return page_or_fragment(*SHOW, **shown_of(_session(shown_id)))


@bp.get("/classes/<shown_id>/edit")
@needs("bookings", "write")
def edit_class(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    found = _session(shown_id)
    return page_or_fragment(*EDIT, form=_change_form(found), **shown_of(found))


@bp.post("/classes/<shown_id>")
@needs("bookings", "write")
def change_class(slug: str, shown_id: str) -> ResponseReturnValue:
    """Another time, other seats or somebody else to lead it; its bookings come along."""
    form, by = _change_form(_session(shown_id)), access.actor()
    if not form.accepted(lambda: _change(_session(shown_id), form, by), starts_at="start"):
        found = _session(shown_id)
        form.catch_up(found.version)
        return unprocessable(*EDIT, form=form, **shown_of(found))
    count = len(form.made)
    flash(
        ngettext("Saved. %(num)d booking came along; tell them.", "Saved. %(num)d bookings came along; tell them.", count)
        if count
        else gettext("Saved.")
    )
    return go(url_for(".class_session", shown_id=shown_id))


@bp.get("/classes/<shown_id>/cancellation")
@needs("bookings", "destructive")
def cancel_class_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """How many bookings would be cancelled with it."""
    return page_or_fragment(*CANCEL, form=ReasonForm(), **shown_of(_session(shown_id)))


@bp.post("/classes/<shown_id>/cancellation")
@needs("bookings", "destructive")
def cancel_class(slug: str, shown_id: str) -> ResponseReturnValue:
    """Cancel it with all its bookings, for the business: nobody owes anything."""
    form, by = ReasonForm(), access.actor()
    _session(shown_id)
    if not form.accepted(lambda: cancel_session(workspace(), _session(shown_id), form.reason.data, by)):
        return unprocessable(*CANCEL, form=form, **shown_of(_session(shown_id)))
    count = len(form.made)
    flash(ngettext("Cancelled, with %(num)d booking.", "Cancelled, with %(num)d bookings.", count))
    return go(url_for(".class_session", shown_id=shown_id))


def shown_of(found: Session) -> dict[str, Any]:
    """Everything that the page shows of a date."""
    here = workspace()
    rows = BookingFilter(session_id=found.id).all(here, SEATS_MOST)
    names, local = Asset.names(here), found.starts_at.astimezone(here.zone)
    return {
        "session": found,
        "service": Service.find(here, found.service_id),
        "leaders": [(person, names[person]) for person in found.staff],
        "place_name": Location.names(here).get(found.location_id or 0, ""),
        "rows": [row for row in rows if row.status != "cancelled"],
        "cancelled": sum(row.status == "cancelled" for row in rows),
        "over": found.ends_at <= clock.now(),
        "is_today": local.date() == here.local_now.date(),
        "day": local.date(),
        "at_time": f"{local:%H:%M}",
    }


def _session(shown_id: str) -> Session:
    """A session of a class; that of an appointment has no page. Raises NotFound."""
    found = record(Session, shown_id)
    if not Service.find(workspace(), found.service_id).is_class:
        raise Session.not_found()
    return found


def _put_on(service: Service, form: ClassForm, by: Actor) -> Session:
    leaders = [form.staff.record] if form.staff.record is not None else []
    start = _instant(form.day.data, form.start.data)
    return add_class(service, start, leaders, by, location_id=form.location.record_id, capacity=form.capacity.data)


def _change(found: Session, form: ClassChangeForm, by: Actor) -> list[Any]:
    """Who leads it is changed only where somebody else was chosen: a second leader stays. So does its time, to the instant."""
    chosen: Staff | None = form.staff.record
    lead = found.staff[0] if found.staff else None
    same = (chosen.id if chosen is not None else None) == lead
    leaders = None if same else [chosen] if chosen is not None else []
    local = found.starts_at.astimezone(workspace().zone)
    moved = (form.day.data, form.start.data) != (local.date(), local.time())
    start = _instant(form.day.data, form.start.data) if moved else None
    return ClassChange(found, leaders, start, form.capacity.data, form.version.data).carry_out(workspace(), by)


def _change_form(found: Session) -> ClassChangeForm:
    local = found.starts_at.astimezone(workspace().zone)
    return ClassChangeForm(
        day=local.date(), start=local.time(), staff=found.staff[0] if found.staff else None, capacity=found.capacity,
        version=found.version,
    )  # fmt: skip


def _instant(day: date, at: time) -> datetime:
    return start_of(f"{day.isoformat()} {at:%H:%M}", workspace())
