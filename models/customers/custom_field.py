"""Custom fields: what a workspace wants to know of its customers beyond the common, typed and filterable.

Values stand in `customer.custom` under the field's key; those of filterable fields also in an index of whole numbers
and keys, so that both databases compare alike.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint, delete, insert
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Flag, Id, Instant, InWorkspace, Json, Key, Tenant, Words, db, new_id, tenant_key
from models.base.constraints import one_of, refused_when_taken
from models.base.money import from_minor, read_decimal, to_minor
from models.base.words import clean, fold, named, one_line
from models.customers.customer import Customer
from models.customers.here import Here
from models.errors import Conflict, Invalid

FieldType = Literal["text", "number", "money", "bool", "date", "choice", "multichoice", "url"]
TYPES: tuple[FieldType, ...] = get_args(FieldType)
NUMBERS: tuple[FieldType, ...] = ("number", "money", "bool", "date")
"""Types whose index is a whole number."""
FIELDS_MAX = 50
OPTIONS_MAX = 50
LABEL_MAX = 80
TEXT_MAX = 500
NUMBER_MAX = Decimal(10) ** 12
NUMBER_SCALE = 10_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_URL = re.compile(r"https?://[^\s]+")


class CustomField(Tenant, Base):
    """One field: its key in filters and results, its label on pages, its type."""

    __tablename__ = "custom_field"
    prefix = "cfd"
    noun = "custom field"

    key: Mapped[str] = mapped_column(Key)
    label: Mapped[str] = mapped_column(Words)
    type: Mapped[FieldType] = mapped_column(Words)
    options: Mapped[list[str] | None] = mapped_column(Json)
    required: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    filterable: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    pii: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    archived_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        one_of("type", TYPES, "type"),
        {"sqlite_strict": True},
    )

    @classmethod
    def create(
        cls,
        workspace: InWorkspace,
        key: str,
        label: str,
        type: FieldType,
        by: Actor,
        *,
        options: Sequence[str] = (),
        required: bool = False,
        filterable: bool = False,
        pii: bool = False,
    ) -> "CustomField":
        """Add a field. Raises Invalid for a bad one, Conflict for a key that is or was in use."""
        if not _KEY.fullmatch(key):
            raise Invalid("A field's key has 1 to 40 of a-z, 0-9 and _, and begins with a letter.", field="key")
        said = named(label, LABEL_MAX, field="label")
        if type not in TYPES:
            raise Invalid("The type is one of %(known)s.", field="type", known=", ".join(TYPES))
        choices = valid_options(type, options)
        fields = db.session.scalars(cls.within(workspace)).all()
        if sum(field.archived_at is None for field in fields) >= FIELDS_MAX:
            raise Invalid("A workspace has at most %(most)d custom fields.", field="key", most=FIELDS_MAX)
        field = cls(
            workspace_id=workspace.id, id=new_id(), key=key, label=said, type=type, options=choices, required=required,
            filterable=filterable, pii=pii, position=len(fields),
        )  # fmt: skip
        with refused_when_taken(Conflict("There is, or was, a field with this key; choose another.", field="key")):
            db.session.add(field)
        audit_event.record(
            workspace.id, "create_custom_field", by, entity="custom_field", entity_id=field.id, fields={"key": key, "type": type}
        )
        return field

    def change(self, by: Actor, *, label: str, options: Sequence[str], required: bool, pii: bool) -> None:
        """Change a field in use. Key and type stay, since values stand under them; a choice that is taken away stays with
        those who have it. Raises Invalid, Conflict."""
        if self.archived_at is not None:
            raise Conflict("This field was removed already.")
        self.label, self.options = named(label, LABEL_MAX, field="label"), valid_options(self.type, options)
        self.required, self.pii = required, pii
        db.session.flush()
        audit_event.record(self.workspace_id, "update_custom_field", by, entity="custom_field", entity_id=self.id)

    def archive(self, by: Actor) -> None:
        """Retire the field; what customers have under it stays, unseen."""
        self.archived_at = clock.now()
        db.session.flush()
        audit_event.record(self.workspace_id, "archive_custom_field", by, entity="custom_field", entity_id=self.id)


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


def fields_of(workspace: InWorkspace) -> Sequence[CustomField]:
    """The fields in use, in their order."""
    return db.session.scalars(
        CustomField.within(workspace).where(CustomField.archived_at.is_(None)).order_by(CustomField.position, CustomField.id)
    ).all()


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


def valid_options(type: FieldType, options: Sequence[str]) -> list[str] | None:
    """The choices of a field, each once; None for a type that has none. Raises Invalid."""
    if type not in ("choice", "multichoice"):
        return None
    said = list(dict.fromkeys(one_line(option) for option in options))
    if not 1 <= len(said) <= OPTIONS_MAX or any(not 1 <= len(each) <= LABEL_MAX or "|" in each for each in said):
        raise Invalid(
            "A choice has 1 to %(most)d options of 1 to %(long)d characters, without |.",
            field="options", most=OPTIONS_MAX, long=LABEL_MAX,
        )  # fmt: skip
    return said
