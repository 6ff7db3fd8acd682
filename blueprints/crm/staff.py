"""The people of a workspace who serve customers."""

from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.days import span_of, today
from blueprints.crm.forms.staff import StaffForm
from blueprints.crm.working_time import working_time
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from models.bookings.asset import Staff
from models.bookings.listing import BookingFilter
from models.bookings.location import Location
from models.bookings.service import Service
from models.bookings.service_team import services_of
from models.bookings.stranded import counted_by_staff

NEW = "crm/staff/new.html", "crm/staff/_form.html"
EDIT = "crm/staff/edit.html", "crm/staff/_form.html"
SHOW = "crm/staff/show.html", "crm/staff/_member.html"
NEXT_MOST = 8


@bp.get("/staff")
@needs("bookings", "read")
def staff(slug: str) -> ResponseReturnValue:
    """Everybody who works here now, and what they have today."""
    booked = counted_by_staff(workspace(), *span_of(today()))
    return page_or_fragment(
        "crm/staff/index.html", "crm/staff/_list.html", people=Staff.active(workspace()), booked=booked,
        places=Location.names(workspace()), archived=len(Staff.archived(workspace())),
    )  # fmt: skip


@bp.get("/staff/new")
@needs("bookings", "write")
def new_staff(slug: str) -> ResponseReturnValue:
    """The empty form."""
    return page_or_fragment(*NEW, form=StaffForm(), action=url_for(".create_staff"), person=None)


@bp.post("/staff")
@needs("bookings", "write")
def create_staff(slug: str) -> ResponseReturnValue:
    """Take somebody on; they work once they have hours."""
    form, by = StaffForm(), access.actor()
    if not form.accepted(lambda: Staff.add(workspace(), form.name.data, by, **_facts(form))):
        return unprocessable(*NEW, form=form, action=url_for(".create_staff"), person=None)
    flash(gettext("Now say when they work."))
    return go(url_for(".staff_member", shown_id=form.made.shown_id))


@bp.get("/staff/<shown_id>")
@needs("bookings", "read")
def staff_member(slug: str, shown_id: str) -> ResponseReturnValue:
    """One person: hours, days that differ, absences, and what is booked next."""
    return page_or_fragment(*SHOW, **shown_of(record(Staff, shown_id)))


@bp.get("/staff/<shown_id>/edit")
@needs("bookings", "write")
def edit_staff(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    person = record(Staff, shown_id)
    return page_or_fragment(*EDIT, form=_form(person), action=url_for(".change_staff", shown_id=shown_id), person=person)


@bp.post("/staff/<shown_id>")
@needs("bookings", "write")
def change_staff(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep the changes."""
    form, by = _form(record(Staff, shown_id)), access.actor()
    if not form.accepted(lambda: record(Staff, shown_id).change(by, name=form.name.data, **_facts(form))):
        action = url_for(".change_staff", shown_id=shown_id)
        return unprocessable(*EDIT, form=form, action=action, person=record(Staff, shown_id))
    flash(gettext("Saved."))
    return go(url_for(".staff_member", shown_id=shown_id))


def shown_of(person: Staff, **forms: Any) -> dict[str, Any]:
    """Everything that the page shows of a person."""
    here = workspace()
    does = services_of(person)
    return {
        "person": person,
        "place_name": Location.names(here).get(person.location_id or 0, ""),
        "next": BookingFilter(asset_id=person.id, to_come=True).all(here, NEXT_MOST),
        "services": [(service, does[service.id]) for service in Service.active(here) if service.id in does],
        **working_time("staff", person, **forms),
    }


def _facts(form: StaffForm) -> dict[str, Any]:
    return {
        "location_id": form.location.record_id, "bookable": form.bookable.data, "priority": form.priority.data,
        "daily_limit": form.daily_limit.data,
    }  # fmt: skip


def _form(person: Staff) -> StaffForm:
    """The form of a person; their own location stays among the choices when that has closed."""
    return StaffForm(obj=person, location=person.location_id)
