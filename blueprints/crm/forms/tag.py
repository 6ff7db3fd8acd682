"""A tag, and putting one on many."""

from flask_babel import lazy_gettext as _
from wtforms import SelectMultipleField
from wtforms.validators import InputRequired

from blueprints.pages.fields import name_field
from blueprints.pages.form import Form
from models.customers.tag import NAME_MAX


class TagForm(Form):
    """Its name."""

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))


class TaggingForm(Form):
    """A tag for all customers that are ticked in a list; which of its buttons was pressed says whether it goes on or off."""

    member = SelectMultipleField(_("Customers"), [InputRequired(_("Tick the customers first."))], validate_choice=False)
    tag = name_field(
        _("Tag for those ticked"), NAME_MAX, _("Enter a tag."), id="bulk-tag", render_kw={"list": "known-tags"}
    )


class OneTagForm(Form):
    """A tag for one customer."""

    tag = name_field(_("Tag"), NAME_MAX, _("Enter a tag."), id="new-tag", render_kw={"list": "known-tags"})
