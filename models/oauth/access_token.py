"""An access token: a signed JWT (RFC 9068) or an opaque `crmat_` value; and the check at every call of what it may do.

The check is one indexed query over family, consent, client, user, seat, workspace and ended tokens, so a revocation, a
lowered role or a removed seat binds at the next call (OAUTH §1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Index, UniqueConstraint, and_, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.accounts.seat import Seat
from models.activity.actor import Actor
from models.base import Base, Flag, Id, Instant, Key, Tenant, Words, db, enter, new_id, show, tenant_key, writing
from models.oauth import api_key, served, signature
from models.oauth.client import Client
from models.oauth.connection import UNCHANGED, ConnectionSettings
from models.oauth.consent import Consent
from models.oauth.ended_token import EndedToken
from models.oauth.last_used import is_due
from models.oauth.live import NOW, families, family_stands
from models.oauth.presented import place_of
from models.oauth.quarantine import is_quarantined, unlocks_at
from models.oauth.scope import DESTRUCTIVE, Kind, Pair, listed, pairs_of, possible, spelled, within
from models.oauth.scope_request import canonical_names
from models.oauth.signing_key import SigningKey
from models.oauth.standing import WORKSPACE, Standing, WorkspaceFacts
from models.oauth.token_family import Held, TokenFamily, holds_now
from models.settings import settings

PREFIX = "crmat"
_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh token as the client is told of it."""

    value: str
    expires_in: int
    scope: str
    row: dict[str, Any] | None = None
    """Where an opaque one will be found; a JWT is not kept."""

    def keep(self) -> None:
        """Store an opaque one, and forget those of its workspace that ended a day ago. Under `writing()`."""
        if self.row is None:
            return
        old = AccessToken.workspace_id == self.row["workspace_id"], AccessToken.expires_at < self.row["issued_at"] - _KEPT
        db.session.execute(delete(AccessToken).where(*old))
        db.session.execute(insert(AccessToken.__table__), self.row)  # type: ignore[arg-type]


class AccessToken(Tenant, Base):
    """An opaque token, by its hash; a JWT has no row."""

    __tablename__ = "access_token"
    prefix = "act"
    noun = "access token"

    family_id: Mapped[int] = mapped_column(Id)
    token_hash: Mapped[str] = mapped_column(Key)
    scope: Mapped[str] = mapped_column(Words)
    narrowed: Mapped[bool] = mapped_column(Flag)
    audience: Mapped[str] = mapped_column(Words)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        tenant_key("family_id", to="token_family"),
        UniqueConstraint("workspace_id", "token_hash"),
        Index("access_token_exp", "workspace_id", "expires_at"),
        {"sqlite_strict": True},
    )

    @classmethod
    def issue(
        cls,
        held: Held,
        client: Client,
        scopes: frozenset[str],
        *,
        audience: str,
        asked: str | None = None,
        narrowed: bool = False,
    ) -> Issued:
        """A new token of a family for `scopes`, which it holds; `narrowed` where the client asked for less. Under `writing()`."""
        issued = cls.make(held, client, scopes, audience=audience, asked=asked, narrowed=narrowed)
        issued.keep()
        return issued

    @classmethod
    def make(
        cls, held: Held, client: Client, scopes: frozenset[str], *, audience: str, asked: str | None, narrowed: bool
    ) -> Issued:
        """The same, not yet kept: signed before the write transaction. Names `mcp.destructive` while the family holds it."""
        named = scopes | {DESTRUCTIVE} if held.destructive and not narrowed else scopes
        scope = spelled(named, asked or held.asked, client.ticked or ())
        at = clock.now()
        ends = at + timedelta(seconds=client.token_lifetime())
        ends = min(ends, held.ends_at) if held.ends_at is not None else ends
        lasts = max(1, int((ends - at).total_seconds()))
        if client.token_format != "opaque":
            return Issued(_jwt(held, scope, audience, narrowed, at, ends), lasts, scope)
        value = opaque.make(PREFIX, held.workspace_id)
        row = {
            "workspace_id": held.workspace_id, "id": new_id(), "family_id": held.family_id,
            "token_hash": opaque.digest(value), "scope": scope, "narrowed": narrowed, "audience": audience,
            "issued_at": at, "expires_at": ends,
        }  # fmt: skip
        return Issued(value, lasts, scope, row)


