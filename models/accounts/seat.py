"""A seat: a user's role in a workspace, and what each role may do (PRODUCT §1)."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models import clock
from models.accounts import usage
from models.accounts.user import User
from models.accounts.workspace import SLUG, Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Instant, Words, db
from models.base.constraints import one_of
from models.errors import Conflict, NotAllowed, NotFound

ROLES = ("owner", "manager", "staff", "viewer")
_STAFF_MAY_ALSO = {("bookings", "destructive")}
"""Staff cancel bookings; refunding and deleting need a manager."""
_MANAGERS_MAY = {
    *((place, "write") for place in ("server", "settings", "team", "api", "apps")),
    *((place, "read") for place in ("audit", "plan")),
}
_OWNERS_MAY = {("plan", "write"), ("workspace", "destructive")}


def role_may(role: str, capability: str, access: str) -> bool:
    """Whether a role may do this in a capability (customers, bookings, …) or in settings, team, api, apps, audit, plan."""
    pair = (capability, access)
    if pair in _OWNERS_MAY:
        return role == "owner"
    if pair in _MANAGERS_MAY:
        return role in ("owner", "manager")
    if role in ("owner", "manager"):
        return True
    if access == "read":
        return True
    return role == "staff" and (access == "write" or pair in _STAFF_MAY_ALSO)


_ends_with_a_seat: list[Callable[["Seat", Actor], None]] = []


def ends_with_a_seat(end: Callable[["Seat", Actor], None]) -> Callable[["Seat", Actor], None]:
    """Register what ends when a seat is taken away; it runs again when the seat is given back, which revives nothing."""
    _ends_with_a_seat.append(end)
    return end


class Seat(Base):
    """One user's role in one workspace; revoked, it stays as a mark."""

    __tablename__ = "seat"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("app_user.id"), primary_key=True)
    role: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    workspace: Mapped[Workspace] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    user: Mapped[User] = relationship(viewonly=True)

    __table_args__ = (one_of("role", ROLES, "role"), Index("seat_user", "user_id"), {"sqlite_strict": True})

    def may(self, capability: str, access: str) -> bool:
        """Whether this seat's role allows it."""
        return role_may(self.role, capability, access)

    @classmethod
    def give(cls, workspace: Workspace, user: User, role: str, by: Actor) -> "Seat":
        """Give a user a seat, or give back a revoked one. Counts against the plan's seats (LimitReached)."""
        seat = db.session.get(cls, (workspace.id, user.id))
        if seat is not None and seat.revoked_at is None:
            raise Conflict("This person has a seat already.")
        usage.take(workspace.id, workspace.plan_code, workspace.timezone, "seats")
        if seat is None:
            seat = cls(workspace_id=workspace.id, user_id=user.id, created_at=clock.now())
            db.session.add(seat)
        else:
            seat._end_what_hangs_on_it(by)
        seat.role, seat.revoked_at = role, None
        db.session.flush()
        audit_event.record(workspace.id, "give_seat", by, entity="user", entity_id=user.id, fields={"role": role})
        return seat

    @classmethod
    def hold(cls, workspace_id: int, user_id: int, pair: tuple[str, str]) -> "Seat":
        """A user's seat as it is inside this transaction, held until its end. Raises NotAllowed where it, or its role's
        right to (capability, access), is gone. Under `writing()`.
        """
        mine = select(cls).where(cls.workspace_id == workspace_id, cls.user_id == user_id, cls.revoked_at.is_(None))
        held = mine.with_for_update(read=True, of=cls).execution_options(populate_existing=True)
        seat = db.session.scalar(held)
        if seat is None or not seat.workspace.live or not seat.may(*pair):
            raise NotAllowed("Your role in this workspace does not allow this. An owner or manager can change it.")
        return seat

    def change_role(self, role: str, by: Actor) -> None:
        """Change the role; a workspace keeps an owner. Binds apps at their next call."""
        if self.role == "owner" and role != "owner":
            self._keep_an_owner()
        before, self.role = self.role, role
        db.session.flush()
        audit_event.record(
            self.workspace_id,
            "change_role",
            by,
            entity="user",
            entity_id=self.user_id,
            fields={"from": before, "to": role},
        )

    def revoke(self, by: Actor) -> None:
        """Take the seat away, and what hangs on it: the apps that the user allowed here."""
        if self.role == "owner":
            self._keep_an_owner()
        self.revoked_at = clock.now()
        usage.give_back(self.workspace_id, "seats")
        db.session.flush()
        audit_event.record(self.workspace_id, "revoke_seat", by, entity="user", entity_id=self.user_id)
        self._end_what_hangs_on_it(by)

    def _end_what_hangs_on_it(self, by: Actor) -> None:
        for end in _ends_with_a_seat:
            end(self, by)

    def _keep_an_owner(self) -> None:
        owners = (
            select(Seat.user_id)
            .where(Seat.workspace_id == self.workspace_id, Seat.role == "owner", Seat.revoked_at.is_(None))
            .with_for_update()
        )
        if len(db.session.scalars(owners).all()) < 2:
            raise NotAllowed("A workspace needs an owner; make someone else one first.")

    @classmethod
    def of(cls, user: User, slug: str) -> "Seat":
        """The user's seat in the workspace of a slug. NotFound alike for a stranger's workspace and for none."""
        if not SLUG.fullmatch(slug):
            raise NotFound("There is no such workspace.")
        seat = db.session.scalar(
            select(cls).join(cls.workspace).where(
                Workspace.slug == slug, cls.user_id == user.id, cls.revoked_at.is_(None), Workspace.deleted_at.is_(None)
            )
        )  # fmt: skip
        if seat is None:
            raise NotFound("There is no such workspace.")
        return seat

    @classmethod
    def all_of(cls, user: User) -> list["Seat"]:
        """Every seat of a user, by workspace name."""
        return list(
            db.session.scalars(
                select(cls).join(cls.workspace).where(
                    cls.user_id == user.id, cls.revoked_at.is_(None), Workspace.deleted_at.is_(None)
                ).order_by(Workspace.name, Workspace.id)
            )
        )  # fmt: skip
