"""SQLite's log: what was erased from the file stands there until the log is written back and emptied.

`secure_delete` overwrites what is gone in the file alone. Whoever erases for good calls `empty_after_commit`; where a reader
keeps the log at that moment it is tried again at each later commit of this process, and by the worker in every round.
"""

from sqlalchemy import event
from sqlalchemy.orm import Session

from models.base.database import db, without_waiting

_ERASED = "empty_the_log"
_still_full = False


def empty_after_commit() -> None:
    """Empty the log when the open transaction is committed: it erased what must not be read any more."""
    db.session().info[_ERASED] = True


def empty() -> bool:
    """Write the log back and empty it, without waiting for anybody; whether nothing is left in it. SQLite only, else True.

    Waiting would hold up every writer for as long as one reader reads.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        with without_waiting(cursor):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, frames, _ = cursor.fetchone() or (0, 0, 0)
    finally:
        raw.close()
    return not busy and frames <= 0


@event.listens_for(Session, "after_commit")
def _empty(session: Session) -> None:
    global _still_full
    if session.info.pop(_ERASED, False):
        _still_full = True
    if _still_full:
        _still_full = not empty()


@event.listens_for(Session, "after_rollback")
def _nothing_erased(session: Session) -> None:
    session.info.pop(_ERASED, None)
