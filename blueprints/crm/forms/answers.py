"""The inputs of custom fields."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, DateInput, ListWidget, URLInput

from blueprints.access import workspace
from blueprints.pages.sentences import sentence_of
from models.customers.custom_field import CustomField
from models.customers.custom_value import TEXT_MAX, valid_value
from models.errors import Invalid

PREFIX = "custom_"


def answer_field(field: CustomField, stands: Any) -> Any:
    """The input for a custom field; a choice that is offered no more stays with whoever has it."""
    had = stands if isinstance(stands, list) else [stands]
    offered = [SelectChoice(option, option) for option in dict.fromkeys([*(field.options or ()), *filter(None, had)])]
    unknown = SelectChoice("", gettext("Not known"))
    options: dict[str, Any] = {"label": field.label, "validators": [_takes(field)]}
    match field.type:
        case "bool":
            answers = [SelectChoice("true", gettext("Yes")), SelectChoice("false", gettext("No"))]
            return SelectField(choices=[unknown, *answers], **options)
        case "choice":
            return SelectField(choices=[unknown, *offered], **options)
        case "multichoice":
            return SelectMultipleField(choices=offered, widget=ListWidget(), option_widget=CheckboxInput(), **options)
        case "date":
            return StringField(widget=DateInput(), **options)
        case "number" | "money":
            return StringField(render_kw={"inputmode": "decimal", "maxlength": 20}, **options)
        case "url":
            return StringField(widget=URLInput(), render_kw={"maxlength": TEXT_MAX}, **options)
        case _:
            return TextAreaField(render_kw={"maxlength": TEXT_MAX, "rows": 2}, **options)


def _takes(field: CustomField) -> Callable[[Any, Any], None]:
    """Refuse what the model would, beside the field and together with all else; what nobody touched is left as it is."""

    def check(form: Any, control: Any) -> None:
        if control.data == form.stands.get(control.name, [] if isinstance(control.data, list) else "") and form.stands:
            return
        if not control.data and field.required:
            raise ValidationError(gettext("%(label)s is required.", label=field.label))
        try:
            if control.data:
                valid_value(field, control.data, workspace().currency)
        except Invalid as error:
            raise ValidationError(sentence_of(error)) from None

    if field.required:
        check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check
