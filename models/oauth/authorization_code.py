"""An authorization code: good once, for a minute, for whoever has the verifier (RFC 6749 §4.1.2, RFC 7636).

Redeeming it is one conditional UPDATE, so of fifty at once one wins. Presented again it ends what it began.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Flag, Id, Instant, Key, Tenant, Words, db, enter, new_id, tenant_key
from models.errors import Invalid
from models.oauth.client import Client
from models.oauth.consent import Consent
from models.oauth.live import around_consent, consent_stands
from models.oauth.presented import place_of
from models.oauth.scope import DESTRUCTIVE, spelled
from models.oauth.token_family import DESTRUCTIVE_FOR, Held, TokenFamily
from models.settings import settings

PREFIX = "crmac"
LIFETIME = timedelta(seconds=60)
_KEPT = timedelta(days=7)


class CodeOver(Invalid):
    """Its minute has passed, or the consent behind it no longer stands: `invalid_grant`."""

    def __init__(self) -> None:
        super().__init__("The authorization code has expired or was withdrawn.")


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Spent, by this call and no other."""

    held: Held


@dataclass(frozen=True, slots=True)
class RedeemedBefore:
    """Presented again: what it had begun has ended (RFC 6749 §4.1.2). This outcome is kept."""


class AuthorizationCode(Tenant, Base):
    """One code, by its hash, with all that it is bound to."""

    __tablename__ = "authorization_code"
    prefix = "cod"
    noun = "authorization code"

    code_hash: Mapped[str] = mapped_column(Key)
    consent_id: Mapped[int] = mapped_column(Id)
    family_id: Mapped[int | None] = mapped_column(Id)
    client_id: Mapped[str] = mapped_column(Key, ForeignKey("oauth_client.id"))
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("app_user.id"))
    challenge: Mapped[str] = mapped_column(Words)
    redirect_uri: Mapped[str] = mapped_column(Words)
    redirect_named: Mapped[bool] = mapped_column(Flag)
    """Whether the request named it; where it did not, the redemption need not either (RFC 6749 §4.1.3)."""
    audience: Mapped[str] = mapped_column(Words)
    scopes: Mapped[str] = mapped_column(Words)
    asked: Mapped[str | None] = mapped_column(Words)
    refreshable: Mapped[bool] = mapped_column(Flag)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    redeemed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        tenant_key("consent_id", to="consent"),
        tenant_key("family_id", to="token_family"),
        UniqueConstraint("workspace_id", "code_hash"),
        Index("authorization_code_consent", "workspace_id", "consent_id"),
        {"sqlite_strict": True},
    )

    @classmethod
    def issue(
        cls,
        consent: Consent,
        client: Client,
        *,
        challenge: str,
        redirect_uri: str,
        redirect_named: bool = True,
        audience: str,
        scopes: Collection[str],
        asked: str | None,
        refreshable: bool,
    ) -> str:
        """Make a code for a consent just given, and return its value. Under `writing()`."""
        if consent.user_id is None:
            raise ValueError("A service principal gets no code.")
        enter(consent.workspace_id)
        value, at = opaque.make(PREFIX, consent.workspace_id), clock.now()
        db.session.execute(delete(cls).where(cls.workspace_id == consent.workspace_id, cls.created_at < at - _KEPT))
        db.session.add(
            cls(
                workspace_id=consent.workspace_id, id=new_id(), code_hash=opaque.digest(value), consent_id=consent.id,
                client_id=client.id, user_id=consent.user_id, challenge=challenge, redirect_uri=redirect_uri,
                redirect_named=redirect_named, audience=audience, scopes=spelled(scopes), asked=asked,
                refreshable=refreshable and client.allows("refresh_token"), created_at=at, expires_at=at + LIFETIME,
            )
        )  # fmt: skip
        db.session.flush()
        return value

    @classmethod
    def presented(cls, value: str) -> Self | None:
        """The code of a value, in whatever state; None where there is none, which is a guess."""
        place = place_of(PREFIX, value)
        if place is None:
            return None
        return db.session.scalar(select(cls).where(cls.workspace_id == place.workspace_id, cls.code_hash == place.hash))

    def goes_to(self, presented: str | None) -> bool:
        """Whether a redemption names the redirect URI of the request (RFC 6749 §4.1.3)."""
        return presented == self.redirect_uri or (presented is None and not self.redirect_named)

    def redeem(self, client: Client, by: Actor) -> Redeemed | RedeemedBefore:
        """Spend the code once and begin a family; a second presentation ends that family (RFC 6749 §4.1.2).

        Client, redirect URI, verifier and audience are proven before: a thief without the verifier ends nobody's
        sign-in. Raises CodeOver.
        """
        at = clock.now()
        if self.redeemed_at is None and not self._stands(at):
            raise CodeOver
        mine = update(AuthorizationCode).where(
            AuthorizationCode.workspace_id == self.workspace_id, AuthorizationCode.id == self.id,
            AuthorizationCode.redeemed_at.is_(None), AuthorizationCode.expires_at > at,
        )  # fmt: skip
        spent = db.session.execute(mine.values(redeemed_at=at).returning(AuthorizationCode.id)).scalar()
        if spent is None:
            return self._presented_again(by)
        return Redeemed(self._begin_family(client, at))

    def _stands(self, at: datetime) -> bool:
        if self.expires_at <= at:
            return False
        consent = select(Consent.id).select_from(around_consent(Consent.__table__))
        mine = Consent.workspace_id == self.workspace_id, Consent.id == self.consent_id
        return db.session.scalar(consent.where(*mine, consent_stands())) is not None

    def _begin_family(self, client: Client, at: datetime) -> Held:
        scopes = frozenset(self.scopes.split())
        until = self.created_at + DESTRUCTIVE_FOR if DESTRUCTIVE in scopes else None
        lasts = settings().refresh_family_ttl if self.refreshable else client.token_lifetime()
        begins = self.created_at if self.refreshable else at
        held = Held(
            workspace_id=self.workspace_id, family_id=new_id(), consent_id=self.consent_id, client_id=client.id,
            user_id=self.user_id, scopes=scopes - {DESTRUCTIVE}, asked=self.asked, audience=self.audience,
            refreshable=self.refreshable, destructive_until=until, ends_at=begins + timedelta(seconds=lasts),
        )  # fmt: skip
        TokenFamily.begin(held, redirect_uri=self.redirect_uri)
        mine = AuthorizationCode.workspace_id == self.workspace_id, AuthorizationCode.id == self.id
        db.session.execute(update(AuthorizationCode).where(*mine).values(family_id=held.family_id))
        return held

    def _presented_again(self, by: Actor) -> RedeemedBefore:
        """Raises CodeOver where it ran out meanwhile, so that nothing was begun that could end."""
        now_reads = select(AuthorizationCode.redeemed_at, AuthorizationCode.family_id).where(
            AuthorizationCode.workspace_id == self.workspace_id, AuthorizationCode.id == self.id
        )
        redeemed_at, family_id = db.session.execute(now_reads).one()
        if redeemed_at is None or family_id is None:
            raise CodeOver
        TokenFamily.end(self.workspace_id, family_id, "code_reuse")
        named = by.acting_as(client_id=self.client_id, consent_id=self.consent_id)
        age = round((clock.now() - redeemed_at).total_seconds(), 3)
        audit_event.record(
            self.workspace_id, "reuse_code", named, outcome="refused",
            entity="token_family", entity_id=family_id, fields={"age_seconds": age},
        )  # fmt: skip
        return RedeemedBefore()

    @classmethod
    def expire_of_consent(cls, workspace_id: int, consent_id: int) -> None:
        """End the codes of a consent that wait to be redeemed: back to when they were made, for whoever redeems one
        meanwhile asks about an instant that is earlier than now."""
        waiting = cls.workspace_id == workspace_id, cls.consent_id == consent_id, cls.redeemed_at.is_(None)
        db.session.execute(update(cls).where(*waiting).values(expires_at=cls.created_at))
