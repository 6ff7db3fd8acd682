"""Migrations agree with the models, run on populated databases, and lose nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import text

from app import create_app
from models.base import db
from tests.cast import Cast
from tests.conftest import settings_for

ROOT = Path(__file__).resolve().parents[2]

REBUILT = ("workspace", "audit_event", "customer", "booking", "occupancy")
REBUILD = '''
"""rebuild what has rows, keys and triggers"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "rebuild99", "{head}", None, None


def upgrade() -> None:
    for name in {tables}:
        with op.batch_alter_table(name, recreate="always") as table:
            table.add_column(sa.Column("remark", sa.Text()))


def downgrade() -> None:
    raise AssertionError
'''


def test_the_migrations_make_what_the_models_declare(app: Flask) -> None:
    with app.app_context():
        check()


def test_every_migration_can_be_taken_back_on_a_populated_database(app: Flask, cast: Cast) -> None:
    with app.app_context():
        downgrade(revision="base")
        upgrade()
        check()


def test_a_migration_that_rebuilds_populated_sqlite_tables_loses_no_row_and_no_trigger(
    salon_url: str, database: str, tmp_path: Path
) -> None:
    if database != "sqlite":
        pytest.skip("only SQLite rebuilds tables")
    folder = tmp_path / "migrations"
    subprocess.run(["cp", "-r", str(ROOT / "migrations"), str(folder)], check=True)
    app = create_app(settings_for(salon_url, tmp_path))
    with app.app_context():
        rows, triggers = rows_of(), triggers_of()
        head = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()
        db.session.remove()
        written = REBUILD.format(head=head, tables=REBUILT).lstrip()
        (folder / "versions" / "20991231_0000_rebuild99_rebuild.py").write_text(written)
        upgrade(directory=str(folder))
        assert rows_of() == rows
        assert triggers_of() == triggers
        assert min(rows[name] for name in REBUILT) > 2
        for name in REBUILT:
            assert "remark" in {column[1] for column in db.session.execute(text(f"PRAGMA table_info({name})"))}
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
        db.session.remove()
        db.engine.dispose()


def rows_of() -> dict[str, int]:
    """How many rows each table has."""
    names = db.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")).scalars()
    return {name: db.session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names.all()}


def triggers_of() -> set[tuple[str, str, str]]:
    """Every trigger with its table and its text."""
    found = db.session.execute(text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {tuple(row) for row in found}


def test_the_layers_hold() -> None:
    """The import contracts of pyproject.toml."""
    program = Path(sys.executable).parent / "lint-imports"
    plain = {**os.environ, "NO_COLOR": "1"}
    ran = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, env=plain)
    assert ran.returncode == 0, ran.stdout
