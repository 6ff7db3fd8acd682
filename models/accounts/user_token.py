"""A token that is sent to a person by mail, good once and not for long; only its hash is kept."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.base import Base, Id, Instant, Key, Words, db
from models.base.constraints import one_of

Purpose = Literal["password_reset", "verify_email"]
PURPOSES = ("password_reset", "verify_email")
_KEPT = timedelta(days=7)


class UserToken(Base):
    """One link that was sent, or printed by the operator."""

    __tablename__ = "user_token"
    token_hash: Mapped[str] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("app_user.id"))
    purpose: Mapped[str] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    spent_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        one_of("purpose", PURPOSES, "purpose"),
        Index("user_token_user", "user_id", "purpose"),
        {"sqlite_strict": True},
    )

    @classmethod
    def make(cls, user_id: int, purpose: Purpose, lifetime: timedelta) -> str:
        """A new token of this user, under `writing()`; long dead ones go."""
        token, at = opaque.make("crmut"), clock.now()
        db.session.execute(delete(cls).where(cls.user_id == user_id, cls.expires_at < at - _KEPT))
        db.session.add(
            cls(token_hash=opaque.digest(token), user_id=user_id, purpose=purpose, created_at=at, expires_at=at + lifetime)
        )
        db.session.flush()
        return token

    @classmethod
    def owner_of(cls, token: str, purpose: Purpose) -> int | None:
        """The user that a live token is for, or None."""
        return db.session.scalar(select(cls.user_id).where(cls._good(token, purpose)))

    @classmethod
    def spend(cls, token: str, purpose: Purpose) -> int | None:
        """Spend a live token, exactly once, and every other one of its user and purpose; the user's id, or None."""
        spent = update(cls).where(cls._good(token, purpose)).values(spent_at=clock.now())
        user_id: int | None = db.session.scalar(spent.returning(cls.user_id))
        if user_id is not None:
            cls.spend_all_of(user_id, purpose)
        return user_id

    @classmethod
    def spend_all_of(cls, user_id: int, purpose: Purpose) -> None:
        """End every live token of a user and purpose."""
        live = update(cls).where(cls.user_id == user_id, cls.purpose == purpose, cls.spent_at.is_(None))
        db.session.execute(live.values(spent_at=clock.now()))

    @classmethod
    def _good(cls, token: str, purpose: Purpose) -> ColumnElement[bool]:
        unspent = and_(cls.spent_at.is_(None), cls.expires_at > clock.now())
        return and_(cls.token_hash == opaque.digest(token), cls.purpose == purpose, unspent)
