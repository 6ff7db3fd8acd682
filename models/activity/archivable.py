"""What is put away instead of deleted: it leaves the lists, old rows name it still, and it can be brought back."""

from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import Needs, Undoing, UndoStep, keep_undo, undoes
from models.base import Instant, InWorkspace, Tenant, db
from models.errors import Conflict


class Archivable(Tenant):
    """A noun with `archived_at`. Both acts lock the row, so that what looks at it under a lock sees them; both can be undone."""

    entity: ClassVar[str]
    """What the audit calls it: `archive_<entity>`, `restore_<entity>`."""
    needs_to_put_away: ClassVar[Needs] = ("bookings", "destructive")
    """What a role needs for either act, on its page and by undoing the other."""

    archived_at: Mapped[datetime | None] = mapped_column(Instant)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "entity" in cls.__dict__:
            undoes(f"archive_{cls.entity}", needs=cls.needs_to_put_away)(_taken_back(cls, away=True))
            undoes(f"restore_{cls.entity}", needs=cls.needs_to_put_away)(_taken_back(cls, away=False))

    @classmethod
    def active(cls, workspace: InWorkspace) -> list[Self]:
        """Those in use, in order."""
        return list(db.session.scalars(cls.within(workspace).where(cls.archived_at.is_(None)).order_by(*cls.in_order())))

    @classmethod
    def archived(cls, workspace: InWorkspace) -> list[Self]:
        """Those that were put away, the latest in front."""
        away = cls.within(workspace).where(cls.archived_at.is_not(None))
        return list(db.session.scalars(away.order_by(cls.archived_at.desc(), cls.id.desc())))

    @classmethod
    def names(cls, workspace: InWorkspace) -> dict[int, str]:
        """Every name by id, of archived ones too: old rows name them still."""
        named: Any = cls
        rows = db.session.execute(select(named.id, named.name).where(named.workspace_id == workspace.id))
        return {row.id: row.name for row in rows}

    @classmethod
    def in_order(cls) -> tuple[Any, ...]:
        """How lists are sorted: by name."""
        named: Any = cls
        return named.name, named.id

    def archive(self, by: Actor) -> None:
        """Put it away; nothing happens where that was done. Raises Conflict where something still needs it."""
        self.hold()
        if self.archived_at is None:
            self.refuse_archiving()
            self._mark("archive", clock.now(), by)

    def restore(self, by: Actor) -> None:
        """Bring it back; nothing happens where it is not away. Raises Conflict where there is no room for it."""
        self.hold()
        if self.archived_at is not None:
            self.refuse_restoring()
            self._mark("restore", None, by)

    def hold(self) -> Self:
        """Lock the row until the transaction ends, and read it anew."""
        db.session.refresh(self, with_for_update={"key_share": True})
        return self

    def refuse_archiving(self) -> None:
        """Raise Conflict where something still needs it; the row is locked."""

    def refuse_restoring(self) -> None:
        """Raise Conflict where there is no room for it any more; the row is locked."""

    def _mark(self, act: str, at: datetime | None, by: Actor) -> None:
        self.archived_at = at
        db.session.flush()
        verb = f"{act}_{self.entity}"
        audit = audit_event.record(self.workspace_id, verb, by, entity=self.entity, entity_id=self.id)
        keep_undo(self.workspace_id, audit, verb, entity=self.entity, entity_id=self.id, before={})


def _taken_back(noun: type[Archivable], *, away: bool) -> Undoing:
    """How each of the two acts is undone by the other; `away` is how the act left the record."""

    def undo(step: UndoStep, by: Actor) -> None:
        record = db.session.get_one(noun, (step.workspace_id, step.entity_id)).hold()
        if (record.archived_at is not None) is not away:
            raise Conflict("This was put away or brought back again in the meantime.")
        record.restore(by) if away else record.archive(by)

    return undo
