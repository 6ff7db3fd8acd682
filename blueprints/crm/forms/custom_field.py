"""A custom field: what a workspace wants to know of its customers beyond the common."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from blueprints.pages.fields import name_field
from blueprints.pages.form import Form, at_most
from models.customers.custom_field import LABEL_MAX, OPTIONS_MAX

TYPES = (
    ("text", _("Text")),
    ("number", _("Number")),
    ("money", _("Money")),
    ("bool", _("Yes or no")),
    ("date", _("Date")),
    ("choice", _("One of a few")),
    ("multichoice", _("Some of a few")),
    ("url", _("Link")),
)


class CustomFieldForm(Form):
    """What can be changed of a field in use."""

    label = name_field(_("Label"), LABEL_MAX, _("Enter a label."))
    options = TextAreaField(
        _("Choices"),
        [at_most(OPTIONS_MAX * (LABEL_MAX + 2))],
        description=_("One a line; only for the types “one of a few” and “some of a few”."),
        render_kw={"rows": 4},
    )
    required = BooleanField(_("Required"), description=_("It cannot be left empty."))
    pii = BooleanField(_("Personal"), description=_("It says something about a person that others should not read."))

    @property
    def option_lines(self) -> list[str]:
        """The choices, one a line."""
        return [line.strip() for line in (self.options.data or "").splitlines() if line.strip()]

    def facts(self) -> dict[str, Any]:
        """What the verbs take."""
        return {
            "label": self.label.data, "options": self.option_lines, "required": self.required.data, "pii": self.pii.data,
        }  # fmt: skip


class NewCustomFieldForm(CustomFieldForm):
    """A new field; its key and type are for good."""

    key = StringField(
        _("Key"),
        [DataRequired(_("Enter a key."))],
        description=_("What it is called in filters: custom.size. Small letters, digits and _; it cannot be changed later."),
        render_kw={"maxlength": 40, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    type = SelectField(_("Type"), choices=[SelectChoice(value, said) for value, said in TYPES])
    filterable = BooleanField(_("Filterable"), default=True, description=_("Lists and segments can ask for it."))

    def facts(self) -> dict[str, Any]:
        """What the verb takes, but for the type."""
        return super().facts() | {"key": self.key.data or "", "filterable": self.filterable.data}
