"""Runs migrations. On SQLite a batch rebuild with foreign keys on would delete cascading children and drop every
trigger, both silently; so foreign keys are off throughout, the triggers are made again, and the keys are checked at the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection, Text

from migrations.rules import SPELT_PER_DATABASE
from models.base import Flag, Id, Instant, Json, Key, Words

engine = current_app.extensions["migrate"].db.engine
target_metadata = current_app.extensions["migrate"].db.metadata

FROZEN = {
    Id: "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')",
    Instant: "sa.DateTime(timezone=True).with_variant(sa.Integer(), 'sqlite')",
    Words: "sa.Text()",
    Key: "sa.Text(collation='C').with_variant(sa.Text(), 'sqlite')",
    Json: "postgresql.JSONB().with_variant(sa.Text(), 'sqlite')",
    Flag: "sa.Boolean().with_variant(sa.Integer(), 'sqlite')",
}


def freeze_type(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """Spell our column types as plain SQLAlchemy ones, so that a landed migration never changes its meaning."""
    return FROZEN.get(type(item), False) if kind == "type" else False


def is_compared(item: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Whether `flask db check` compares it with the models."""
    return kind != "index" or name not in SPELT_PER_DATABASE


def is_other_type(context: Any, in_database: Any, in_model: Any, found: Any, wanted: Any) -> bool | None:
    """A Key is TEXT COLLATE "C" on PostgreSQL, which Alembic takes for another type than the decorator's."""
    return not isinstance(found, Text) if isinstance(wanted, Key) else None


def migrate() -> None:
    """Run what is due, in one transaction."""
    connection = engine.connect()
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        set_pragmas(connection, foreign_keys="OFF", legacy_alter_table="ON")
    with connection.execution_options(writes=True, across_workspaces=True):
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            render_item=freeze_type,
            include_object=is_compared,
            compare_type=is_other_type,
            render_as_batch=True,
            transactional_ddl=True,
        )
        with context.begin_transaction(), triggers_kept(connection) if sqlite else nothing():
            context.run_migrations()
            if sqlite:
                check_foreign_keys(connection)
        if sqlite:
            set_pragmas(connection, foreign_keys="ON", legacy_alter_table="OFF")


def set_pragmas(connection: Connection, **pragmas: str) -> None:
    """SQLite: set what a rebuild needs, through the driver and so before BEGIN or after COMMIT. Without `legacy_alter_table` a
    table cannot take back its name while another table's trigger speaks of it.
    """
    for name, value in pragmas.items():
        connection.connection.driver_connection.execute(f"PRAGMA {name}={value}")


@contextmanager
def triggers_kept(connection: Connection) -> Iterator[None]:
    """Make again, after the migrations, each trigger that a table's rebuild has dropped."""
    listing = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    before = {row.name: row for row in connection.exec_driver_sql(listing)}
    yield
    after = {row.name for row in connection.exec_driver_sql(listing)}
    tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    dropped = set(connection.info.pop("dropped_triggers", ()))
    for name, row in before.items():
        if name not in after and row.tbl_name in tables and name not in dropped:
            connection.exec_driver_sql(row.sql)


@contextmanager
def nothing() -> Iterator[None]:
    """PostgreSQL keeps its triggers."""
    yield


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit a migration that leaves a reference to nothing."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"The migration would break {len(broken)} references, the first in table {broken[0][0]}.")


migrate()
