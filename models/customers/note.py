"""Notes: what people and assistants write down about a customer or one of their bookings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UNDO_KEPT, UndoStep, keep_undo, undoes
from models.base import Base, Flag, Id, Instant, InWorkspace, Tenant, Words, db, new_id, tenant_key
from models.base.constraints import one_of, partial_index
from models.base.words import clean
from models.customers import search_index
from models.customers.customer import Customer
from models.customers.timeline import happened
from models.errors import Conflict, Invalid

NoteKind = Literal["note", "call", "meeting"]
KINDS: tuple[NoteKind, ...] = get_args(NoteKind)
BODY_MAX = 20_000


class Note(Tenant, Base):
    """One note. A sensitive one is not found by search; a deleted one is kept for Undo and then forgotten."""

    __tablename__ = "note"
    prefix = "note"
    noun = "note"
    listed_by = "get_member_profile"

    customer_id: Mapped[int] = mapped_column(Id)
    booking_id: Mapped[int | None] = mapped_column(Id)
    kind: Mapped[NoteKind] = mapped_column(Words, default="note", server_default="note")
    body: Mapped[str] = mapped_column(Words, info={"personal": True})
    sensitive: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    pinned: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    by_customer: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    author: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        tenant_key("customer_id", to="customer"),
        one_of("kind", KINDS, "kind"),
        CheckConstraint(f"length(body)<={BODY_MAX}", name="body"),
        partial_index("note_booking", "booking_id IS NOT NULL", "workspace_id", "booking_id"),
        partial_index("note_deleted", "deleted_at IS NOT NULL", "workspace_id", "deleted_at"),
        Index("note_customer", "workspace_id", "customer_id", "id"),
        {"sqlite_strict": True},
    )

    @classmethod
    def add(
        cls,
        customer: Customer,
        body: str,
        by: Actor,
        *,
        kind: NoteKind = "note",
        booking_id: int | None = None,
        sensitive: bool = False,
        by_customer: bool = False,
    ) -> "Note":
        """Append a note to a customer held for change, perhaps about one of their bookings. Raises Invalid."""
        customer.refuse_unless_live()
        note = cls(
            workspace_id=customer.workspace_id, id=new_id(), customer_id=customer.id, booking_id=booking_id, kind=kind,
            body=valid_body(body), sensitive=sensitive, pinned=False, by_customer=by_customer, author=by.name or by.code,
            created_at=clock.now(),
        )  # fmt: skip
        db.session.add(note)
        customer.touched()
        db.session.flush()
        if not sensitive:
            search_index.add_words(customer.workspace_id, customer.id, note.body)
        happened(
            customer.workspace_id, customer.id, "note", f"{kind.title()} added", by, entity="note", entity_id=note.id
        )
        _record("add_note", note, by)
        return note

    def delete(self, by: Actor) -> None:
        """Take the note away, for 30 days with Undo. Raises Conflict when that was done already."""
        if self.deleted_at is not None:
            raise Conflict("This note was deleted already.")
        self.deleted_at = clock.now()
        db.session.flush()
        search_index.refresh(self.workspace_id, self.customer_id)
        _record("delete_note", self, by)

    def pin(self, by: Actor, *, pinned: bool = True) -> None:
        """Keep the note on top of the others, or no longer."""
        self.pinned = pinned
        db.session.flush()
        audit_event.record(
            self.workspace_id, "pin_note", by, entity="note", entity_id=self.id, fields={"pinned": pinned}
        )


def valid_body(body: str) -> str:
    """The cleaned text. Raises Invalid."""
    said = clean(body).strip()
    if not said:
        raise Invalid("A note needs some text.", field="body")
    if len(said) > BODY_MAX:
        raise Invalid("A note has at most %(most)d characters.", field="body", most=BODY_MAX)
    return said


def notes_of(workspace: InWorkspace, customer_id: int, limit: int = 50) -> Sequence[Note]:
    """The notes of a customer, pinned ones first, then the newest."""
    return db.session.scalars(
        Note.within(workspace)
        .where(Note.customer_id == customer_id, Note.deleted_at.is_(None))
        .order_by(Note.pinned.desc(), Note.id.desc())
        .limit(limit)
    ).all()


def sweep(workspace: InWorkspace) -> int:
    """Forget the notes of a workspace that were deleted too long ago to be brought back; returns how many. For the worker."""
    row = Note
    gone = delete(row).where(row.workspace_id == workspace.id, row.deleted_at <= clock.now() - UNDO_KEPT).returning(row.id)
    return len(db.session.scalars(gone).all())


@search_index.searched
def _searched(workspace_id: int, customer_id: int) -> Sequence[str]:
    return db.session.scalars(
        select(Note.body).where(
            Note.workspace_id == workspace_id,
            Note.customer_id == customer_id,
            Note.deleted_at.is_(None),
            Note.sensitive.is_(False),
        )
    ).all()


def _record(verb: str, note: Note, by: Actor) -> None:
    """One audit row under the customer, whose later changes it must be seen beside, with an undo step."""
    audit = audit_event.record(
        note.workspace_id, verb, by, entity="customer", entity_id=note.customer_id, fields={"note": note.shown_id},
        also=[("note", note.id)],
    )  # fmt: skip
    keep_undo(
        note.workspace_id, audit, verb, entity="customer", entity_id=note.customer_id, before={"note": note.id}
    )


@undoes("add_note", needs=("customers", "write"))
def _undo_add(step: UndoStep, by: Actor) -> None:
    _flip(step, clock.now())


@undoes("delete_note", needs=("customers", "write"))
def _undo_delete(step: UndoStep, by: Actor) -> None:
    _flip(step, None)


def _flip(step: UndoStep, deleted_at: datetime | None) -> None:
    note = db.session.get(Note, (step.workspace_id, step.before["note"]), populate_existing=True)
    if note is None or (note.deleted_at is None) == (deleted_at is None):
        raise Conflict("The note is no longer as this act left it.")
    note.deleted_at = deleted_at
    db.session.flush()
    search_index.refresh(note.workspace_id, note.customer_id)
