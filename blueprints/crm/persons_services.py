"""The services that a person does, with what differs for them."""

from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.persons_services import ServicesForm, services_form
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from models.bookings.asset import Staff
from models.bookings.persons_services import set_services
from models.bookings.service import Service
from models.bookings.service_team import services_of

PAGE = "crm/staff/services.html", "crm/staff/_services.html"


@bp.get("/staff/<shown_id>/services")
@needs("bookings", "write")
def services_of_staff(slug: str, shown_id: str) -> ResponseReturnValue:
    """Every service with a box; those that they do are ticked."""
    person = record(Staff, shown_id)
    return page_or_fragment(*PAGE, **_shown(person, _form(person)))


@bp.post("/staff/<shown_id>/services")
@needs("bookings", "write")
def change_services_of_staff(slug: str, shown_id: str) -> ResponseReturnValue:
    """They do what is ticked, and nothing else."""
    form, by = _form(record(Staff, shown_id)), access.actor()
    if not form.accepted(lambda: set_services(workspace(), record(Staff, shown_id), form.wanted, by)):
        return unprocessable(*PAGE, **_shown(record(Staff, shown_id), form))
    flash(gettext("Saved."))
    return go(url_for(".staff_member", shown_id=shown_id))


def _form(person: Staff) -> ServicesForm:
    return services_form(Service.active(workspace()), services_of(person))


def _shown(person: Staff, form: ServicesForm) -> dict[str, Any]:
    return {"person": person, "form": form}
