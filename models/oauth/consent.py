"""A consent: the stored yes of one user to one client for one workspace, with scopes (PRODUCT §1).

One without a user is a service principal's: the standing yes of whoever made the client in Settings → API.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models import clock
from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Instant, Key, Tenant, Words, db, enter, inside, new_id
from models.errors import NotAllowed, NotFound
from models.oauth.client import Client
from models.oauth.last_used import due
from models.oauth.quarantine import unlocks_at
from models.oauth.scope import spelled
from models.oauth.token_family import DESTRUCTIVE_FOR, TokenFamily

_LIVE_USER = text("withdrawn_at IS NULL AND user_id IS NOT NULL")
_LIVE_SERVICE = text("withdrawn_at IS NULL AND user_id IS NULL")


class Consent(Tenant, Base):
    """Live until withdrawn; a withdrawn one stays as a mark, and as the start of its app's quarantine clock."""

    __tablename__ = "consent"
    prefix = "con"
    noun = "connected app"

    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))
    client_id: Mapped[str] = mapped_column(Key, ForeignKey("oauth_client.id"))
    fingerprint: Mapped[str] = mapped_column(Key)
    app_name: Mapped[str] = mapped_column(Words)
    """What the app was called when it was allowed last: it may call itself otherwise by now."""
    redirect_uri: Mapped[str | None] = mapped_column(Words)
    """Where the answer went when it was allowed last; None where no browser was in between."""
    scopes: Mapped[str] = mapped_column(Words)
    """The scopes ticked last, canonical, in the order of the table."""
    unticked: Mapped[str] = mapped_column(Words)
    """The scopes offered last and unticked, so that the next page shows them so."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    renewed_at: Mapped[datetime] = mapped_column(Instant)
    known_since: Mapped[datetime] = mapped_column(Instant)
    """When this app, by its fingerprint, was first allowed in this workspace: the quarantine clock."""
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))

    client: Mapped[Client] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    user: Mapped[User | None] = relationship(foreign_keys=[user_id], viewonly=True)
    workspace: Mapped[Workspace] = relationship(viewonly=True)

    __table_args__ = (
        Index("consent_live", "workspace_id", "user_id", "client_id", unique=True,
              sqlite_where=_LIVE_USER, postgresql_where=_LIVE_USER),
        Index("consent_service", "workspace_id", "client_id", unique=True,
              sqlite_where=_LIVE_SERVICE, postgresql_where=_LIVE_SERVICE),
        Index("consent_clock", "workspace_id", "fingerprint", "created_at"),
        Index("consent_user", "user_id", "client_id"),
        Index("consent_client", "client_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    @classmethod
    def live_of(cls, user_id: int | None, client_id: str, workspace_id: int) -> Self | None:
        """The live consent of a user (None: the service principal's) to a client in a workspace."""
        whose = cls.user_id == user_id if user_id is not None else cls.user_id.is_(None)
        found = select(cls).where(cls.workspace_id == workspace_id, cls.client_id == client_id, whose, cls.withdrawn_at.is_(None))
        return db.session.scalar(found)

    @classmethod
    def last_of(cls, user_id: int, client_id: str) -> Self | None:
        """The user's consent to this client that was given last, wherever: what the consent page begins from."""
        given = select(cls).where(cls.user_id == user_id, cls.client_id == client_id, cls.withdrawn_at.is_(None))
        return db.session.scalar(given.order_by(cls.renewed_at.desc()).limit(1))

    @classmethod
    def give(
        cls,
        user_id: int | None,
        client: Client,
        workspace_id: int,
        scopes: Collection[str],
        unticked: Collection[str],
        by: Actor,
        *,
        redirect_uri: str | None = None,
    ) -> Self:
        """Say yes: a new consent, or the live one renewed with what was ticked now. Under `writing()`.

        Raises NotAllowed where the person's seat is gone or the workspace is not open.
        """
        enter(workspace_id)
        _hold_place(user_id, client.id, workspace_id)
        at = clock.now()
        found = cls.live_of(user_id, client.id, workspace_id)
        if found is None:
            found = cls(
                workspace_id=workspace_id, id=new_id(), user_id=user_id, client_id=client.id, created_at=at,
                fingerprint=client.fingerprint, known_since=first_seen(workspace_id, client.fingerprint) or at,
            )  # fmt: skip
            db.session.add(found)
        elif found.fingerprint != client.fingerprint:
            found.fingerprint = client.fingerprint
            found.known_since = first_seen(workspace_id, client.fingerprint) or at
        found.scopes, found.unticked, found.renewed_at = spelled(scopes), spelled(unticked), at
        found.app_name, found.redirect_uri = client.name, redirect_uri
        db.session.flush()
        named = by.acting_as(client_id=client.id, consent_id=found.id)
        fields = {"scopes": found.scopes}
        audit_event.record(workspace_id, "consent", named, entity="consent", entity_id=found.id, fields=fields)
        return found

    @classmethod
    def reachable(cls, user: User, shown: str) -> Self:
        """A consent that this user gave, or whose workspace's apps they manage; NotFound for everybody else's (RV09)."""
        number = cls.number(shown)
        found = db.session.scalar(select(cls).where(cls.id == number)) if number else None
        if found is None:
            raise cls.not_found()
        if found.user_id != user.id:
            seat = db.session.get(Seat, (found.workspace_id, user.id))
            if seat is None or seat.revoked_at is not None or not seat.may("apps", "write"):
                raise cls.not_found()
        return found

    def withdraw(self, by: Actor, *, everywhere: bool = False) -> list[int]:
        """End this consent and every family of it; `everywhere`: this user's to this app in all their workspaces.

        Returns the ids of the workspaces where one was ended. A user may end their own everywhere; owners and managers
        end others' in their own workspace only (NotFound).
        """
        own = self.user_id is not None and self.user_id == by.user_id
        if everywhere and not own:
            raise NotFound("Only the person who allowed an app can end it in all their workspaces.")
        ends = [self]
        if everywhere:
            others = select(Consent).where(Consent.user_id == self.user_id, Consent.client_id == self.client_id)
            ends = list(db.session.scalars(others.where(Consent.withdrawn_at.is_(None))))
        for consent in ends:
            consent._end(by)
        return [consent.workspace_id for consent in ends]

    def allow_destructive(self, by: Actor) -> datetime:
        """Let every live family of this consent cancel, refund and delete for a quarter of an hour (PRODUCT §3, gate 2)."""
        until = clock.now() + DESTRUCTIVE_FOR
        named = by.acting_as(client_id=self.client_id, consent_id=self.id)
        with inside(self.workspace_id):
            TokenFamily.set_destructive(self.workspace_id, self.id, until)
            audit_event.record(self.workspace_id, "allow_destructive", named, entity="consent", entity_id=self.id)
        return until

    @property
    def unlocks_at(self) -> datetime | None:
        """Until when this app only reads here; None where no quarantine holds."""
        return unlocks_at(self.client.quarantined, self.known_since)

    @classmethod
    def used(cls, workspace_id: int, consent_id: int) -> None:
        """Remember that a token of it was used just now."""
        mine = update(cls).where(cls.workspace_id == workspace_id, cls.id == consent_id, due(cls.last_used_at))
        db.session.execute(mine.values(last_used_at=clock.now()))

    def _end(self, by: Actor) -> None:
        if self.withdrawn_at is not None:
            return
        self.withdrawn_at, self.withdrawn_by = clock.now(), by.user_id
        db.session.flush()
        named = by.acting_as(client_id=self.client_id, consent_id=self.id)
        with inside(self.workspace_id):
            TokenFamily.end_of_consent(self.workspace_id, self.id, "withdrawn")
            audit_event.record(self.workspace_id, "withdraw_consent", named, entity="consent", entity_id=self.id)


def _hold_place(user_id: int | None, client_id: str, workspace_id: int) -> None:
    """Give the same consent one at a time, and to nobody whose seat was taken away while they looked at the page."""
    if user_id is None:
        db.session.execute(select(Client.id).where(Client.id == client_id).with_for_update(key_share=True))
        return
    seat = select(Seat.user_id).join(Workspace, Workspace.id == Seat.workspace_id)
    mine = Seat.workspace_id == workspace_id, Seat.user_id == user_id, Seat.revoked_at.is_(None), Workspace.is_live()
    if db.session.scalar(seat.where(*mine).with_for_update(key_share=True, of=Seat)) is None:
        raise NotAllowed("You cannot connect an app to this workspace.")


def first_seen(workspace_id: int, fingerprint: str) -> datetime | None:
    """When an app of this fingerprint was first allowed in the workspace, by anyone."""
    mine = Consent.workspace_id == workspace_id, Consent.fingerprint == fingerprint
    found: datetime | None = db.session.scalar(select(func.min(Consent.known_since)).where(*mine))
    return found
