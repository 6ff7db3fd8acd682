"""People and things that a booking takes. Nobody and nothing is booked twice: `occupancy` refuses it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.archivable import Archivable
from models.base import Base, Flag, Id, InWorkspace, Key, Words, db, new_id, tenant_key
from models.base.constraints import one_of
from models.bookings.facts import Bounds, bounded, check_numbers, checked_name, refuse_unknown
from models.bookings.location import Location
from models.bookings.occupancy import Occupancy
from models.customers.here import Premises
from models.errors import Conflict

BOUNDS: Bounds = {"priority": (-1_000, 1_000), "daily_limit": (1, 1_000)}
_CHANGEABLE = frozenset({*BOUNDS, "name", "location_id", "bookable", "color"})


class Asset(Archivable, Base):
    """Somebody or something that is in one place at a time. `daily_limit` bounds its bookings of a local day.

    The trigger `asset_kind_is_kept` of the migration `bookings01` keeps a person from becoming a thing.
    """

    __tablename__ = "asset"
    prefix = "ast"
    noun = "person or resource"

    kind: Mapped[str] = mapped_column(Words)
    name: Mapped[str] = mapped_column(Words)
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))
    resource_type: Mapped[str | None] = mapped_column(Key)
    location_id: Mapped[int | None] = mapped_column(Id)
    bookable: Mapped[bool] = mapped_column(Flag, default=True)
    priority: Mapped[int] = mapped_column(Integer, default=0)
    daily_limit: Mapped[int | None] = mapped_column(Integer)
    color: Mapped[str | None] = mapped_column(Words)
    feed_token_hash: Mapped[str | None] = mapped_column(Key)

    __table_args__ = (
        UniqueConstraint("workspace_id", "feed_token_hash"),
        tenant_key("location_id", to="location"),
        one_of("kind", ("staff", "resource"), "kind"),
        CheckConstraint("(kind = 'resource') = (resource_type IS NOT NULL)", name="resource_type"),
        *bounded(BOUNDS),
        {"sqlite_strict": True},
    )
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

    @classmethod
    def in_order(cls) -> tuple[Any, ...]:
        """By priority and name."""
        return cls.priority.desc(), cls.name, cls.id

    def change(self, by: Actor, **facts: Any) -> None:
        """Change name, location_id, bookable, priority, daily_limit or color. Raises Invalid, NotFound."""
        refuse_unknown(facts, _CHANGEABLE)
        check_numbers(BOUNDS, facts)
        if facts.get("location_id") is not None:
            Location.find(Premises(self.workspace_id), facts["location_id"])
        for name, value in facts.items():
            setattr(self, name, checked_name(value) if name == "name" else value)
        db.session.flush()
        self._note("update", by, fields=sorted(facts))

    def refuse_archiving(self) -> None:
        """Sessions to come still need them. The row is locked, as whoever books it locks it."""
        count = Occupancy.to_come(self.workspace_id, self.id)
        if count:
            raise Conflict(
                "%(name)s is still needed for sessions to come: %(count)d. Move or cancel them first.",
                name=self.name, count=count,
            )

    def _put(self, by: Actor) -> None:
        if self.location_id is not None:
            Location.find(Premises(self.workspace_id), self.location_id)
        db.session.add(self)
        db.session.flush()
        self._note("create", by)

    def _note(self, verb: str, by: Actor, fields: Any = None) -> None:
        changed = {"changed": fields} if fields else None
        audit_event.record(self.workspace_id, f"{verb}_{self.kind}", by, entity=self.kind, entity_id=self.id, fields=changed)


class Staff(Asset):
    """A person who serves customers; with `user_id` one who signs in too."""

    prefix = "stf"
    noun = "staff member"
    entity = "staff"
    listed_by = "list_services"
    __mapper_args__ = {"polymorphic_identity": "staff"}

    @classmethod
    def add(cls, workspace: InWorkspace, name: str, by: Actor, *, user_id: int | None = None, **facts: Any) -> "Staff":
        """Take somebody on. `facts` as in `change`. They work once they have hours. Raises Invalid, NotFound."""
        refuse_unknown(facts, _CHANGEABLE)
        check_numbers(BOUNDS, facts)
        person = cls(workspace_id=workspace.id, id=new_id(), name=checked_name(name), user_id=user_id, **facts)
        person._put(by)
        return person


class Resource(Asset):
    """One unit of a kind of thing: a room, a chair, a court. Without hours of its own it follows the location's."""

    prefix = "rsc"
    noun = "resource"
    entity = "resource"
    __mapper_args__ = {"polymorphic_identity": "resource"}

    @classmethod
    def add(cls, workspace: InWorkspace, name: str, resource_type: str, by: Actor, **facts: Any) -> "Resource":
        """Put up a unit. `facts` as in `change`. Raises Invalid, NotFound."""
        refuse_unknown(facts, _CHANGEABLE)
        check_numbers(BOUNDS, facts)
        unit = cls(
            workspace_id=workspace.id, id=new_id(), name=checked_name(name),
            resource_type=checked_name(resource_type, "resource_type").lower(), **facts,
        )  # fmt: skip
        unit._put(by)
        return unit

    @classmethod
    def kinds(cls, workspace: InWorkspace) -> list[str]:
        """The kinds of thing that there are units of, sorted."""
        here = (cls.workspace_id == workspace.id, cls.archived_at.is_(None), cls.resource_type.is_not(None))
        kinds = select(cls.resource_type).where(*here).distinct().order_by(cls.resource_type)
        return [str(kind) for kind in db.session.scalars(kinds)]


def lock_assets(workspace: InWorkspace, ids: Iterable[int]) -> None:
    """Lock these people and things, lowest id first, until the transaction ends (ARCHITECTURE §2).

    FOR NO KEY UPDATE: rows that merely refer to them need not wait. Without it two-asset bookings deadlocked.
    """
    wanted = sorted(set(ids))
    if wanted:
        rows = select(Asset.id).where(Asset.workspace_id == workspace.id, Asset.id.in_(wanted)).order_by(Asset.id)
        db.session.execute(rows.with_for_update(key_share=True)).all()
