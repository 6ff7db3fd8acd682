"""The locations of a workspace, and the page that lists them with their rooms and things."""

from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.place import LocationForm
from blueprints.crm.working_time import working_time
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from models.bookings.asset import Resource, Staff
from models.bookings.location import Location

SHOW = "crm/places/location_show.html", "crm/places/_location.html"
FORM = "crm/places/location.html", "crm/places/_location_form.html"


@bp.get("/places")
@needs("bookings", "read")
def places(slug: str) -> ResponseReturnValue:
    """Locations, and the rooms and things that can be booked with a service."""
    here = workspace()
    return page_or_fragment(
        "crm/places/index.html", "crm/places/_list.html",
        locations=Location.active(here), resources=Resource.active(here), names=Location.names(here),
        closed=len(Location.archived(workspace())), taken_away=len(Resource.archived(workspace())),
    )  # fmt: skip


@bp.get("/locations/new")
@needs("bookings", "write")
def new_location(slug: str) -> ResponseReturnValue:
    """The empty form."""
    return page_or_fragment(*FORM, **_shown(LocationForm()))


@bp.post("/locations")
@needs("bookings", "write")
def create_location(slug: str) -> ResponseReturnValue:
    """Open a location."""
    form, by = LocationForm(), access.actor()
    if not form.accepted(lambda: Location.add(workspace(), form.name.data, by, timezone=form.timezone.data or None)):
        return unprocessable(*FORM, **_shown(form))
    flash(gettext("Added. Now say when it is open."))
    return go(url_for(".location", shown_id=form.made.shown_id))


@bp.get("/locations/<shown_id>")
@needs("bookings", "read")
def location(slug: str, shown_id: str) -> ResponseReturnValue:
    """One location: when it is open, days that differ, who and what is there."""
    return page_or_fragment(*SHOW, **shown_of(record(Location, shown_id)))


@bp.get("/locations/<shown_id>/edit")
@needs("bookings", "write")
def edit_location(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    found = record(Location, shown_id)
    return page_or_fragment(*FORM, **_shown(LocationForm(obj=found), found))


@bp.post("/locations/<shown_id>")
@needs("bookings", "write")
def change_location(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep the changes; what is booked stays at its instant."""
    form, by = LocationForm(), access.actor()
    record(Location, shown_id)
    facts = {"name": form.name.data, "timezone": form.timezone.data or None}
    if not form.accepted(lambda: record(Location, shown_id).change(by, **facts)):
        return unprocessable(*FORM, **_shown(form, record(Location, shown_id)))
    flash(gettext("Saved."))
    return go(url_for(".location", shown_id=shown_id))


def shown_of(found: Location, **forms: Any) -> dict[str, Any]:
    """Everything that the page shows of a location."""
    here = workspace()
    return {
        "location": found,
        "people": [each for each in Staff.active(here) if each.location_id in (None, found.id)],
        "units": [each for each in Resource.active(here) if each.location_id in (None, found.id)],
        **working_time("locations", found, **forms),
    }


def _shown(form: LocationForm, found: Location | None = None) -> dict[str, Any]:
    action = url_for(".change_location", shown_id=found.shown_id) if found else url_for(".create_location")
    return {"form": form, "location": found, "action": action}