def _jwt(held: Held, scope: str, audience: str, narrowed: bool, at: datetime, ends: datetime) -> str:
    """RFC 9068 §2.2, plus the workspace and family that the check finds its row by."""
    claims: dict[str, Any] = {
        "iss": settings().base_url,
        "sub": show("usr", held.user_id) if held.user_id is not None else held.client_id,
        "aud": audience,
        "client_id": held.client_id,
        "iat": int(at.timestamp()),
        "exp": int(ends.timestamp()),
        "jti": token_urlsafe(16),
        "scope": scope,
        "workspace": opaque.encode(held.workspace_id),
        "family": opaque.encode(held.family_id),
    }
    return signature.signed({**claims, "narrowed": True} if narrowed else claims)


@dataclass(frozen=True, slots=True)
class Known:
    """A token that is ours and has not expired, whatever has become of its family."""

    workspace_id: int
    family_id: int
    client_id: str | None
    """As a JWT says; an opaque one's is its family's."""
    audience: str
    scope: str
    narrowed: bool
    mark: str
    """What an ended token is remembered by."""
    issued_at: datetime
    expires_at: datetime
    subject: str | None = None
    kid: str | None = None
    """The key that signed it; an opaque one was signed by none."""


def known(token: str) -> Known | None:
    """Read a token of either form; None for garbage, forgeries and what has expired."""
    if not token.startswith(f"{PREFIX}_"):
        claims = signature.claims_of(token)
        if claims is None:
            return None
        return Known(
            claims.workspace_id, claims.family_id, claims.client_id, claims.audience, claims.scope, claims.narrowed,
            claims.jti, signature.instant(claims.issued_at), signature.instant(claims.expires_at), claims.subject, claims.kid,
        )  # fmt: skip
    place = place_of(PREFIX, token)
    if place is None:
        return None
    found = {"workspace": place.workspace_id, "hash": place.hash, "now": clock.now()}
    row = db.session.connection().execute(_OPAQUE, found).one_or_none()
    if row is None:
        return None
    return Known(
        place.workspace_id, row.family_id, None, row.audience, row.scope, row.narrowed, place.hash, row.issued_at,
        row.expires_at,
    )  # fmt: skip


def check(token: str, *, slug: str | None, address: str | None, request_id: str | None) -> Standing | None:
    """What a token or key stands for at `/mcp` (slug None) or `/mcp/<slug>` now; None is 401.

    None covers it all: not ours, expired, revoked, for another audience or workspace, or something behind it is gone.
    """
    if token.startswith(f"{api_key.PREFIX}_"):
        return api_key.check(token, slug=slug, address=address, request_id=request_id)
    return _standing_of(token, lambda audience, own: _for_this_address(audience, own, slug), address, request_id)


def stands(token: str, *, address: str | None, request_id: str | None) -> Standing | None:
    """What a token or key stands for at `/api/server`, which is the same for tokens of either audience."""
    if token.startswith(f"{api_key.PREFIX}_"):
        return api_key.check(token, slug=None, address=address, request_id=request_id)
    return _standing_of(token, lambda audience, own: _for_this_address(audience, own, own), address, request_id)


def _standing_of(
    token: str, is_for_us: Callable[[str, str], bool], address: str | None, request_id: str | None
) -> Standing | None:
    """`is_for_us` judges the token's audience and its workspace's slug."""
    found = known(token)
    row = state_of(found) if found is not None else None
    if found is None or row is None or not is_for_us(found.audience, row.place_slug):
        return None
    standing = _standing(found, row, address, request_id)
    if is_due(row.last_used_at):
        with writing(relaxed=True):
            Consent.used(found.workspace_id, row.consent_id)
    return standing


