"""Whom a booking is for: somebody who is found, or somebody new who is taken in on the spot with a name and a phone."""

from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.newcomer import NewcomerForm
from blueprints.crm.looking import Looked
from blueprints.htmx import go, unprocessable
from models.customers.enrolment import Person, take_in

WHO = "crm/bookings/who.html", "crm/bookings/_who.html"
MATCHES = 8
KEPT = "service", "staff", "location", "party_size", "day", "time", "walk_in", "session"
"""What was chosen before anybody was, and goes on with whoever is."""


@bp.get("/bookings/new/customer")
@needs("bookings", "write")
def customer_of_booking(slug: str) -> ResponseReturnValue:
    """Find somebody, or write down somebody new; whoever was seen last stands there until something is looked for."""
    looked = Looked.of(request.args.get("q", "").strip(), MATCHES)
    return looked.answer(*WHO, form=NewcomerForm.of("" if looked.problem else looked.query), kept=_kept())


@bp.post("/bookings/new/customer")
@needs("customers", "write")
def take_in_for_booking(slug: str) -> ResponseReturnValue:
    """Take somebody in and go on with the booking; who has the same phone may be meant and is shown."""
    form, by = NewcomerForm(), access.actor()
    if not form.accepted(lambda: _take_in(form, by)):
        return unprocessable(*WHO, form=form, looked=Looked.of("", MATCHES), kept=_kept())
    customer, created = form.made.customer, form.made.created
    flash(
        gettext("%(name)s is on record.", name=customer.name)
        if created
        else gettext("%(name)s was on record already.", name=customer.name)
    )
    return go(url_for(".new_booking", customer=customer.shown_id, **_kept()))


def _take_in(form: NewcomerForm, by: Any) -> Any:
    person = Person(name=form.name.data, phone=form.phone.data or None)
    return take_in(workspace(), person, by, enrol=False, allow_shared=form.allow_shared.data)


def _kept() -> dict[str, Any]:
    return {name: request.args[name] for name in KEPT if request.args.get(name)}
