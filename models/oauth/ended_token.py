"""An access token that was revoked by itself, remembered until it would have expired (RFC 7009 §2)."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Id, Instant, Key, db
from models.base.constraints import insert_if_new

KEPT_ON = timedelta(minutes=1)
"""How much longer a mark is kept than its token lives: by the clock of another host it may live still."""


class EndedToken(Base):
    """The mark of one token: its jti, or the hash of an opaque one."""

    __tablename__ = "ended_token"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(Key, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    @classmethod
    def end(cls, workspace_id: int, mark: str, expires_at: datetime) -> None:
        """End one token; ending it again changes nothing. Marks of tokens that have expired go."""
        row = {"workspace_id": workspace_id, "mark": mark, "expires_at": expires_at}
        db.session.execute(insert_if_new(cls).values(**row))
        over = clock.now() - KEPT_ON
        db.session.execute(delete(cls).where(cls.workspace_id == workspace_id, cls.expires_at < over))
