"""A customer who did not come: a page that says what that costs them, then the verb."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.booking import NoShowForm
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.formats import money
from blueprints.pages.records import record
from models.activity.actor import Actor
from models.bookings.booking import Booking
from models.bookings.cancellation import no_show_terms
from models.bookings.progress import mark_no_show
from models.customers.customer import Customer

PAGE = "crm/bookings/no_show.html", "crm/bookings/_no_show.html"


@bp.get("/bookings/<shown_id>/no-show")
@needs("bookings", "write")
def no_show_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """What it would mean."""
    found = record(Booking, shown_id)
    return page_or_fragment(*PAGE, form=NoShowForm(version=found.version), **_shown(found))


@bp.post("/bookings/<shown_id>/no-show")
@needs("bookings", "write")
def mark_as_no_show(slug: str, shown_id: str) -> ResponseReturnValue:
    """Note it; the fee stands on the booking."""
    form, by = NoShowForm(), access.actor()
    record(Booking, shown_id)
    if not form.accepted(lambda: _mark(record(Booking, shown_id), form, by)):
        found = record(Booking, shown_id)
        form.catch_up(found.version)
        return unprocessable(*PAGE, form=form, **_shown(found))
    marked = form.made
    if marked.fee_minor:
        fee = money(marked.fee_minor, marked.currency)
        flash(gettext("Marked as a no-show; a fee of %(fee)s stands on the booking.", fee=fee))
    else:
        flash(gettext("Marked as a no-show."))
    return go(url_for(".booking", shown_id=shown_id))


def _mark(found: Booking, form: NoShowForm, by: Actor) -> Booking:
    return mark_no_show(workspace(), found, by, waive_fee=form.waive_fee.data, expected_version=form.version.data)


def _shown(found: Booking) -> dict[str, object]:
    return {
        "booking": found,
        "customer": Customer.find(workspace(), found.customer_id),
        "percent": found.service.no_show_fee_bp // 100,
        "terms": no_show_terms(found) if "mark_no_show" in found.allowed_actions else None,
    }
