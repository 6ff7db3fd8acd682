"""One booking: what it is, what happened to it, and what can be done with it now."""

from collections.abc import Callable
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from blueprints import access
from blueprints.access import needs, safe_next, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.days import today
from blueprints.crm.forms.booking import StepForm
from blueprints.htmx import changed, page_or_fragment
from blueprints.pages.records import record
from models import clock
from models.bookings import progress
from models.bookings.booking import Booking
from models.bookings.cancellation import terms_now
from models.bookings.history import history_of
from models.bookings.listing import row_of
from models.customers.contact_point import points_of_one
from models.customers.customer import Customer

Verb = Callable[..., Booking]
STEPS: dict[str, Verb] = {
    "confirm": progress.confirm,
    "check_in": progress.check_in,
    "complete": progress.complete,
    "reopen": progress.reopen,
}
"""The steps that need no questions, by the name that `Booking.allowed_actions` gives them."""
SAID = {
    "confirm": _("Confirmed."),
    "check_in": _("Checked in."),
    "complete": _("Completed."),
    "reopen": _("Taken back: it is confirmed again."),
}
LABELS = {
    "confirm": _("Confirm"),
    "check_in": _("Check in"),
    "complete": _("Complete"),
    "mark_no_show": _("No-show"),
    "reschedule": _("Move"),
    "cancel": _("Cancel"),
    ("reopen", "checked_in"): _("Undo check-in"),
    ("reopen", "completed"): _("Undo completion"),
    ("reopen", "no_show"): _("Undo no-show"),
}


@bp.get("/bookings/<shown_id>")
@needs("bookings", "read")
def booking(slug: str, shown_id: str) -> ResponseReturnValue:
    """The booking's page."""
    return page_or_fragment("crm/bookings/show.html", "crm/bookings/_details.html", **shown_of(record(Booking, shown_id)))


@bp.post("/bookings/<shown_id>/progress")
@needs("bookings", "write")
def advance_booking(slug: str, shown_id: str) -> ResponseReturnValue:
    """One step of the day: confirm, check in, complete, or back. What the state forbids is said and not done."""
    form, by = StepForm(), access.actor()
    found = record(Booking, shown_id)
    version = form.version.data
    if form.accepted(lambda: STEPS[form.step.data](workspace(), record(Booking, shown_id), by, expected_version=version)):
        flash(str(SAID[form.step.data]))
    else:
        flash(form.first_problem, "error")
    back = safe_next(request.form.get("back"), url_for(".booking", shown_id=found.shown_id))
    return changed("crm/bookings/_details.html", back_to=back, **shown_of(record(Booking, shown_id)))


def shown_of(found: Booking) -> dict[str, Any]:
    """Everything that the page shows of a booking."""
    here = workspace()
    customer = Customer.find(here, found.customer_id)
    return {
        "booking": found,
        "row": row_of(here, found),
        "customer": customer,
        "phone": next((point.value for point in points_of_one(customer) if point.kind == "phone"), None),
        "terms": terms_now(found) if "cancel" in found.allowed_actions else None,
        "steps": [(name, LABELS.get(name) or LABELS[name, found.status]) for name in offered(found)],
        "lines": history_of(here, found),
    }


def offered(found: Booking) -> list[str]:
    """What can be done with it now, what is likely first: before its day a move, that day a check-in, then completing it."""
    likely = ["confirm", "complete", "reopen", "reschedule", "mark_no_show", "cancel"]
    if found.status == "confirmed" and clock.now() < found.ends_at:
        here_today = found.starts_at.astimezone(workspace().zone).date() == today() or found.begun
        likely = [*(["check_in"] if here_today else []), *likely]
    return [name for name in likely if name in found.allowed_actions]
