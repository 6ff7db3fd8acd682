"""A refresh token: spent and replaced at every use; used twice, its whole family ends (RFC 9700 §4.14.2).

Real clients refresh in parallel and lose answers. So for a short window the same client that presents the immediate
predecessor gets the identical successor, as long as that is unused: it is an HMAC of a stored nonce and the presented
token, and only nonce and hash are stored (OAUTH §1, Families).
"""

import base64
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import Index, UniqueConstraint, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Instant, Key, Tenant, Words, db, new_id, tenant_key
from models.errors import Invalid
from models.oauth.live import NOW, families, family_stands
from models.oauth.presented import place_of
from models.oauth.scope import spelled
from models.oauth.token_family import Held, TokenFamily
from models.settings import settings

PREFIX = "crmrt"


class RefreshRefused(Invalid):
    """The token is no longer good, and presenting it changes nothing: `invalid_grant`."""

    def __init__(self) -> None:
        super().__init__("The refresh token has expired or was revoked.")


@dataclass(frozen=True, slots=True)
class Rotated:
    """Spent by this call; `successor` is the family's live token now."""

    successor: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """Spent a moment ago by the same client, whose answer may have been lost: the identical successor again."""

    successor: str


@dataclass(frozen=True, slots=True)
class Reused:
    """Spent before, and not excused: the family has ended. This outcome is kept."""


