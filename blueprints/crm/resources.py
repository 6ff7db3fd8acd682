"""The rooms and things that services need: one record a unit."""

from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.place import NewResourceForm, ResourceForm
from blueprints.crm.working_time import working_time
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from models.bookings.asset import Resource
from models.bookings.listing import BookingFilter
from models.bookings.location import Location

SHOW = "crm/places/resource_show.html", "crm/places/_resource.html"
FORM = "crm/places/resource.html", "crm/places/_resource_form.html"
NEXT_MOST = 8


@bp.get("/resources/new")
@needs("bookings", "write")
def new_resource(slug: str) -> ResponseReturnValue:
    """The empty form."""
    return page_or_fragment(*FORM, **_shown(NewResourceForm()))


@bp.post("/resources")
@needs("bookings", "write")
def create_resource(slug: str) -> ResponseReturnValue:
    """Put up a unit."""
    form, by = NewResourceForm(), access.actor()
    if not form.accepted(lambda: Resource.add(workspace(), form.name.data, form.resource_type.data, by, **_facts(form))):
        return unprocessable(*FORM, **_shown(form))
    flash(gettext("Added."))
    return go(url_for(".resource", shown_id=form.made.shown_id))


@bp.get("/resources/<shown_id>")
@needs("bookings", "read")
def resource(slug: str, shown_id: str) -> ResponseReturnValue:
    """One room or thing: its hours where it has some of its own, repairs, and what is booked next."""
    return page_or_fragment(*SHOW, **shown_of(record(Resource, shown_id)))


@bp.get("/resources/<shown_id>/edit")
@needs("bookings", "write")
def edit_resource(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    found = record(Resource, shown_id)
    return page_or_fragment(*FORM, **_shown(_form(found), found))


@bp.post("/resources/<shown_id>")
@needs("bookings", "write")
def change_resource(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep the changes."""
    form, by = _form(record(Resource, shown_id)), access.actor()
    if not form.accepted(lambda: record(Resource, shown_id).change(by, name=form.name.data, **_facts(form))):
        return unprocessable(*FORM, **_shown(form, record(Resource, shown_id)))
    flash(gettext("Saved."))
    return go(url_for(".resource", shown_id=shown_id))


def shown_of(unit: Resource, **forms: Any) -> dict[str, Any]:
    """Everything that the page shows of a room or thing."""
    here = workspace()
    return {
        "resource": unit,
        "place_name": Location.names(here).get(unit.location_id or 0, ""),
        "next": BookingFilter(asset_id=unit.id, to_come=True).all(here, NEXT_MOST),
        **working_time("resources", unit, **forms),
    }


def _form(found: Resource) -> ResourceForm:
    """The form of a unit; its own location stays among the choices when that has closed."""
    return ResourceForm(obj=found, location=found.location_id)


def _facts(form: ResourceForm) -> dict[str, Any]:
    return {
        "location_id": form.location.record_id, "bookable": form.bookable.data, "daily_limit": form.daily_limit.data,
    }  # fmt: skip


def _shown(form: ResourceForm, found: Resource | None = None) -> dict[str, Any]:
    action = url_for(".change_resource", shown_id=found.shown_id) if found else url_for(".create_resource")
    return {"form": form, "resource": found, "action": action}
