"""Cancelling a booking: a page that says what it costs, then the verb."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.booking import CancellationForm
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.formats import money
from blueprints.pages.records import record
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation, terms_now
from models.customers.customer import Customer

PAGE = "crm/bookings/cancellation.html", "crm/bookings/_cancellation.html"


@bp.get("/bookings/<shown_id>/cancellation")
@needs("bookings", "destructive")
def cancel_booking_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """What cancelling now would mean."""
    found = record(Booking, shown_id)
    return page_or_fragment(*PAGE, form=CancellationForm(version=found.version), **_shown(found))


@bp.post("/bookings/<shown_id>/cancellation")
@needs("bookings", "destructive")
def cancel_booking(slug: str, shown_id: str) -> ResponseReturnValue:
    """Cancel, free the time and apply the policy; somebody else's change in the meantime is told first."""
    form, by = CancellationForm(), access.actor()
    record(Booking, shown_id)
    if not form.accepted(lambda: _cancellation(record(Booking, shown_id), form).carry_out(workspace(), by)):
        found = record(Booking, shown_id)
        form.catch_up(found.version)
        return unprocessable(*PAGE, form=form, **_shown(found))
    flash(_said(form.made))
    return go(url_for(".booking", shown_id=shown_id))


def _cancellation(found: Booking, form: CancellationForm) -> Cancellation:
    return Cancellation(
        found, form.reason.data or None, form.cancelled_for.data, waive_fee=form.waive_fee.data,
        expected_version=form.version.data,
    )  # fmt: skip


def _said(cancelled: Booking) -> str:
    if cancelled.fee_minor:
        fee = money(cancelled.fee_minor, cancelled.currency)
        return str(gettext("Cancelled; a fee of %(fee)s stands on the booking.", fee=fee))
    if cancelled.credits_lost:
        return str(
            ngettext("Cancelled; %(num)d credit of the package is lost.", "Cancelled; %(num)d credits of the package are lost.",
                     cancelled.credits_lost)
        )  # fmt: skip
    return str(gettext("Cancelled. The time is free again."))


def _shown(found: Booking) -> dict[str, object]:
    return {
        "booking": found,
        "customer": Customer.find(workspace(), found.customer_id),
        "terms": terms_now(found) if "cancel" in found.allowed_actions else None,
    }
