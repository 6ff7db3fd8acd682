"""What a customer has under a custom field: a value of its type, stored as JSON, compared as a whole number or a key.

Values stand in `customer.custom` under the field's key; those of filterable fields also in an index, so that both
databases compare alike.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, delete, insert
from sqlalchemy.orm import Mapped, mapped_column

from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Key, db, tenant_key
from models.base.money import from_minor, read_decimal, to_minor
from models.base.words import clean, fold
from models.customers.custom_field import CustomField, FieldType, fields_of
from models.customers.customer import Customer
from models.customers.here import Here
from models.errors import Invalid

TEXT_MAX = 500
NUMBER_MAX = Decimal(10) ** 12
NUMBER_SCALE = 10_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_URL = re.compile(r"https?://[^\s]+")


class CustomValue(Base):
    """The comparable form of one customer's value: numbers and money (major units, of whatever currency) × 10,000, dates as
    days, bool 0/1."""

    __tablename__ = "custom_value_index"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    field_id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    v_text: Mapped[str | None] = mapped_column(Key)
    v_num: Mapped[int | None] = mapped_column(Id)

    __table_args__ = (
        tenant_key("field_id", to="custom_field"),
        ForeignKeyConstraint(
            ["workspace_id", "customer_id"], ["customer.workspace_id", "customer.id"], ondelete="CASCADE"
        ),
        CheckConstraint("(v_text IS NULL) <> (v_num IS NULL)", name="one_value"),
        Index("cvi_text", "workspace_id", "field_id", "v_text", "customer_id"),
        Index("cvi_num", "workspace_id", "field_id", "v_num", "customer_id"),
        Index("cvi_customer", "workspace_id", "customer_id"),
        {"sqlite_strict": True, "info": {"personal_rows": True, "merge": "stays"}},
    )  # fmt: skip


def set_values(here: Here, customer: Customer, values: Mapping[str, Any], by: Actor) -> list[str]:
    """Set some custom values of a customer held for change; None clears one. Returns the keys that changed.

    Raises Invalid for an unknown key, a value that is not of the type, or a required one that is cleared.
    """
    customer.refuse_unless_live()
    fields = {field.key: field for field in fields_of(here)}
    kept = dict(customer.custom)
    for key, value in values.items():
        field = fields.get(key)
        if field is None:
            known = ", ".join(fields) or "none yet"
            raise Invalid("There is no custom field with this key (fields: %(known)s).", field=f"custom.{key[:40]}", known=known)
        if value is None or value == "" or value == []:
            if field.required:
                raise Invalid("%(label)s is required.", field=f"custom.{key}", label=field.label)
            kept.pop(key, None)
        else:
            kept[key] = valid_value(field, value, here.currency)
    changed = [key for key in values if kept.get(key) != customer.custom.get(key)]
    if changed:
        customer.custom = kept
        customer.touched()
        db.session.flush()
        index_values(here.id, customer.id, {key: kept.get(key) for key in changed}, fields)
        audit_event.record(
            here.id, "set_custom_fields", by, entity="customer", entity_id=customer.id, fields={"keys": changed}
        )
    return changed


def index_values(
    workspace_id: int, customer_id: int, values: Mapping[str, Any], fields: Mapping[str, CustomField]
) -> None:
    """Keep the index of a customer's filterable values in step; None is no value."""
    touched = {fields[key].id: (fields[key], value) for key, value in values.items() if fields[key].filterable}
    if not touched:
        return
    row = CustomValue
    db.session.execute(
        delete(row).where(
            row.workspace_id == workspace_id, row.customer_id == customer_id, row.field_id.in_(touched)
        )
    )
    rows = [
        {"workspace_id": workspace_id, "field_id": field.id, "customer_id": customer_id, **indexed(field.type, value)}
        for field, value in touched.values()
        if value is not None
    ]
    if rows:
        db.session.execute(insert(row), rows)


def indexed(type: FieldType, value: Any) -> dict[str, Any]:
    """The stored value as the index holds it: `v_text` or `v_num`."""
    match type:
        case "number":
            return {"v_text": None, "v_num": int(Decimal(str(value)) * NUMBER_SCALE)}
        case "money":
            return {"v_text": None, "v_num": int(from_minor(value["minor"], value["currency"]) * NUMBER_SCALE)}
        case "bool":
            return {"v_text": None, "v_num": int(value)}
        case "date":
            return {"v_text": None, "v_num": date.fromisoformat(value).toordinal()}
        case "multichoice":
            return {"v_text": "|" + "|".join(fold(each) for each in value) + "|", "v_num": None}
        case _:
            return {"v_text": fold(str(value))[:TEXT_MAX], "v_num": None}


def valid_value(field: CustomField, value: Any, currency: str) -> Any:
    """A value as it is stored. Forms send text, apps JSON: both are read. Raises Invalid with what the field takes."""
    match field.type:
        case "bool":
            said = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False}
            if isinstance(value, bool):
                return value
            if isinstance(value, str) and value.lower() in said:
                return said[value.lower()]
        case "number":
            number = decimal_of(value, places=4)
            if number is not None:
                return int(number) if number == number.to_integral_value() else float(number)
        case "money":
            amount = decimal_of(value, places=4)
            minor = to_minor(amount, currency) if amount is not None else None
            if minor is not None:
                return {"minor": minor, "currency": currency}
        case "date":
            if isinstance(value, str) and _DATE.fullmatch(value):
                try:
                    return date.fromisoformat(value).isoformat()
                except ValueError:
                    raise _wrong(field) from None
        case "choice":
            if value in (field.options or ()):
                return value
        case "multichoice":
            chosen = [value] if isinstance(value, str) else value
            offered = field.options or []
            if isinstance(chosen, list) and all(each in offered for each in chosen):
                return [option for option in offered if option in chosen]
        case "text" | "url":
            words = clean(value).strip() if isinstance(value, str) else ""
            if 0 < len(words) <= TEXT_MAX and (field.type == "text" or _URL.fullmatch(words)):
                return words
    raise _wrong(field)


def decimal_of(value: Any, *, places: int) -> Decimal | None:
    """An exact number of at most so many decimal places and twelve digits before them, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not isinstance(value, str):
        value = f"{value:.10f}" if -NUMBER_MAX <= value <= NUMBER_MAX else ""
    number = read_decimal(value)
    if number is None or abs(number) > NUMBER_MAX or number != round(number, places):
        return None
    return number


def _wrong(field: CustomField) -> Invalid:
    about = {"field": f"custom.{field.key}", "label": field.label}
    options = ", ".join(field.options or ())
    match field.type:
        case "bool":
            return Invalid("%(label)s takes true or false.", **about)
        case "number":
            return Invalid("%(label)s takes a number with at most four decimal places.", **about)
        case "money":
            return Invalid("%(label)s takes an amount in major units.", **about)
        case "date":
            return Invalid("%(label)s takes a date such as 2026-11-23.", **about)
        case "choice":
            return Invalid("%(label)s takes one of %(options)s.", **about, options=options)
        case "multichoice":
            return Invalid("%(label)s takes some of %(options)s.", **about, options=options)
        case "url":
            return Invalid(
                "%(label)s takes a link that begins with http, of at most %(most)d characters.", **about, most=TEXT_MAX
            )
        case _:
            return Invalid("%(label)s takes text of at most %(most)d characters.", **about, most=TEXT_MAX)
