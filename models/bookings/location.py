"""A place where the business works. Its own time zone, where it has one, overrides the workspace's."""

from collections.abc import Callable, Iterable
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.archivable import Archivable
from models.base import Base, InWorkspace, Json, Words, db, new_id
from models.bookings.facts import checked_name, checked_zone, refuse_unknown
from models.customers.here import Premises
from models.errors import Conflict

_CHECKS: dict[str, Callable[[Any], Any]] = {"name": checked_name, "timezone": checked_zone, "address": lambda address: address}
_counts: list[Callable[["Location"], int]] = []


def counts_what_is_to_come(count: Callable[["Location"], int]) -> Callable[["Location"], int]:
    """Register what counts the sessions that are still to come at a location."""
    _counts.append(count)
    return count


class Location(Archivable, Base):
    """A branch, a studio, a shop."""

    __tablename__ = "location"
    prefix = "loc"
    noun = "location"
    entity = "location"
    listed_by = "list_services"

    name: Mapped[str] = mapped_column(Words)
    timezone: Mapped[str | None] = mapped_column(Words)
    address: Mapped[Any | None] = mapped_column(Json)

    @classmethod
    def add(cls, workspace: InWorkspace, name: str, by: Actor, *, timezone: str | None = None, address: Any = None) -> "Location":
        """Open a location. `timezone` None follows the workspace. Raises Invalid."""
        location = cls(
            workspace_id=workspace.id, id=new_id(), name=checked_name(name), timezone=checked_zone(timezone), address=address
        )
        db.session.add(location)
        db.session.flush()
        location._note("create_location", by)
        return location

    def change(self, by: Actor, **facts: Any) -> None:
        """Change name, timezone (None follows the workspace) or address, whichever are given. Raises Invalid.

        Bookings keep their instants when the zone changes; opening hours move with it.
        """
        refuse_unknown(facts, frozenset(_CHECKS))
        for name, value in facts.items():
            setattr(self, name, _CHECKS[name](value))
        db.session.flush()
        self._note("update_location", by)

    @property
    def to_come(self) -> int:
        """How many sessions that are not over yet are there."""
        return sum(count(self) for count in _counts)

    def hold(self) -> Self:
        """Lock every location, lowest id first: which of them is the last that is open hangs on the others."""
        here = select(Location.id).where(Location.workspace_id == self.workspace_id).order_by(Location.id)
        db.session.execute(here.with_for_update(key_share=True)).all()
        return super().hold()

    def refuse_archiving(self) -> None:
        """Sessions are to come there, or it is the last that is open."""
        if not any(other.id != self.id for other in Location.active(Premises(self.workspace_id))):
            raise Conflict("%(name)s is the last location that is open. Add another one first.", name=self.name)
        count = self.to_come
        if count:
            raise Conflict(
                "Sessions are still to come at %(name)s: %(count)d. Move or cancel them first.", name=self.name, count=count
            )

    def _note(self, verb: str, by: Actor) -> None:
        audit_event.record(self.workspace_id, verb, by, entity="location", entity_id=self.id)


def open_still(workspace: InWorkspace, ids: Iterable[int]) -> set[int]:
    """Which of these locations are not closed for good, and will not be before the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    rows = select(Location.id).where(Location.workspace_id == workspace.id, Location.id.in_(wanted)).order_by(Location.id)
    return set(db.session.scalars(rows.where(Location.archived_at.is_(None)).with_for_update(read=True)))
