"""An API key made in Settings → API: a service principal of its workspace, with its ticked scopes and no role.

It lists the full catalogue of tools, as OAuth clients never do (PRODUCT §4).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Instant, InWorkspace, Key, Tenant, Words, db, new_id, writing
from models.base.words import printable_name
from models.errors import Invalid, NotAllowed
from models.oauth.connection import ConnectionSettings
from models.oauth.last_used import due, is_due
from models.oauth.presented import place_of
from models.oauth.scope import DESTRUCTIVE, pairs_of, possible, spelled
from models.oauth.standing import WORKSPACE, Standing, WorkspaceFacts

PREFIX = "crmak"
NAME_MAX = 80
_SHOWN = 24


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, which is told this once."""

    key: "ApiKey"
    value: str


class ApiKey(Tenant, Base):
    """One key, by its hash; its beginning is kept to be recognised by."""

    __tablename__ = "api_key"
    prefix = "key"
    noun = "API key"

    name: Mapped[str] = mapped_column(Words)
    beginning: Mapped[str] = mapped_column(Words)
    key_hash: Mapped[str] = mapped_column(Key)
    scopes: Mapped[str] = mapped_column(Words)
    created_by: Mapped[int] = mapped_column(Id, ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("workspace_id", "key_hash"), {"sqlite_strict": True})

    @classmethod
    def create(
        cls,
        workspace: InWorkspace,
        by: Actor,
        *,
        name: str,
        scopes: Collection[str],
        role: str,
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Make a key. Only an owner may tick `mcp.destructive` (NotAllowed). Raises Invalid."""
        name = printable_name(name, NAME_MAX)
        ticked = set(scopes) & possible("key")
        if not ticked:
            raise Invalid("Tick at least one scope.", field="scopes")
        if DESTRUCTIVE in ticked and role != "owner":
            raise NotAllowed("Only an owner can let a key cancel, refund and delete.")
        if by.user_id is None:
            raise NotAllowed("Only a person can make a key.")
        value = opaque.make(PREFIX, workspace.id)
        key = cls(
            workspace_id=workspace.id, id=new_id(), name=name, beginning=value[:_SHOWN], key_hash=opaque.digest(value),
            scopes=spelled(ticked), created_by=by.user_id, created_at=clock.now(), expires_at=expires_at,
        )  # fmt: skip
        db.session.add(key)
        db.session.flush()
        fields = {"scopes": key.scopes}
        audit_event.record(workspace.id, "create_key", by, entity="api_key", entity_id=key.id, fields=fields)
        return NewKey(key, value)

    @classmethod
    def newest_first(cls, workspace: InWorkspace) -> "Select[ApiKey]":
        """The workspace's keys, revoked ones too."""
        return cls.within(workspace).order_by(cls.created_at.desc(), cls.id)

    def revoke(self, by: Actor) -> None:
        """End it; it is refused from the next call on."""
        if self.revoked_at is None:
            self.revoked_at = clock.now()
            db.session.flush()
            audit_event.record(self.workspace_id, "revoke_key", by, entity="api_key", entity_id=self.id)


def check(value: str, *, slug: str | None, address: str | None, request_id: str | None) -> Standing | None:
    """What a presented key stands for; None for one that is unknown, ended, or of another workspace than the address's."""
    place = place_of(PREFIX, value)
    if place is None:
        return None
    found = {"workspace": place.workspace_id, "hash": place.hash, "now": clock.now()}
    row = db.session.connection().execute(_STATE, found).one_or_none()
    if row is None or (slug is not None and slug != row.place_slug):
        return None
    if is_due(row.last_used_at):
        with writing(relaxed=True):
            mine = ApiKey.workspace_id == place.workspace_id, ApiKey.id == row.id, due(ApiKey.last_used_at)
            db.session.execute(update(ApiKey).where(*mine).values(last_used_at=clock.now()))
    connection = ConnectionSettings.of(row.place_settings)
    return Standing(
        workspace=WorkspaceFacts.of(row),
        actor=Actor(kind="api_key", key_id=row.id, address=address, request_id=request_id, name=row.name),
        scope=row.scopes,
        pairs=connection.open(pairs_of(row.scopes.split())),
        everything=True,
        connection=connection,
    )  # fmt: skip


_now: Any = bindparam("now", type_=Instant)
_STATE = (
    select(ApiKey.id, ApiKey.name, ApiKey.scopes, ApiKey.last_used_at, *WORKSPACE)
    .join_from(ApiKey, Workspace, Workspace.id == ApiKey.workspace_id)
    .where(
        ApiKey.workspace_id == bindparam("workspace", type_=Id), ApiKey.key_hash == bindparam("hash"),
        ApiKey.revoked_at.is_(None), (ApiKey.expires_at.is_(None)) | (ApiKey.expires_at > _now),
        Workspace.is_live(),
    )
)  # fmt: skip
