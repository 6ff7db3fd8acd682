"""What may be changed about a booking that stays where it is: its note and how many come; and a fee that is waived."""

from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.booking import DetailsForm, VersionedForm
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from models.activity.actor import Actor
from models.bookings.booking import Booking
from models.bookings.cancellation import waive_fee
from models.bookings.details import change_note, change_party
from models.customers.customer import Customer

PAGE = "crm/bookings/edit.html", "crm/bookings/_edit.html"


@bp.get("/bookings/<shown_id>/edit")
@needs("bookings", "write")
def edit_booking(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    found = record(Booking, shown_id)
    form = DetailsForm(note=found.customer_note, party_size=found.party_size, version=found.version)
    return page_or_fragment(*PAGE, form=form, **_shown(found))


@bp.post("/bookings/<shown_id>")
@needs("bookings", "write")
def change_booking(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep the changes, all or none."""
    form, by = DetailsForm(), access.actor()
    record(Booking, shown_id)
    if not form.accepted(lambda: _change(record(Booking, shown_id), form, by)):
        found = record(Booking, shown_id)
        form.catch_up(found.version)
        return unprocessable(*PAGE, form=form, **_shown(found))
    flash(gettext("Saved."))
    return go(url_for(".booking", shown_id=shown_id))


@bp.post("/bookings/<shown_id>/waiver")
@needs("bookings", "write")
def waive(slug: str, shown_id: str) -> ResponseReturnValue:
    """Let the customer off: no fee, and credits that were lost come back."""
    form, by = VersionedForm(), access.actor()
    record(Booking, shown_id)
    version = form.version.data
    if form.accepted(lambda: waive_fee(workspace(), record(Booking, shown_id), by, expected_version=version)):
        flash(gettext("Waived. Nothing is due any more."))
    else:
        flash(form.first_problem, "error")
    return go(url_for(".booking", shown_id=shown_id))


def _change(found: Booking, form: DetailsForm, by: Actor) -> None:
    held = change_note(workspace(), found, form.note.data, by, expected_version=form.version.data)
    if form.party_size.data != held.party_size:
        change_party(workspace(), held, form.party_size.data or 0, by)


def _shown(found: Booking) -> dict[str, Any]:
    return {"booking": found, "customer": Customer.find(workspace(), found.customer_id)}
