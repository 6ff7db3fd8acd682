"""Undo: what a verb needs to take back its effect, kept 30 days beside its audit row, and deletable.

The noun that can undo a verb registers it with `@undoes("attach_tags", needs=("customers", "write"))`; this file knows no noun.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Instant, InWorkspace, Json, Key, Tenant, Words, db, new_id, tenant_key
from models.errors import Conflict, NotFound

UNDO_KEPT = timedelta(days=30)
Undoing = Callable[["UndoStep", Actor], None]
Needs = tuple[str, str]
"""A capability and an access, as `Seat.may` takes them."""
_undoing: dict[str, tuple[Undoing, Needs]] = {}


def undoes(verb: str, *, needs: Needs) -> Callable[[Undoing], Undoing]:
    """Register how one verb is taken back, and what a role needs for that: what the opposite verb asks for on its page.

    Taking back a new booking cancels it, which needs more than making it. It raises Conflict when the record has moved on.
    """

    def register(function: Undoing) -> Undoing:
        _undoing[verb] = (function, needs)
        return function

    return register


def needs_to_undo(verb: str) -> Needs:
    """What a role needs to take back a verb that was registered."""
    return _undoing[verb][1]


class UndoStep(Tenant, Base):
    """How one act can be taken back, until `expires_at`."""

    __tablename__ = "undo_step"
    prefix = "und"
    noun = "undo step"

    audit_id: Mapped[int] = mapped_column(Id)
    verb: Mapped[str] = mapped_column(Words)
    entity: Mapped[str] = mapped_column(Key)
    entity_id: Mapped[int] = mapped_column(Id)
    before: Mapped[Any] = mapped_column(Json, info={"personal": True})
    expires_at: Mapped[datetime] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))

    __table_args__ = (
        tenant_key("audit_id", to="audit_event"),
        Index("undo_entity", "workspace_id", "entity", "entity_id"),
        Index("undo_audit", "workspace_id", "audit_id"),
        Index("undo_expires", "workspace_id", "expires_at"),
        {"sqlite_strict": True},
    )

    @property
    def needs(self) -> Needs:
        """What a role needs to take it back."""
        return needs_to_undo(self.verb)

    @property
    def open(self) -> bool:
        """Whether it can still be taken back."""
        return self.undone_at is None and self.expires_at > clock.now()

    def undo(self, by: Actor) -> None:
        """Take the act back, once. Raises Conflict when it was undone already, is too old, or the record moved on.

        The step is spent last: whoever forgets a person locks their record first and their undo steps behind it.
        """
        if not self.open:
            raise _over()
        taking_back, _ = _undoing[self.verb]
        taking_back(self, by)
        spent = db.session.scalar(
            update(UndoStep)
            .where(UndoStep.workspace_id == self.workspace_id, UndoStep.id == self.id)
            .where(UndoStep.undone_at.is_(None), UndoStep.expires_at > clock.now())
            .values(undone_at=clock.now(), undone_by=by.user_id)
            .returning(UndoStep.id)
        )
        if spent is None:
            raise _over()
        audit_event.record(self.workspace_id, f"undo_{self.verb}", by, entity=self.entity, entity_id=self.entity_id)


def _over() -> Conflict:
    return Conflict("This was undone already, or more than 30 days ago.")


def keep_undo(workspace_id: int, audit_id: int, verb: str, *, entity: str, entity_id: int, before: Any) -> datetime:
    """Remember how to take back the act of an audit row; returns until when."""
    expires_at = clock.now() + UNDO_KEPT
    db.session.add(
        UndoStep(
            workspace_id=workspace_id, id=new_id(), audit_id=audit_id, verb=verb, entity=entity, entity_id=entity_id,
            before=before, expires_at=expires_at,
        )
    )  # fmt: skip
    db.session.flush()
    return expires_at


def undo_of(workspace: InWorkspace, audit_id: int) -> UndoStep:
    """The undo step of an audit row, or NotFound where the act cannot be taken back."""
    step = db.session.scalar(UndoStep.within(workspace).where(UndoStep.audit_id == audit_id))
    if step is None:
        raise NotFound("There is nothing to undo here.")
    return step


def sweep(workspace: InWorkspace) -> int:
    """Forget what can no longer be taken back in a workspace; returns how many steps. The worker calls it."""
    row = UndoStep
    gone = delete(row).where(row.workspace_id == workspace.id, row.expires_at <= clock.now()).returning(row.id)
    return len(db.session.scalars(gone).all())
