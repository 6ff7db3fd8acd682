"""When a person or a thing is not there: holiday, illness, a break, a repair."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import Base, Id, Instant, Tenant, Words, db, new_id, tenant_key
from models.bookings.asset import Asset
from models.bookings.facts import REASON_MAX, checked_text
from models.customers.here import Premises
from models.errors import Conflict, Invalid


class TimeOff(Tenant, Base):
    """One absence. Bookings inside it stay; nothing new is offered then."""

    __tablename__ = "time_off"
    prefix = "tof"
    noun = "time off"

    asset_id: Mapped[int] = mapped_column(Id)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(Words)
    source: Mapped[str] = mapped_column(Words, default="manual")

    __table_args__ = (
        tenant_key("asset_id", to="asset"),
        CheckConstraint("ends_at>starts_at", name="order"),
        Index("time_off_asset", "workspace_id", "asset_id", "starts_at"),
        {"sqlite_strict": True},
    )

    @classmethod
    def add(cls, asset: Asset, starts_at: datetime, ends_at: datetime, by: Actor, *, reason: str | None = None) -> "TimeOff":
        """Note an absence. Raises Invalid."""
        if ends_at <= starts_at:
            raise Invalid("Time off ends after it starts.", field="ends_at")
        absence = cls(
            workspace_id=asset.workspace_id, id=new_id(), asset_id=asset.id, starts_at=starts_at, ends_at=ends_at,
            reason=checked_text(reason, "reason", REASON_MAX),
        )  # fmt: skip
        db.session.add(absence)
        db.session.flush()
        absence._note("add_time_off", by, {"id": absence.id})
        return absence

    @classmethod
    def find_of(cls, asset: Asset, shown: str | int) -> "TimeOff":
        """An absence of this very person or thing; another's is answered like a missing one. Raises NotFound, Invalid."""
        absence = cls.find(Premises(asset.workspace_id), shown)
        if absence.asset_id != asset.id:
            raise cls.not_found()
        return absence

    @classmethod
    def of(cls, asset: Asset, since: datetime) -> list["TimeOff"]:
        """An asset's absences that end after an instant, in order."""
        mine = cls.within(Premises(asset.workspace_id)).where(cls.asset_id == asset.id, cls.ends_at > since)
        return list(db.session.scalars(mine.order_by(cls.starts_at, cls.id)))

    def remove(self, by: Actor) -> None:
        """Take it back: the time can be booked again."""
        facts = {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat(), "reason": self.reason}
        self._note("remove_time_off", by, {"asset": self.asset_id, **facts})
        db.session.delete(self)
        db.session.flush()

    def _note(self, verb: str, by: Actor, before: dict[str, Any]) -> None:
        asset = Asset.find(Premises(self.workspace_id), self.asset_id)
        audit = audit_event.record(self.workspace_id, verb, by, entity=asset.kind, entity_id=asset.id)
        keep_undo(self.workspace_id, audit, verb, entity=asset.kind, entity_id=asset.id, before=before)


@undoes("add_time_off", needs=("bookings", "write"))
def _there_after_all(step: UndoStep, by: Actor) -> None:
    absence = db.session.get(TimeOff, (step.workspace_id, step.before["id"]))
    if absence is None:
        raise Conflict("This time off was taken back already.")
    db.session.delete(absence)
    db.session.flush()


@undoes("remove_time_off", needs=("bookings", "write"))
def _away_again(step: UndoStep, by: Actor) -> None:
    before = step.before
    db.session.add(
        TimeOff(
            workspace_id=step.workspace_id, id=new_id(), asset_id=before["asset"], reason=before["reason"],
            starts_at=datetime.fromisoformat(before["starts_at"]), ends_at=datetime.fromisoformat(before["ends_at"]),
        )
    )  # fmt: skip
    db.session.flush()