def state_of(token: Known) -> Any | None:
    """The row of facts behind a token that still holds; None when anything it depends on has ended."""
    enter(token.workspace_id)
    asked = {
        "workspace": token.workspace_id, "family": token.family_id, "mark": token.mark, "kid": token.kid, "now": clock.now(),
    }  # fmt: skip
    row = db.session.connection().execute(_STATE, asked).one_or_none()
    if row is None or row.ended is not None or (token.client_id is not None and row.client_id != token.client_id):
        return None
    return row if token.kid is None or row.signed_by is not None else None


def _for_this_address(audience: str, own_slug: str, slug: str | None) -> bool:
    """`/mcp` takes its own audience only; `/mcp/<slug>` that of its workspace's tokens, or the general one (RFC 8707)."""
    general = f"{settings().base_url}/mcp"
    if slug is None:
        return audience == general
    return slug == own_slug and audience in (general, f"{general}/{slug}")


def _standing(token: Known, row: Any, address: str | None, request_id: str | None) -> Standing:
    unlocks = unlocks_at(is_quarantined(row.kind, row.client_id), row.known_since)
    ticked = row.registered_scope if row.scope_is_limit else None
    destructive = not token.narrowed and holds_now(row.destructive_until)
    connection = ConnectionSettings.of(row.place_settings) if row.place_settings else UNCHANGED
    pairs = _pairs(token.scope, ticked, destructive, unlocks is not None)
    actor = Actor(
        kind="app", user_id=row.user_id, client_id=row.client_id, consent_id=row.consent_id, address=address,
        request_id=request_id, name=row.app_name,
    )  # fmt: skip
    return Standing(
        workspace=WorkspaceFacts.of(row),
        actor=actor,
        scope=token.scope,
        pairs=pairs if connection == UNCHANGED else connection.open(pairs),
        role=row.role,
        grantable=_grantable(row.kind, ticked, served.pairs()) if row.user_id is not None else frozenset(),
        unlocks_at=unlocks,
        family_id=token.family_id,
        connection=connection,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _pairs(scope: str, ticked: str | None, destructive: bool, quarantined: bool) -> frozenset[Pair]:
    """What the named scopes give; destructive pairs by the family's quarter of an hour, changing ones never in quarantine."""
    names = canonical_names(scope, (ticked or "").split()) - {DESTRUCTIVE}
    pairs = pairs_of(names | {DESTRUCTIVE} if destructive else names)
    return frozenset(pair for pair in pairs if pair[1] == "read") if quarantined else pairs


@lru_cache(maxsize=256)
def _grantable(kind: Kind, ticked: str | None, now_served: frozenset[Pair]) -> frozenset[Pair]:
    """What a fresh consent could give to such a client: what is served, possible for its kind, and within its limit."""
    names = possible(kind) & frozenset(listed(now_served))
    if ticked is not None:
        names = frozenset(name for name in names if within(name, ticked.split()))
    return pairs_of(names)


_STATE = (
    select(
        Consent.id.label("consent_id"), Consent.user_id, Consent.known_since, Consent.last_used_at,
        Client.id.label("client_id"), Consent.app_name, Client.kind,
        Client.scope.label("registered_scope"), Client.scope_is_limit,
        TokenFamily.destructive_until, Seat.role, EndedToken.mark.label("ended"), *WORKSPACE,
        select(SigningKey.kid).where(SigningKey.kid == bindparam("kid")).scalar_subquery().label("signed_by"),
    )
    .select_from(
        families().outerjoin(
            EndedToken.__table__,
            and_(EndedToken.workspace_id == TokenFamily.workspace_id, EndedToken.mark == bindparam("mark")),
        )
    )
    .where(
        TokenFamily.workspace_id == bindparam("workspace", type_=Id),
        TokenFamily.id == bindparam("family", type_=Id),
        family_stands(NOW),
    )
)  # fmt: skip
_OPAQUE = select(
    AccessToken.family_id, AccessToken.audience, AccessToken.scope, AccessToken.narrowed, AccessToken.issued_at,
    AccessToken.expires_at,
).where(
    AccessToken.workspace_id == bindparam("workspace", type_=Id), AccessToken.token_hash == bindparam("hash"),
    AccessToken.expires_at > NOW,
)  # fmt: skip
