"""What migrations share: column types frozen as plain SQLAlchemy ones, and rules that SQLAlchemy cannot spell.

Texts here are part of migrations that have landed: add to this file, never change what stands.
"""

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Integer(), "sqlite")
KEY = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
DOCUMENT = postgresql.JSONB().with_variant(sa.Text(), "sqlite")
STRICT: dict[str, Any] = {"sqlite_strict": True}
SPELT_PER_DATABASE = frozenset({"customer_last_booking"})
"""Indexes that each database spells in its own way (NULLS LAST), so they stand in migrations alone and no check compares them."""


def flag(name: str, **options: Any) -> sa.Column[Any]:
    """A boolean column: INTEGER with CHECK (x IN (0, 1)) on SQLite."""
    column: sa.Column[Any] = sa.Column(name, sa.Boolean().with_variant(sa.Integer(), "sqlite"), **options)
    if op.get_bind().dialect.name == "sqlite":
        column = sa.Column(name, sa.Integer(), sa.CheckConstraint(f"{name} IN (0, 1)", name=op.f(f"ck_{name}_flag")), **options)
    return column


def tenant_columns() -> tuple[sa.Column[Any], sa.Column[Any]]:
    """The key of a tenant table, `(workspace_id, id)`."""
    return (
        sa.Column("workspace_id", INTEGER, sa.ForeignKey("workspace.id"), primary_key=True),
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
    )


def tenant_key(column: str, table: str) -> sa.ForeignKeyConstraint:
    """A composite foreign key inside the workspace."""
    return sa.ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"])


def row_level_security(*tables: str) -> None:
    """PostgreSQL: show and store only rows of the workspace that the transaction has entered; forced on the owner too."""
    if op.get_bind().dialect.name != "postgresql":
        return
    here = "workspace_id = nullif(current_setting('app.workspace_id', true), '')::bigint"
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY workspace ON {table} USING ({here})")


def append_only(table: str) -> None:
    """Refuse UPDATE and DELETE on both databases, but for DELETE where the transaction has set app.erase (PostgreSQL)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_ro BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_ro_{verb.lower()} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, 'append_only:{table}'); END"
        )


def append_only_function() -> None:
    """PostgreSQL: the function behind `append_only`."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF TG_OP = 'DELETE' AND current_setting('app.erase', true) = 'on' THEN RETURN OLD; END IF;"
            " RAISE EXCEPTION 'append_only:%', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
        )


def refuse_when(name: str, table: str, events: str, when: str, exists: str | None = None) -> None:
    """Keep a rule that no CHECK can: refuse the events (`INSERT`, `UPDATE OF kind`) where `when` holds of NEW and OLD and, if
    given, the select `exists` finds a row. The refusal is an IntegrityError that names the rule.
    """
    where = f" WHERE EXISTS ({exists})" if exists is not None else ""
    if op.get_bind().dialect.name == "sqlite":
        for number, event in enumerate(events.split(" OR ")):
            op.execute(
                f"CREATE TRIGGER {name}{number or ''} BEFORE {event} ON {table} WHEN {when}"
                f" BEGIN SELECT RAISE(ABORT, '{name}'){where}; END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {f'EXISTS ({exists})' if exists is not None else 'true'} THEN"
        f" RAISE EXCEPTION '{name}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()"
    )


def drop_function_of(name: str) -> None:
    """PostgreSQL: the function behind a rule of `refuse_when`, whose table is gone."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {name}()")


def add_tenant_key(table: str, column: str, to: str) -> None:
    """Add a composite reference to a table that stands, named `fk_<table>_<column>`.

    SQLite cannot alter one in, so there the table is made anew from its own text, which keeps every CHECK and STRICT.
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, to, ["workspace_id", column], ["workspace_id", "id"])
        return
    reference = _reference(column, to)
    _make_anew(table, lambda text: text[: text.rindex(")")] + reference + text[text.rindex(")") :])


def drop_tenant_key(table: str, column: str, to: str) -> None:
    """Take back what `add_tenant_key` added."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
        return
    reference = _reference(column, to)
    _make_anew(table, lambda text: text.replace(reference, "", 1))


def _reference(column: str, to: str) -> str:
    return f", FOREIGN KEY(workspace_id, {column}) REFERENCES {to} (workspace_id, id)"


def _make_anew(table: str, change: Callable[[str], str]) -> None:
    """SQLite: build a table again from its own text, changed, with its rows and indexes."""
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
    connection = op.get_bind()
    (before,) = (row[0] for row in connection.exec_driver_sql(made, (table, "table")))
    indexes = [row[0] for row in connection.exec_driver_sql(made, (table, "index"))]
    renamed = re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE {table}_anew", change(before), count=1)
    op.execute(renamed)
    op.execute(f"INSERT INTO {table}_anew SELECT * FROM {table}")
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")
    for index in indexes:
        op.execute(index)
