"""Changing what is known of a customer, as one act that can be undone."""

from collections.abc import Mapping
from typing import Any

from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db
from models.customers import search_index
from models.customers.contact_point import (
    KINDS,
    ContactKind,
    add_point,
    key_of,
    make_primary,
    points_of_one,
    remove_point,
)
from models.customers.custom_field import fields_of
from models.customers.custom_value import index_values, set_values
from models.customers.customer import (
    COMPANY_MAX,
    NAME_MAX,
    Customer,
    optional_words,
    shown_birthday,
    valid_channel,
    valid_locale,
)
from models.customers.here import Here, Premises
from models.customers.opt_in import heed_new_address
from models.customers.taking_back import held_as_itself
from models.customers.timeline import happened
from models.errors import Conflict, Invalid

PLAIN = ("name", "native_name", "company", "birthday", "locale", "preferred_channel")
EDITABLE = (*PLAIN, *KINDS, "custom")


def update_customer(here: Here, customer: Customer, changes: Mapping[str, Any], by: Actor) -> list[str]:
    """Change some of EDITABLE of a customer held for change; None or "" empties one. Returns what really changed.

    `phone` and `email` set the primary one; a number that the customer has already becomes primary, the old one goes.
    Raises Invalid with the field, or names the fields there are.
    """
    customer.refuse_unless_live()
    unknown = [name for name in changes if name not in EDITABLE]
    if unknown:
        known = ", ".join(EDITABLE)
        raise Invalid("A customer has no such field; there are %(known)s.", field=unknown[0][:40], known=known)
    before = facts_of(customer)
    for name in PLAIN:
        if name in changes:
            _set(customer, name, changes[name])
    for kind in KINDS:
        if kind in changes:
            _set_primary(here, customer, kind, changes[kind])
    if changes.get("custom"):
        set_values(here, customer, changes["custom"], by)
    db.session.flush()
    after = facts_of(customer)
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        customer.touched()
        db.session.flush()
        if "points" in changed:
            heed_new_address(customer, by)
        search_index.refresh(here.id, customer.id)
        _record(customer, {name: before[name] for name in changed}, by)
    return changed


def facts_of(customer: Customer) -> dict[str, Any]:
    """What an edit can change, as Undo needs it."""
    points = [[point.kind, point.raw, point.value_key, point.is_primary] for point in points_of_one(customer)]
    plain = {name: getattr(customer, name) for name in PLAIN}
    return {**plain, "points": sorted(points, key=str), "custom": dict(customer.custom)}


def _set(customer: Customer, name: str, value: str | None) -> None:
    match name:
        case "name":
            customer.rename(value or "")
        case "native_name":
            customer.native_name = optional_words(value, NAME_MAX, name)
        case "company":
            customer.company = optional_words(value, COMPANY_MAX, name)
        case "birthday":
            customer.born(value)
        case "locale":
            customer.locale = valid_locale(value) if value else None
        case _:
            customer.preferred_channel = valid_channel(value) if value else None


def _set_primary(here: Here, customer: Customer, kind: ContactKind, raw: str | None) -> None:
    own = [point for point in points_of_one(customer) if point.kind == kind]
    primary = next((point for point in own if point.is_primary), None)
    if raw is None or not raw.strip():
        if primary is not None:
            remove_point(primary)
        return
    key = key_of(kind, raw, here.phone_region)
    if primary is not None and primary.value_key == key:
        return
    point = add_point(customer, kind, raw, key)
    make_primary(point)
    if primary is not None:
        remove_point(primary)


def _record(customer: Customer, before: dict[str, Any], by: Actor) -> None:
    """Audit and timeline name the fields; what stood in them is in the undo step alone."""
    happened(
        customer.workspace_id, customer.id, "changed", f"Changed {', '.join(before)}", by, data={"fields": list(before)}
    )
    audit = audit_event.record(
        customer.workspace_id, "update_contact", by, entity="customer", entity_id=customer.id, fields={"changed": list(before)}
    )
    keep_undo(
        customer.workspace_id, audit, "update_contact", entity="customer", entity_id=customer.id,
        before={"facts": before, "version": customer.version},
    )  # fmt: skip


@undoes("update_contact", needs=("customers", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    customer = held_as_itself(step)
    if customer.version != step.before["version"]:
        raise Conflict("This customer was changed again since; change it back by hand.")
    facts = step.before["facts"]
    put_back(customer, facts)
    customer.touched()
    db.session.flush()
    happened(
        step.workspace_id, customer.id, "changed", f"Changed back {', '.join(facts)} (undo)", by, data={"fields": list(facts)}
    )


def put_back(customer: Customer, facts: Mapping[str, Any]) -> None:
    """Make some of what `facts_of` told stand again."""
    for name in PLAIN:
        if name in facts:
            _set(customer, name, shown_birthday(facts[name]) if name == "birthday" else facts[name])
    if "custom" in facts:
        fields = {field.key: field for field in fields_of(Premises(customer.workspace_id))}
        customer.custom = facts["custom"]
        index_values(customer.workspace_id, customer.id, {key: facts["custom"].get(key) for key in fields}, fields)
    if "points" in facts:
        _put_points_back(customer, facts["points"])
    db.session.flush()
    search_index.refresh(customer.workspace_id, customer.id)


def _put_points_back(customer: Customer, wanted: list[list[Any]]) -> None:
    there = {(point.kind, point.value_key): point for point in points_of_one(customer)}
    for kind, raw, key, primary in wanted:
        point = there.pop((kind, key), None) or add_point(customer, kind, raw, key)
        if primary:
            make_primary(point)
    for point in there.values():
        remove_point(point)
