"""A new customer, and changes to one. A form that is refused keeps what was typed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, safe_next, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.customer import COMMON, EditCustomerForm, NewCustomerForm, with_custom_fields
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import held_customer, record
from models.base.money import from_minor
from models.customers.contact_point import points_of_one
from models.customers.custom_field import fields_of
from models.customers.custom_value import set_values
from models.customers.customer import Customer, shown_birthday
from models.customers.editing import update_customer
from models.customers.enrolment import Person, enrol_member, take_in

NEW = "crm/customers/new.html", "crm/customers/_new_form.html"
EDIT = "crm/customers/edit.html", "crm/customers/_edit_form.html"


@bp.get("/customers/new")
@needs("customers", "write")
def new_customer(slug: str) -> ResponseReturnValue:
    """The form. `?name=` fills in a name, `?next=` says where to go on to, such as the booking that waits for somebody new."""
    given = {"name": request.args.get("name", ""), "next": safe_next(request.args.get("next"), "")}
    return page_or_fragment(*NEW, form=_new_form(given))


@bp.post("/customers")
@needs("customers", "write")
def create_customer(slug: str) -> ResponseReturnValue:
    """Take somebody in. Who is on record already is shown, with a button that saves what was typed to their record."""
    form, known = _new_form(), request.form.get("known", "")
    if known:
        record(Customer, known)
    if not form.accepted(lambda: _add_to(known, form) if known else _take_in(form)):
        return unprocessable(*NEW, form=form)
    shown_id, name = form.made
    flash(gettext("Saved to their record.") if known else gettext("%(name)s is on record.", name=name))
    return go(_onward(form.next.data, shown_id))


@bp.get("/customers/<shown_id>/edit")
@needs("customers", "write")
def edit_customer(slug: str, shown_id: str) -> ResponseReturnValue:
    """The form, filled in."""
    customer = record(Customer, shown_id)
    return page_or_fragment(*EDIT, customer=customer, form=_edit_form(customer), current=None)


@bp.post("/customers/<shown_id>")
@needs("customers", "write")
def change_customer(slug: str, shown_id: str) -> ResponseReturnValue:
    """Keep the changes, unless somebody else made others since the form was opened."""
    form, by = _edit_form(record(Customer, shown_id)), access.actor()

    def change() -> None:
        held = held_customer(shown_id, expected_version=form.version.data)
        update_customer(workspace(), held, form.changes(), by)

    if not form.accepted(change):
        customer = record(Customer, shown_id)
        return unprocessable(*EDIT, customer=customer, form=form, current=_current(customer, form) if form.is_stale else None)
    flash(gettext("Saved."))
    return go(url_for(".customer", shown_id=shown_id))


def facts_of(customer: Customer) -> dict[str, Any]:
    """What the form shows of a customer as they stand."""
    primary = {point.kind: point.value for point in reversed(points_of_one(customer)) if point.is_primary}
    plain = {name: getattr(customer, name) or "" for name in ("name", "native_name", "company", "preferred_channel", "locale")}
    custom = {f"custom_{key}": _typed(value) for key, value in customer.custom.items()}
    return plain | custom | {
        "phone": primary.get("phone", ""),
        "email": primary.get("email", ""),
        "birthday": shown_birthday(customer.birthday) or "",
        "version": customer.version,
    }  # fmt: skip


def _take_in(form: Any) -> tuple[str, str]:
    """Make a record; returns its id and name. Raises PossibleDuplicate, Invalid, LimitReached."""
    typed = {name: value or None for name, value in form.facts().items()}
    by, here = access.actor(), workspace()
    person = Person(**typed | {"name": form.name.data})
    taken = take_in(here, person, by, enrol=form.enrol.data, allow_shared=form.allow_shared.data, again=False)
    values = form.custom_values()
    if values:
        set_values(here, taken.customer, values, by)
    return taken.customer.shown_id, taken.customer.name


def _add_to(shown_id: str, form: Any) -> tuple[str, str]:
    """Save what was typed to a record that is there; what was left empty stays as it stands."""
    here, by = workspace(), access.actor()
    typed = {name: value for name, value in form.facts().items() if value}
    held = held_customer(shown_id)
    update_customer(here, held, typed | {"custom": {key: value for key, value in form.custom_values().items() if value}}, by)
    if form.enrol.data:
        enrol_member(here, held.shown_id, by)
    return held.shown_id, held.name


def _onward(target: str | None, shown_id: str) -> str:
    """The profile, or the page that waits for the new customer, which then is told who it is."""
    back = safe_next(target, "")
    if not back:
        return url_for(".customer", shown_id=shown_id)
    parts = urlsplit(back)
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name != "customer"]
    return parts._replace(query=urlencode([*asked, ("customer", shown_id)])).geturl()


def _new_form(given: Mapping[str, Any] | None = None) -> Any:
    form = with_custom_fields(NewCustomerForm, fields_of(workspace()), {})()
    if given is not None:
        form.name.data, form.next.data = given["name"], given["next"]
    return form


def _edit_form(customer: Customer) -> Any:
    stands = facts_of(customer)
    return with_custom_fields(EditCustomerForm, fields_of(workspace()), stands)(stands)


def _current(customer: Customer, form: Any) -> dict[str, Any]:
    """What stands now where it differs from what was typed; saving again then counts from there."""
    form.version.data, form.version.raw_data = customer.version, None
    facts = facts_of(customer)
    shown = [name for name in (*COMMON, *(field.name for field in form.custom_inputs())) if name in facts]
    return {form[name].label.text: facts[name] for name in shown if form[name].data != facts[name]}


def _typed(value: Any) -> Any:
    """A custom value as its input shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return str(from_minor(value["minor"], value["currency"]))
    return value if isinstance(value, list) else str(value)
