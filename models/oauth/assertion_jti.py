"""The id of a client's assertion, remembered until it expires: each is good once (RFC 7523 §3)."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models import opaque
from models.base import Base, Instant, Key, db
from models.base.constraints import insert_if_new


class AssertionJti(Base):
    """One assertion that was presented."""

    __tablename__ = "assertion_jti"
    client_id: Mapped[str] = mapped_column(Key, primary_key=True)
    jti: Mapped[str] = mapped_column(Key, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)


def remember_assertion(client_id: str, jti: str, expires_at: datetime) -> bool:
    """Take note of an assertion; False when it was presented before. Under `writing()`."""
    row = {"client_id": client_id, "jti": opaque.digest(jti), "expires_at": expires_at}
    taken = insert_if_new(AssertionJti).values(**row).returning(AssertionJti.jti)
    return db.session.execute(taken).scalar() is not None
