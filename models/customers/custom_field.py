"""Custom fields: what a workspace wants to know of its customers beyond the common, typed and filterable.

What customers have under them: custom_value.py.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Flag, Instant, InWorkspace, Json, Key, Tenant, Words, db, new_id
from models.base.constraints import one_of, refused_when_taken
from models.base.words import named, one_line
from models.errors import Conflict, Invalid

FieldType = Literal["text", "number", "money", "bool", "date", "choice", "multichoice", "url"]
TYPES: tuple[FieldType, ...] = get_args(FieldType)
NUMBERS: tuple[FieldType, ...] = ("number", "money", "bool", "date")
"""Types whose index is a whole number."""
FIELDS_MAX = 50
OPTIONS_MAX = 50
LABEL_MAX = 80
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


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


def fields_of(workspace: InWorkspace) -> Sequence[CustomField]:
    """The fields in use, in their order."""
    return db.session.scalars(
        CustomField.within(workspace).where(CustomField.archived_at.is_(None)).order_by(CustomField.position, CustomField.id)
    ).all()


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
