"""Archiving a customer, bringing them back, and anonymising them; what cannot be taken back is asked on a page first."""

from collections.abc import Sequence
from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from blueprints.pages.sentences import sentence_of
from models import clock
from models.base import writing
from models.bookings.merging import live_of
from models.customers import archive
from models.customers.anonymise import anonymise
from models.customers.archive import Blocked
from models.customers.customer import Customer
from models.errors import Conflict, LimitReached

ARCHIVE = "crm/customers/archival.html", "crm/customers/_archival.html"
ANONYMISE = "crm/customers/anonymisation.html", "crm/customers/_anonymisation.html"


@bp.get("/customers/<shown_id>/archival")
@needs("customers", "destructive")
def archive_customer_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """Ask before archiving; while bookings stand in the way, they are shown instead of the button."""
    return page_or_fragment(*ARCHIVE, **_in_the_way(record(Customer, shown_id)))


@bp.post("/customers/<shown_id>/archival")
@needs("customers", "destructive")
def archive_customer(slug: str, shown_id: str) -> ResponseReturnValue:
    """Archive; what stands in the way is named."""
    customer, by = record(Customer, shown_id), access.actor()
    try:
        with writing():
            archive.archive(workspace(), customer.shown_id, by)
    except Blocked as blocked:
        reasons = blocked.details.get("reasons", [])
        return unprocessable(*ARCHIVE, **_in_the_way(record(Customer, shown_id), reasons))
    flash(gettext("Archived. The history stays, and the record can be restored."))
    return go(url_for(".customer", shown_id=shown_id))


@bp.post("/customers/<shown_id>/restoration")
@needs("customers", "write")
def restore_customer(slug: str, shown_id: str) -> ResponseReturnValue:
    """Bring an archived record back, if the plan has room."""
    customer, by = record(Customer, shown_id), access.actor()
    try:
        with writing():
            archive.restore(workspace(), customer.shown_id, by)
    except (Conflict, LimitReached) as error:
        flash(sentence_of(error), "error")
    else:
        flash(gettext("Restored."))
    return go(url_for(".customer", shown_id=shown_id))


@bp.get("/customers/<shown_id>/anonymisation")
@needs("customers", "destructive")
def anonymise_customer_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """Ask before forgetting a person for good."""
    return page_or_fragment(*ANONYMISE, customer=record(Customer, shown_id))


@bp.post("/customers/<shown_id>/anonymisation")
@needs("customers", "destructive")
def anonymise_customer(slug: str, shown_id: str) -> ResponseReturnValue:
    """Forget the person; what the business did and earned stays."""
    by = access.actor()
    record(Customer, shown_id)
    with writing():
        done = anonymise(workspace(), shown_id, by)
        kept = ", ".join(done.kept)
    flash(gettext("Anonymised. Kept by law: %(kept)s.", kept=kept) if kept else gettext("Anonymised."))
    return go(url_for(".customer", shown_id=shown_id))


def _in_the_way(customer: Customer, reasons: Sequence[str] = ()) -> dict[str, Any]:
    """The bookings that keep a customer from being archived; `reasons` are the models' own words for whatever does."""
    bookings = [each for each in live_of(customer.workspace_id, [customer.id]) if not each.lapsed]
    to_come = {each.id for each in bookings if each.starts_at > clock.now()}
    return {"customer": customer, "bookings": bookings, "to_come": to_come, "reasons": reasons}
