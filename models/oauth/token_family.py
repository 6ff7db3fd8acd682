"""A family: all refresh tokens descended from one authorization code, and the access tokens issued beside them.

Scopes, audience and the quarter of an hour for destructive tools belong to it. Ended, none of its tokens is good for
anything at the next call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ForeignKey, Index, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Flag, Id, Instant, Key, Tenant, Words, db, tenant_key
from models.base.constraints import one_of
from models.oauth.scope import spelled

DESTRUCTIVE_FOR = timedelta(minutes=15)
"""How long a consent to destructive tools holds (PRODUCT §3, gate 2)."""
Why = Literal["withdrawn", "revoked", "reuse", "code_reuse", "password", "changed"]
WHYS: tuple[Why, ...] = get_args(Why)


class TokenFamily(Tenant, Base):
    """What one redeemed code began."""

    __tablename__ = "token_family"
    prefix = "fam"
    noun = "connection"

    consent_id: Mapped[int] = mapped_column(Id)
    client_id: Mapped[str] = mapped_column(Key, ForeignKey("oauth_client.id"))
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))
    scopes: Mapped[str] = mapped_column(Words)
    """Canonical, without `mcp.destructive`, which is held by `destructive_until` alone."""
    asked: Mapped[str | None] = mapped_column(Words)
    """The names the client used for them, so that answers name them alike."""
    audience: Mapped[str] = mapped_column(Words)
    redirect_uri: Mapped[str | None] = mapped_column(Words)
    """Where its code was sent; None where no browser was in between."""
    refreshable: Mapped[bool] = mapped_column(Flag)
    destructive_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_why: Mapped[str | None] = mapped_column(Key)

    __table_args__ = (
        tenant_key("consent_id", to="consent"),
        one_of("ended_why", WHYS, "ended_why"),
        Index("token_family_consent", "workspace_id", "consent_id", "id"),
        Index("token_family_user", "workspace_id", "user_id"),
        {"sqlite_strict": True},
    )

    @property
    def live(self) -> bool:
        """Neither ended nor past its end."""
        return self.ended_at is None and (self.ends_at is None or self.ends_at > clock.now())

    @classmethod
    def begin(cls, held: "Held", *, redirect_uri: str | None = None) -> None:
        """Store a new family."""
        db.session.execute(
            insert(cls.__table__),  # type: ignore[arg-type]
            {
                "workspace_id": held.workspace_id, "id": held.family_id, "consent_id": held.consent_id,
                "client_id": held.client_id, "user_id": held.user_id, "scopes": spelled(held.scopes), "asked": held.asked,
                "audience": held.audience, "redirect_uri": redirect_uri, "refreshable": held.refreshable,
                "destructive_until": held.destructive_until, "created_at": clock.now(), "ends_at": held.ends_at,
            },
        )  # fmt: skip

    @classmethod
    def end(cls, workspace_id: int, family_id: int, why: Why) -> bool:
        """End one family; False when it had ended before."""
        mine = update(cls).where(cls.workspace_id == workspace_id, cls.id == family_id, cls.ended_at.is_(None))
        ended = db.session.execute(mine.values(ended_at=clock.now(), ended_why=why).returning(cls.id))
        return ended.scalar() is not None

    @classmethod
    def end_of_consent(cls, workspace_id: int, consent_id: int, why: Why) -> None:
        """End every family of a consent."""
        mine = update(cls).where(cls.workspace_id == workspace_id, cls.consent_id == consent_id, cls.ended_at.is_(None))
        db.session.execute(mine.values(ended_at=clock.now(), ended_why=why))

    @classmethod
    def set_destructive(cls, workspace_id: int, consent_id: int, until: datetime) -> None:
        """Let the live families of a consent use destructive tools until then."""
        mine = update(cls).where(cls.workspace_id == workspace_id, cls.consent_id == consent_id, cls.ended_at.is_(None))
        db.session.execute(mine.values(destructive_until=until))

    @classmethod
    def of_consent(cls, workspace_id: int, consent_id: int) -> list["TokenFamily"]:
        """The families of a consent, newest first."""
        mine = select(cls).where(cls.workspace_id == workspace_id, cls.consent_id == consent_id)
        return list(db.session.scalars(mine.order_by(cls.id.desc())))


@dataclass(frozen=True, slots=True)
class Held:
    """What a live family holds: the facts that its tokens are made from."""

    workspace_id: int
    family_id: int
    consent_id: int
    client_id: str
    user_id: int | None
    scopes: frozenset[str]
    asked: str | None
    audience: str
    refreshable: bool
    destructive_until: datetime | None
    ends_at: datetime | None

    @property
    def destructive(self) -> bool:
        """Whether it may cancel, refund and delete now."""
        return holds_now(self.destructive_until)


def holds_now(destructive_until: datetime | None) -> bool:
    """Whether a family's quarter of an hour for destructive tools has not run out (PRODUCT §3, gate 2)."""
    return destructive_until is not None and destructive_until > clock.now()
