"""A secret that the next page tells, once: kept sealed for a few minutes, for the browser that made it, and gone when told."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.base import Base, Instant, Key, Words, db, writing

LIFETIME = timedelta(minutes=5)
_PURPOSE = "told once"


class ToldOnce(Base):
    """What one browser has still to be told about one record, encrypted under FRONTDESK_SECRET_KEY."""

    __tablename__ = "told_once"
    browser: Mapped[str] = mapped_column(Key, primary_key=True)
    """The hash of its sign-in."""
    about: Mapped[str] = mapped_column(Key, primary_key=True)
    sealed: Mapped[str] = mapped_column(Words)
    expires_at: Mapped[datetime] = mapped_column(Instant)


def keep(browser: str, about: str, secret: str) -> None:
    """Keep the secret of a record for the next page; a newer one takes its place. Under `writing()`, with what made it."""
    _take(browser, about)
    sealed = opaque.seal(_PURPOSE, secret, about)
    db.session.add(ToldOnce(browser=browser, about=about, sealed=sealed, expires_at=clock.now() + LIFETIME))
    db.session.flush()


def tell(browser: str, about: str) -> str | None:
    """The secret, if it has not been told; None ever after, and to whoever comes at the same moment with the same cookie."""
    waits = select(ToldOnce.about).where(ToldOnce.browser == browser, ToldOnce.about == about)
    if db.session.scalar(waits) is None:
        return None
    with writing():
        sealed = _take(browser, about)
    return opaque.unseal(_PURPOSE, sealed, about) if sealed is not None else None


def sweep() -> None:
    """Remove what nobody came for. Under `writing()`; the worker's."""
    db.session.execute(delete(ToldOnce).where(ToldOnce.expires_at <= clock.now()))


def _take(browser: str, about: str) -> str | None:
    """Spend the row: of two at once one gets it."""
    mine = delete(ToldOnce).where(ToldOnce.browser == browser, ToldOnce.about == about)
    row = db.session.execute(mine.returning(ToldOnce.sealed, ToldOnce.expires_at)).one_or_none()
    return row.sealed if row is not None and row.expires_at > clock.now() else None
