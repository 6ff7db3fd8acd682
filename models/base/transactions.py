"""Every change happens in one `with writing():`; an engine listener refuses a write outside it.

A raised DomainError rolls everything back. A refusal that must leave a mark is a returned outcome (ARCHITECTURE §2).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError, TimeoutError

from models.base.database import WAITING_MS, db, tell_workspace

_WRITING = "writing"
_turn = threading.Lock()


class WriteOutsideWriting(RuntimeError):
    """INSERT, UPDATE or DELETE was sent outside `with writing():`: a fault of ours, not of the caller."""


@contextmanager
def writing(*, keep: bool = True, relaxed: bool = False) -> Iterator[None]:
    """One write transaction: commits at the end, rolls back on any exception.

    It first ends the read transaction in progress, so rows are read anew. `keep=False` rolls back at the end too
    (dry run). `relaxed` gives up the disk flush, not atomicity: for usage and audit rows of reads.
    """
    session = db.session()
    if session.info.get(_WRITING):
        raise RuntimeError("writing() does not nest.")
    session.commit()
    with _in_turn():
        session.connection(execution_options={"writes": True, "relaxed": relaxed})
        session.info[_WRITING] = True
        try:
            yield
            if keep:
                session.commit()
            else:
                session.flush()
                session.rollback()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info[_WRITING] = False


@contextmanager
def _in_turn() -> Iterator[None]:
    """SQLite has one writer: the threads of a process queue here, and one of them asks for the lock (database.py).

    Whoever has waited for long goes on to ask for it too, which ends in an error.
    """
    queues = db.engine.dialect.name == "sqlite" and _turn.acquire(timeout=WAITING_MS / 1000)
    try:
        yield
    finally:
        if queues:
            _turn.release()


@lru_cache(maxsize=8)
def _relaxed(engine: Engine) -> Engine:
    return engine.execution_options(writes=True, relaxed=True)


@contextmanager
def writing_aside(workspace_id: int | None = None) -> Iterator[Connection]:
    """A short relaxed write transaction on a connection of its own beside the session's, of one workspace or of none.

    For counts and audit rows, which stand whatever becomes of the rest; the session's transaction is left alone. Never
    inside `writing()`: SQLite has one writer, and it would wait for itself.
    """
    with _relaxed(db.engine).begin() as connection:
        if workspace_id is not None:
            tell_workspace(connection, workspace_id)
        yield connection


@contextmanager
def writing_here() -> Iterator[None]:
    """Write in the open write transaction, or in one of its own: for what is made the first time somebody needs it."""
    with nullcontext() if db.session().info.get(_WRITING) else writing():
        yield


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of a write transaction that an exception undoes alone (RFC 6749 grants run their verbs in one)."""
    with db.session.begin_nested():
        yield


_BUSY = ("timeout", "locked", "deadlock", "serialize", "too many connections", "too many clients")


def is_busy(error: SQLAlchemyError) -> bool:
    """Whether the database, or its pool of connections, gave up waiting, and so changed nothing: it may work in a moment."""
    if isinstance(error, TimeoutError):
        return True
    said = str(getattr(error, "orig", "")).lower()
    return any(word in said for word in _BUSY)


@event.listens_for(Engine, "before_execute")
def _refuse_stray_writes(connection: Connection, clause: Any, *_: Any) -> None:
    if getattr(clause, "is_dml", False) and not connection.get_execution_options().get("writes"):
        raise WriteOutsideWriting(f"{clause.__visit_name__} on {getattr(clause, 'table', '?')} outside writing().")
