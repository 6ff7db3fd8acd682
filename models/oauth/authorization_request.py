"""An authorization request, kept here while a person decides: for 10 minutes, in one browser, for one decision.

The page holds only its handle, so that nothing a form sends can change what was asked (OAUTH §1).
"""

from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import ForeignKey, Index, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.base import Base, Id, Instant, Json, Key, db

LIFETIME = timedelta(minutes=10)


class AuthorizationRequest(Base):
    """What a client asked, checked, waiting for Authorize or Deny."""

    __tablename__ = "authorization_request"
    handle_hash: Mapped[str] = mapped_column(Key, primary_key=True)
    browser_hash: Mapped[str] = mapped_column(Key)
    client_id: Mapped[str] = mapped_column(Key)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("app_user.id"))
    """Who was signed in when the page was shown last."""
    asked: Mapped[Any] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("authorization_request_exp", "expires_at"), {"sqlite_strict": True})

    @classmethod
    def keep(cls, browser: str, client_id: str, user_id: int, asked: dict[str, Any]) -> str:
        """Keep a request and return the handle for its page; those whose time is up go."""
        handle, at = opaque.make("crmar"), clock.now()
        db.session.execute(delete(cls).where(cls.expires_at < at - LIFETIME))
        db.session.add(
            cls(
                handle_hash=opaque.digest(handle), browser_hash=opaque.digest(browser), client_id=client_id,
                user_id=user_id, asked=asked, created_at=at, expires_at=at + LIFETIME,
            )
        )  # fmt: skip
        db.session.flush()
        return handle

    @classmethod
    def of_browser(cls, handle: str, browser: str | None) -> Self | None:
        """The request of a handle that still waits, in the browser that it was shown in; None for any other."""
        if browser is None:
            return None
        found = db.session.get(cls, opaque.digest(handle), populate_existing=True)
        waits = found is not None and found.decided_at is None and found.expires_at > clock.now()
        return found if found is not None and waits and opaque.same(browser, found.browser_hash) else None

    def decide(self) -> bool:
        """Take the one decision; False when it was taken before (a second click) or its time is up."""
        at = clock.now()
        mine = update(AuthorizationRequest).where(AuthorizationRequest.handle_hash == self.handle_hash)
        open_still = AuthorizationRequest.decided_at.is_(None), AuthorizationRequest.expires_at > at
        taken = db.session.execute(mine.where(*open_still).values(decided_at=at).returning(AuthorizationRequest.handle_hash))
        return taken.scalar() is not None

    def show_to(self, user_id: int) -> None:
        """Remember for whom the page was rendered last, so that a switch of accounts is seen."""
        self.user_id = user_id
        db.session.flush()
