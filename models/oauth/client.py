"""An OAuth client: an app. Created in Settings → API, static, published at its own URL, or self-registered (OAUTH §1)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, cast
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Select, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Flag, Id, Instant, InWorkspace, Json, Key, Words, db, new_id
from models.base.constraints import one_of
from models.base.words import printable_name
from models.errors import Invalid, NotFound
from models.oauth.client_metadata import AUTH_METHODS, ClientMetadata, fingerprint_of
from models.oauth.last_used import is_due
from models.oauth.quarantine import is_quarantined
from models.oauth.redirect_uri import all_registrable, is_loopback
from models.oauth.scope import Kind, canonical_order, possible
from models.oauth.token_format import TOKEN_FORMATS, TokenFormat, known_format, lifetime, usual_lifetime
from models.oauth.uri import parse

KINDS = ("created", "static", "published", "registered")
NAME_MAX = 120
ID_MAX = 2000
_NO_HASH = "-" * 64
SECRET_OVERLAP = timedelta(hours=24)
"""How long the former secret still works after a rotation."""


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client just made; its secret is told this once."""

    client: "Client"
    secret: str | None


class Client(Base):
    """One app. A created one belongs to a workspace, by a mark and not by a key: any workspace's check reads this table."""

    __tablename__ = "oauth_client"
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(Key)
    name: Mapped[str] = mapped_column(Words)
    redirect_uris: Mapped[Any] = mapped_column(Json)
    grant_types: Mapped[Any] = mapped_column(Json)
    scope: Mapped[str | None] = mapped_column(Words)
    scope_is_limit: Mapped[bool] = mapped_column(Flag)
    auth_method: Mapped[str] = mapped_column(Key)
    secret_hash: Mapped[str | None] = mapped_column(Key)
    old_secret_hash: Mapped[str | None] = mapped_column(Key)
    old_secret_until: Mapped[datetime | None] = mapped_column(Instant)
    registration_token_hash: Mapped[str | None] = mapped_column(Key)
    keys: Mapped[Any | None] = mapped_column(Json)
    keys_uri: Mapped[str | None] = mapped_column(Words)
    about: Mapped[Any | None] = mapped_column(Json)
    token_format: Mapped[str] = mapped_column(Key)
    token_ttl: Mapped[int | None] = mapped_column(Integer)
    workspace_id: Mapped[int | None] = mapped_column(Id, ForeignKey("workspace.id"))
    fingerprint: Mapped[str] = mapped_column(Key)
    digest: Mapped[str | None] = mapped_column(Key, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))
    address: Mapped[str | None] = mapped_column(Words)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    blocked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("kind", KINDS, "kind"),
        one_of("auth_method", AUTH_METHODS, "auth_method"),
        one_of("token_format", TOKEN_FORMATS, "token_format"),
        CheckConstraint("(kind = 'created') = (workspace_id IS NOT NULL)", name="workspace"),
        Index("oauth_client_workspace", "workspace_id", "created_at"),
        Index("oauth_client_kind", "kind", "created_at"),
        {"sqlite_strict": True},
    )

    @classmethod
    def known(cls, client_id: str) -> Self | None:
        """The client of an id, detached: its facts stay readable through the transactions of one request."""
        if not _possible(client_id):
            return None
        row = db.session.connection().execute(_KNOWN, {"client": client_id}).one_or_none()
        return cls(**row._mapping) if row is not None else None

    @classmethod
    def hold(cls, client_id: str) -> Self | None:
        """A live client as it is inside this transaction, held until its end: whoever changes it waits. Under `writing()`."""
        mine = select(cls).where(cls.id == client_id).with_for_update(read=True)
        found = db.session.scalar(mine.execution_options(populate_existing=True)) if _possible(client_id) else None
        return found if found is not None and found.live else None

    @classmethod
    def registered(cls, client_id: str) -> Self | None:
        """A live self-registered client, to be changed or ended by its own registration token (RFC 7592)."""
        found = db.session.get(cls, client_id) if _possible(client_id) else None
        return found if found is not None and found.kind == "registered" and found.live else None

    @classmethod
    def within(cls, workspace: InWorkspace) -> "Select[Client]":
        """The clients created in a workspace, newest first, revoked ones too."""
        return select(cls).where(cls.workspace_id == workspace.id).order_by(cls.created_at.desc(), cls.id)

    @classmethod
    def find(cls, workspace: InWorkspace, client_id: str) -> Self:
        """A client created in this workspace; a stranger's is answered like none (NotFound)."""
        found = db.session.get(cls, client_id) if _possible(client_id) else None
        if found is None or found.workspace_id != workspace.id:
            raise cls.not_found()
        return found

    @classmethod
    def not_found(cls) -> NotFound:
        """The one answer for a missing app and for a stranger's."""
        return NotFound("There is no app with this id in this workspace.")

    @classmethod
    def create(
        cls,
        workspace: InWorkspace | None,
        by: Actor,
        *,
        name: str,
        redirect_uris: Sequence[str] = (),
        scopes: Collection[str],
        confidential: bool,
        token_format: TokenFormat = "jwt",
        token_minutes: int | None = None,
    ) -> NewClient:
        """Make a client in Settings → API, or a static one of the operator's (no workspace). Raises Invalid.

        Without a redirect URI a confidential client has client_credentials only.
        """
        name = printable_name(name, NAME_MAX)
        redirect_uris = all_registrable(redirect_uris) if redirect_uris else ()
        if not redirect_uris and (not confidential or workspace is None):
            raise Invalid("An app without a secret needs at least one redirect URI.", field="redirect_uris")
        kind: Kind = "created" if workspace is not None else "static"
        ticked = " ".join(canonical_order(set(scopes) & possible(kind)))
        if not ticked:
            raise Invalid("Tick at least one scope.", field="scopes")
        grants = ["authorization_code", "refresh_token"] if redirect_uris else []
        if confidential and workspace is not None:
            grants.append("client_credentials")
        client_id, secret = new_client_id(), opaque.make("crmcs") if confidential else None
        method = "client_secret_basic" if confidential else "none"
        client = cls(
            id=client_id, kind=kind, name=name, redirect_uris=list(redirect_uris), grant_types=grants,
            scope=ticked, scope_is_limit=True, auth_method=method,
            secret_hash=opaque.digest(secret) if secret else None, token_format=known_format(token_format),
            token_ttl=lifetime(token_minutes), workspace_id=workspace.id if workspace else None,
            fingerprint=fingerprint_of(kind, client_id, name, redirect_uris, grants, method), created_at=clock.now(),
            created_by=by.user_id, address=by.address,
        )  # fmt: skip
        db.session.add(client)
        db.session.flush()
        client._note("create_client", by, confidential=confidential, scopes=ticked)
        return NewClient(client, secret)

    @staticmethod
    def facts_of(said: ClientMetadata, kind: Kind, client_id: str) -> dict[str, Any]:
        """The columns that an app's own description fills."""
        return {
            "name": said.title, "redirect_uris": list(said.redirect_uris), "grant_types": list(said.grant_types),
            "scope": said.scope, "scope_is_limit": False, "auth_method": said.auth_method, "keys": said.jwks,
            "keys_uri": said.jwks_uri, "about": said.about(), "fingerprint": said.fingerprint(kind, client_id),
        }  # fmt: skip

    def describe(self, said: ClientMetadata) -> list[str]:
        """Take over what an app says of itself now; the columns that changed."""
        facts = self.facts_of(said, self.asked_kind, self.id)
        changed = [name for name, value in facts.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, facts[name])
        return changed

    def rotate_secret(self, by: Actor) -> str:
        """Give it a new secret and return it; the former one works for another day, so that scripts can be changed in
        peace. Of two at once the second finds the first's: both secrets that were told work. Under `writing()`.
        """
        db.session.refresh(self, with_for_update={"key_share": True})
        if not self.confidential or self.auth_method == "private_key_jwt":
            raise Invalid("This app has no secret.")
        secret = opaque.make("crmcs")
        self.old_secret_hash, self.old_secret_until = self.secret_hash, clock.now() + SECRET_OVERLAP
        self.secret_hash = opaque.digest(secret)
        db.session.flush()
        self._note("rotate_client_secret", by)
        return secret

    def revoke(self, by: Actor) -> None:
        """End it for good; all its tokens die at their next call, which the state query sees."""
        if self.revoked_at is None:
            self.revoked_at = clock.now()
            db.session.flush()
            self._note("revoke_client", by)

    @property
    def live(self) -> bool:
        """Neither revoked nor blocked."""
        return self.revoked_at is None and self.blocked_at is None

    @property
    def confidential(self) -> bool:
        """Whether it proves who it is."""
        return self.auth_method != "none"

    @property
    def ticked(self) -> frozenset[str] | None:
        """The scopes that limit it, for one made in Settings → API or by the operator; None is no limit."""
        return frozenset((self.scope or "").split()) if self.scope_is_limit else None

    @property
    def asked_kind(self) -> Kind:
        """Its kind, as the table of scopes knows it."""
        return cast("Kind", self.kind)

    @property
    def quarantined(self) -> bool:
        """Whether its first day in a workspace is read-only: nobody made it here and nobody trusts its host."""
        return is_quarantined(self.kind, self.id)

    @property
    def publisher(self) -> str | None:
        """The host that speaks for a published identity."""
        return urlsplit(self.id).netloc if self.kind == "published" else None

    @property
    def only_redirect_uri(self) -> str | None:
        """The one it need not name (RFC 6749 §3.1.2.3); None where it must.

        It must where that is a port of this computer and the client is anybody's: the port of whoever asks is not the
        one that was registered first.
        """
        if len(self.redirect_uris) != 1:
            return None
        uri: str = self.redirect_uris[0]
        anybodys = self.kind in ("registered", "published") and self.registration_token_hash is None
        return None if anybodys and is_loopback(parse(uri)) else uri

    def has_secret(self, presented: str) -> bool:
        """Whether this is its secret, or its former one while that still works; in constant time."""
        return Client.is_secret_of(self, presented)

    @staticmethod
    def is_secret_of(client: "Client | None", presented: str) -> bool:
        """The same of a client that may not exist, whose secret is as much work to find wrong."""
        hashes = (client.secret_hash, client.old_secret_hash) if client is not None else (None, None)
        current, former = (opaque.same(presented, each or _NO_HASH) for each in hashes)
        until = client.old_secret_until if client is not None else None
        return current or (former and until is not None and until > clock.now())

    def allows(self, grant_type: str) -> bool:
        """Whether it may use this grant type."""
        return grant_type in self.grant_types

    def token_lifetime(self) -> int:
        """Seconds that its access tokens live."""
        return self.token_ttl if self.token_ttl is not None else usual_lifetime(self.token_format, confidential=self.confidential)

    def used(self) -> None:
        """Remember that it was used just now."""
        if is_due(self.last_used_at):
            db.session.execute(update(Client).where(Client.id == self.id).values(last_used_at=clock.now()))

    def _note(self, verb: str, by: Actor, **fields: Any) -> None:
        named = by.acting_as(client_id=self.id)
        if self.workspace_id is not None:
            audit_event.record(self.workspace_id, verb, named, entity="oauth_client", fields=fields or None)
        else:
            audit_event.record_security(verb, "done", named, fields or None)


_KNOWN = select(Client.__table__).where(Client.__table__.c.id == bindparam("client"))


def new_client_id() -> str:
    """A fresh `crm_…` id."""
    return f"crm_{opaque.encode(new_id())}"


def _possible(client_id: str) -> bool:
    """Whether any client can have this id: printable ASCII, not too long. PostgreSQL takes no NUL at all."""
    return len(client_id) <= ID_MAX and client_id.isascii() and client_id.isprintable()
