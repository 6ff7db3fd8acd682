"""The services of a workspace: what can be booked, by whom, on which terms."""

from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.service import NEEDS, NewServiceForm, ServiceForm
from blueprints.crm.timetables import timetable_of
from blueprints.htmx import changed, go, page_or_fragment, unprocessable
from blueprints.pages.lists import its_cursor, next_page
from blueprints.pages.records import record
from models.activity.actor import Actor
from models.base import writing
from models.bookings.asset import Resource, Staff
from models.bookings.offering import offerings
from models.bookings.service import Service

NEW = "crm/services/new.html", "crm/services/_new_form.html"
EDIT = "crm/services/edit.html", "crm/services/_edit_form.html"
PER_PAGE = 50


@bp.get("/services")
@needs("bookings", "read")
def services(slug: str) -> ResponseReturnValue:
    """What is offered now, by name, with who does it."""
    with its_cursor() as cursor:
        found = offerings(workspace(), cursor=cursor, limit=PER_PAGE)
    archived = len(Service.archived(workspace()))
    return page_or_fragment(
        "crm/services/index.html", "crm/services/_list.html", rows=found.items, archived=archived, **next_page(found)
    )


@bp.get("/services/new")
@needs("bookings", "write")
def new_service(slug: str) -> ResponseReturnValue:
    """The empty form."""
    return page_or_fragment(*NEW, form=_new_form())


@bp.post("/services")
@needs("bookings", "write")
def create_service(slug: str) -> ResponseReturnValue:
    """Offer a new service."""
    form, by = _new_form(), access.actor()
    if not form.accepted(lambda: _offer(form, by)):
        return unprocessable(*NEW, form=form)
    made: Service = form.made
    flash(gettext("Added. Now say when it is on.") if made.is_class else gettext("Added."))
    return go(url_for(".service", shown_id=made.shown_id))


@bp.get("/services/<shown_id>")
@needs("bookings", "read")
def service(slug: str, shown_id: str) -> ResponseReturnValue:
    """One service: its terms, who does it, and for a class its timetable."""
    return page_or_fragment("crm/services/show.html", "crm/services/_team.html", **shown_of(record(Service, shown_id)))


@bp.get("/services/<shown_id>/edit")
@needs("bookings", "write")
def edit_service(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    found = record(Service, shown_id)
    return page_or_fragment(*EDIT, service=found, form=_form(found))


@bp.post("/services/<shown_id>")
@needs("bookings", "write")
def change_service(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep the changes; what is booked already keeps its time and price."""
    form, by = _form(record(Service, shown_id)), access.actor()
    if not form.accepted(lambda: _change(record(Service, shown_id), form, by)):
        return unprocessable(*EDIT, service=record(Service, shown_id), form=form)
    flash(gettext("Saved."))
    return go(url_for(".service", shown_id=shown_id))


@bp.post("/services/<shown_id>/team")
@needs("bookings", "write")
def change_team(slug: str, shown_id: str) -> ResponseReturnValue:
    """Who does it: the ticked people do, the others do no longer."""
    record(Service, shown_id, live=True)
    ticked, by = set(request.form.getlist("staff")), access.actor()
    with writing():
        record(Service, shown_id, live=True).set_team([each for each in Staff.active(workspace()) if each.shown_id in ticked], by)
    flash(gettext("Saved."))
    back = url_for(".service", shown_id=shown_id)
    return changed("crm/services/_team.html", back_to=back, **shown_of(record(Service, shown_id)))


def shown_of(found: Service) -> dict[str, Any]:
    """Everything that the page shows of a service."""
    return {
        "service": found,
        "people": Staff.active(workspace()),
        "team": found.team,
        "needs": found.needs,
        **(timetable_of(found) if found.is_class else {}),
    }


def _offer(form: NewServiceForm, by: Actor) -> Service:
    facts, ticked = form.facts, set(form.team.data or ())
    made = Service.add(workspace(), facts.pop("name"), facts.pop("duration_min"), by, kind=form.kind.data, **facts)
    made.set_team([each for each in Staff.active(workspace()) if each.shown_id in ticked], by)
    if form.needs:
        made.require(form.needs, by)
    return made


def _change(found: Service, form: ServiceForm, by: Actor) -> None:
    found.change(by, **form.facts)
    beyond = dict(list(found.needs.items())[len(NEEDS) :])  # more than the page has rows for
    wanted = beyond | dict(form.needs)
    if wanted != found.needs:
        found.require(wanted, by)


def _new_form() -> NewServiceForm:
    form = NewServiceForm()
    form.offer_needs(Resource.kinds(workspace()))
    form.team.choices = [SelectChoice(each.shown_id, each.name) for each in Staff.active(workspace())]
    return form


def _form(found: Service) -> ServiceForm:
    """Filled in; a kind of thing stays among the choices although the last of it was taken away."""
    rows = dict(zip(NEEDS, found.needs.items(), strict=False))
    filled = {f"need_{row}": kind for row, (kind, _quantity) in rows.items()}
    filled |= {f"quantity_{row}": str(quantity) for row, (_kind, quantity) in rows.items()}
    form = ServiceForm(obj=found, **filled)
    form.offer_needs(sorted({*Resource.kinds(workspace()), *found.needs}))
    return form
