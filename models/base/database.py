"""The declarative base, the session, and what each new connection and transaction is told.

SQLite: WAL, foreign keys, full durability, deleted content overwritten. PostgreSQL: short lock and statement
timeouts, and the workspace for its row-level security (`enter`).
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, registry

NAMES = {
    "pk": "pk_%(table_name)s",
    "ix": "%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """The root of every mapped class."""

    registry = registry()
    __table_args__: Any = {"sqlite_strict": True}


Base.metadata.naming_convention = NAMES

db = SQLAlchemy(model_class=Base, disable_autonaming=True)

WAITING_MS: Final = 10_000
"""How long a connection waits for SQLite's one writer."""
_PAUSE: Final = 0.0002
"""Seconds between two tries for it."""
_TAKEN: Final = ("SQLITE_BUSY", "SQLITE_BUSY_RECOVERY")
_WORKSPACE = "workspace_id"
_SET_WORKSPACE = "SELECT set_config('app.workspace_id', %s, true)"


def enter(workspace_id: int) -> None:
    """Work in this workspace from here on: PostgreSQL's row-level security then shows its rows and no others."""
    session = db.session()
    if session.info.get(_WORKSPACE) == workspace_id:
        return
    session.info[_WORKSPACE] = workspace_id
    if session.in_transaction():
        tell_workspace(session.connection(), workspace_id)


def workspace_entered() -> int | None:
    """The workspace that this session works in, or None before one is known."""
    entered: int | None = db.session().info.get(_WORKSPACE)
    return entered


@contextmanager
def inside(workspace_id: int) -> Iterator[None]:
    """Work in another workspace within the block: for the few verbs that span a user's workspaces."""
    before = workspace_entered()
    enter(workspace_id)
    try:
        yield
    except SQLAlchemyError:  # this transaction is over; the next one is told at its beginning
        db.session().info[_WORKSPACE] = before
        raise
    except BaseException:
        _back_to(before)
        raise
    _back_to(before)


def _back_to(workspace_id: int | None) -> None:
    if workspace_id is not None:
        enter(workspace_id)


def tell_workspace(connection: Connection, workspace_id: int) -> None:
    """Set the workspace of the open transaction for row-level security; SQLite has none."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_SET_WORKSPACE, (str(workspace_id),))


@event.listens_for(Session, "after_begin")
def _workspace_of_the_session(session: Session, transaction: Any, connection: Connection) -> None:
    workspace_id = session.info.get(_WORKSPACE)
    if workspace_id is not None:
        tell_workspace(connection, workspace_id)


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: DBAPIConnection, record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # pysqlite would begin, and commit, on its own
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"busy_timeout={WAITING_MS}",
            "foreign_keys=ON",
            "secure_delete=ON",
            "synchronous=FULL",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@contextmanager
def without_waiting(driver: Any) -> Iterator[None]:
    """SQLite's connection says at once that somebody else is in the way, where it would wait for WAITING_MS."""
    driver.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={WAITING_MS}")


def _take_the_write_lock(connection: Connection) -> None:
    """BEGIN IMMEDIATE. Between two tries SQLite sleeps 1 to 100 ms, where a write takes a third of one: we ask more often."""
    driver: Any = connection.connection.dbapi_connection
    until = time.perf_counter() + WAITING_MS / 1000
    with without_waiting(driver):
        while time.perf_counter() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as busy:
                if busy.sqlite_errorname not in _TAKEN:
                    break  # asked once more below, and told as SQLAlchemy tells errors
                time.sleep(_PAUSE)
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if connection.dialect.name == "sqlite":
        if options.get("writes"):
            wanted = "NORMAL" if options.get("relaxed") else "FULL"
            if connection.info.get("synchronous", "FULL") != wanted:
                connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
                connection.info["synchronous"] = wanted
            _take_the_write_lock(connection)
        else:
            connection.exec_driver_sql("BEGIN")
    elif options.get("relaxed"):
        connection.exec_driver_sql("SET LOCAL synchronous_commit=off")


def engine_options(url: str) -> dict[str, Any]:
    """What the engine of a URL is opened with. Parameters stay out of errors and so out of the log: they hold what was sent."""
    shared: dict[str, Any] = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return shared | {"connect_args": {"timeout": 10, "check_same_thread": False}, "pool_size": 20, "max_overflow": 20}
    return shared | {
        "connect_args": {"options": "-c lock_timeout=5s -c statement_timeout=30s -c timezone=UTC"},
        "pool_size": 10,
        "max_overflow": 20,
        "pool_pre_ping": True,
    }
