"""The tags of one customer, put on and taken off on the profile."""

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.tag import OneTagForm
from blueprints.crm.profile import card_changed, card_refused
from blueprints.pages.records import record
from models.base import writing
from models.customers import tagging
from models.customers.customer import Customer
from models.customers.tag import Tag

CARD = "tags"


@bp.post("/customers/<shown_id>/tags")
@needs("customers", "write")
def add_tag(slug: str, shown_id: str) -> ResponseReturnValue:
    """Put a tag on; one that does not exist yet is made."""
    customer = record(Customer, shown_id)
    form, by, who = OneTagForm(), access.actor(), [customer.shown_id]

    def attach() -> None:
        tagging.attach_tags(workspace(), who, [form.tag.data or ""], by, create_missing=True)

    if not form.accepted(attach, tags="tag"):
        return card_refused(CARD, shown_id, tag_form=form)
    flash(gettext("Tagged."))
    return card_changed(CARD, shown_id)


@bp.post("/customers/<shown_id>/tags/<tag_id>/removal")
@needs("customers", "write")
def remove_tag(slug: str, shown_id: str, tag_id: str) -> ResponseReturnValue:
    """Take a tag off."""
    customer, tag, by = record(Customer, shown_id), record(Tag, tag_id), access.actor()
    with writing():
        tagging.detach_tags(workspace(), [customer.shown_id], [tag.name], by)
    flash(gettext("Untagged."))
    return card_changed(CARD, shown_id)