class RefreshToken(Tenant, Base):
    """One token, by its hash. `UNIQUE(workspace_id, parent_id)` keeps a family from ever having two branches."""

    __tablename__ = "refresh_token"
    prefix = "rft"
    noun = "refresh token"

    family_id: Mapped[int] = mapped_column(Id)
    token_hash: Mapped[str] = mapped_column(Key)
    parent_id: Mapped[int | None] = mapped_column(Id)
    nonce: Mapped[str | None] = mapped_column(Words)
    effective: Mapped[str] = mapped_column(Words)
    """The scopes and audience of the access token that was issued with it: a replay must ask for the same."""
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    rotated_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        tenant_key("family_id", to="token_family"),
        tenant_key("parent_id", to="refresh_token"),
        UniqueConstraint("workspace_id", "token_hash"),
        UniqueConstraint("workspace_id", "parent_id"),
        Index("refresh_token_family", "workspace_id", "family_id", "id"),
        {"sqlite_strict": True},
    )

    @classmethod
    def first(cls, held: Held) -> str:
        """The first token of a family."""
        value = opaque.make(PREFIX, held.workspace_id)
        _store(held, new_id(), value, effective=_effective(held.scopes, held.audience))
        return value

    @classmethod
    def presented(cls, value: str) -> "Presented | None":
        """What a presented value is, in whatever state; None where there is none, which is a guess."""
        place = place_of(PREFIX, value)
        if place is None:
            return None
        found = {"workspace": place.workspace_id, "hash": place.hash, "now": clock.now()}
        row = db.session.connection().execute(_PRESENTED, found).one_or_none()
        if row is None:
            return None
        held = Held(
            place.workspace_id, row.family_id, row.consent_id, row.client_id, row.user_id, frozenset(row.scopes.split()),
            row.asked, row.audience, row.refreshable, row.destructive_until, row.ends_at,
        )  # fmt: skip
        return Presented(value, row.id, held, row.expires_at, row.rotated_at, bool(row.stands))


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as it was presented, with the family it belongs to."""

    value: str
    id: int
    held: Held
    expires_at: datetime
    rotated_at: datetime | None
    stands: bool

    def rotate(self, scopes: Collection[str], audience: str, by: Actor) -> Rotated | Replayed | Reused:
        """Spend this token once; a second presentation ends the family, unless the window excuses it.

        The caller has authenticated the client and checked that the token is that client's. `scopes` and `audience`
        are what the access token beside it is for. `stands` is as of the look: what a family's end in between still gives
        out is dead at its first use. Raises RefreshRefused.
        """
        if not self.stands:
            raise RefreshRefused
        effective = _effective(scopes, audience)
        if self.rotated_at is not None:
            return self._presented_again(effective, by)
        at = clock.now()
        if self.expires_at <= at:
            raise RefreshRefused
        spent = {"workspace": self.held.workspace_id, "spent": self.id, "now": at}
        if db.session.connection().execute(_SPEND, spent).one_or_none() is None:
            return self._presented_again(effective, by)
        nonce = token_hex(16)
        successor = _successor(self.held.workspace_id, nonce, self.value)
        _store(self.held, new_id(), successor, effective=effective, parent_id=self.id, nonce=nonce)
        self._note("rotate_token", by, "done", None)
        return Rotated(successor)

    def _presented_again(self, effective: str, by: Actor) -> Replayed | Reused:
        child = db.session.connection().execute(_CHILD, {"workspace": self.held.workspace_id, "parent": self.id}).one()
        age = clock.now() - child.issued_at
        in_time = age <= timedelta(seconds=settings().refresh_reuse_window) and settings().refresh_reuse_window > 0
        if in_time and child.rotated_at is None and child.effective == effective:
            successor = _successor(self.held.workspace_id, child.nonce, self.value)
            if not opaque.same(successor, child.token_hash):
                raise RefreshRefused  # FRONTDESK_SECRET_KEY was changed: nobody's fault, so nothing ends
            self._note("replay_token", by, "done", age)
            return Replayed(successor)
        TokenFamily.end(self.held.workspace_id, self.held.family_id, "reuse")
        self._note("reuse_token", by, "refused", age)
        return Reused()

    def end_family(self, by: Actor) -> None:
        """Revoke: the family of a current or spent token ends (RFC 7009 §2.1)."""
        if TokenFamily.end(self.held.workspace_id, self.held.family_id, "revoked"):
            self._note("revoke_token", by, "done", None)

    def _note(self, verb: str, by: Actor, outcome: Any, age: timedelta | None) -> None:
        held = self.held
        named = by.acting_as(client_id=held.client_id, consent_id=held.consent_id, user_id=held.user_id)
        fields = {"age_seconds": round(age.total_seconds(), 3)} if age is not None else None
        audit_event.record(
            held.workspace_id, verb, named, outcome=outcome, entity="token_family", entity_id=held.family_id, fields=fields
        )


def _successor(workspace_id: int, nonce: str, presented: str) -> str:
    """The token that follows a presented one: the same for the same nonce, and unguessable without the key."""
    mac = hmac.new(opaque.key("refresh successor"), f"{nonce}.{presented}".encode(), sha256).digest()
    return f"{PREFIX}_{opaque.encode(workspace_id)}_{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _effective(scopes: Collection[str], audience: str) -> str:
    return f"{spelled(scopes)} {audience}"


def _store(
    held: Held, token_id: int, value: str, *, effective: str, parent_id: int | None = None, nonce: str | None = None
) -> None:
    at = clock.now()
    expires_at = at + timedelta(seconds=settings().refresh_token_ttl)
    row = {
        "workspace_id": held.workspace_id, "id": token_id, "family_id": held.family_id, "token_hash": opaque.digest(value),
        "parent_id": parent_id, "nonce": nonce, "effective": effective, "issued_at": at,
        "expires_at": min(expires_at, held.ends_at) if held.ends_at is not None else expires_at,
    }  # fmt: skip
    db.session.connection().execute(_STORE, row)


_token: Any = RefreshToken.__table__
_family: Any = TokenFamily.__table__
_same_family = (_token.c.workspace_id == _family.c.workspace_id) & (_token.c.family_id == _family.c.id)
_WORKSPACE: Any = bindparam("workspace", type_=Id)

_STORE = insert(_token)
_PRESENTED = (
    select(
        _token.c.id, _token.c.expires_at, _token.c.rotated_at, _token.c.family_id, _family.c.consent_id, _family.c.client_id,
        _family.c.user_id, _family.c.scopes, _family.c.asked, _family.c.audience, _family.c.refreshable,
        _family.c.destructive_until, _family.c.ends_at, family_stands(NOW).label("stands"),
    )
    .select_from(families().join(_token, _same_family))
    .where(_token.c.workspace_id == _WORKSPACE, _token.c.token_hash == bindparam("hash"))
)  # fmt: skip
_SPEND = (
    update(_token)
    .where(_token.c.workspace_id == _WORKSPACE, _token.c.id == bindparam("spent", type_=Id), _token.c.rotated_at.is_(None))
    .values(rotated_at=NOW)
    .returning(_token.c.id)
)
_CHILD = select(_token.c.issued_at, _token.c.rotated_at, _token.c.effective, _token.c.nonce, _token.c.token_hash).where(
    _token.c.workspace_id == _WORKSPACE, _token.c.parent_id == bindparam("parent", type_=Id)
)
