"""What a customer may be sent, per channel and purpose, as ticks on the profile."""

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs
from blueprints.crm.blueprint import bp
from blueprints.crm.profile import card_changed, card_refused
from blueprints.pages.form import Form
from blueprints.pages.records import held_customer, record
from models.customers.customer import Customer
from models.customers.opt_in import set_opt_ins

CARD = "opt_ins"


@bp.post("/customers/<shown_id>/opt-ins")
@needs("customers", "write")
def save_opt_ins(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep what is ticked now: a new tick is a yes, one taken away a no."""
    record(Customer, shown_id)
    form, by = Form(), access.actor()
    ticked = {(channel, purpose) for channel, _, purpose in (each.partition(":") for each in request.form.getlist("opt_in"))}
    if not form.accepted(lambda: set_opt_ins(held_customer(shown_id), ticked, by)):
        return card_refused(CARD, shown_id, opt_in_form=form)
    flash(gettext("Saved."))
    return card_changed(CARD, shown_id)
