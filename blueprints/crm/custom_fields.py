"""The custom fields of a workspace: listed, made, changed and removed."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.custom_field import TYPES, CustomFieldForm, NewCustomFieldForm
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.asking import ask_first
from blueprints.pages.records import record
from models.base import writing
from models.customers.custom_field import CustomField, fields_of

NEW = "crm/custom_fields/new.html", "crm/custom_fields/_new_form.html"
EDIT = "crm/custom_fields/edit.html", "crm/custom_fields/_edit_form.html"


@bp.get("/custom-fields")
@needs("customers", "read")
def custom_fields(slug: str) -> ResponseReturnValue:
    """The fields in use, in the order in which profiles show them."""
    shown = {"fields": fields_of(workspace()), "types": dict(TYPES)}
    return page_or_fragment("crm/custom_fields/index.html", "crm/custom_fields/_list.html", **shown)


@bp.get("/custom-fields/new")
@needs("settings", "write")
def new_custom_field(slug: str) -> ResponseReturnValue:
    """The empty form."""
    return page_or_fragment(*NEW, form=NewCustomFieldForm())


@bp.post("/custom-fields")
@needs("settings", "write")
def create_custom_field(slug: str) -> ResponseReturnValue:
    """Add a field to every profile."""
    form, by = NewCustomFieldForm(), access.actor()
    if not form.accepted(lambda: CustomField.create(workspace(), type=form.type.data, by=by, **form.facts())):
        return unprocessable(*NEW, form=form)
    flash(gettext("Field added."))
    return go(url_for(".custom_fields"))


@bp.get("/custom-fields/<shown_id>/edit")
@needs("settings", "write")
def edit_custom_field(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form of one field."""
    field = record(CustomField, shown_id, live=True)
    facts = {"label": field.label, "options": "\n".join(field.options or ()), "required": field.required, "pii": field.pii}
    return page_or_fragment(*EDIT, field=field, form=CustomFieldForm(data=facts))


@bp.post("/custom-fields/<shown_id>")
@needs("settings", "write")
def change_custom_field(slug: str, shown_id: str) -> ResponseReturnValue:
    """Change a field; key and type stay."""
    record(CustomField, shown_id, live=True)
    form, by = CustomFieldForm(), access.actor()
    if not form.accepted(lambda: record(CustomField, shown_id, live=True).change(by, **form.facts())):
        return unprocessable(*EDIT, field=record(CustomField, shown_id, live=True), form=form)
    flash(gettext("Saved."))
    return go(url_for(".custom_fields"))


@bp.get("/custom-fields/<shown_id>/removal")
@needs("settings", "write")
def remove_custom_field_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """Ask before a field leaves every profile."""
    field = record(CustomField, shown_id, live=True)
    return ask_first(
        gettext("Remove the field %(label)s?", label=field.label), gettext("Remove field"),
        gettext("It leaves every profile, filter and form."),
        gettext("What customers have under it is kept, unseen, and its key cannot be given again."),
        action=url_for(".remove_custom_field", shown_id=shown_id),
        trail=[(gettext("Customers"), url_for(".customers")), (gettext("Custom fields"), url_for(".custom_fields"))],
    )  # fmt: skip


@bp.post("/custom-fields/<shown_id>/removal")
@needs("settings", "write")
def remove_custom_field(slug: str, shown_id: str) -> ResponseReturnValue:
    """Retire a field; what customers have under it is kept, unseen."""
    by = access.actor()
    with writing():
        record(CustomField, shown_id, live=True).archive(by)
    flash(gettext("Field removed."))
    return go(url_for(".custom_fields"))
