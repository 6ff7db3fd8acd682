"""The database's revision against the migrations of this version."""

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import inspect

from models.base import db


def newest() -> str:
    """The revision that this version of the program wants."""
    migrate = current_app.extensions["migrate"]
    return str(ScriptDirectory.from_config(migrate.migrate.get_config()).get_current_head())


def current() -> str | None:
    """The revision of the database, or None where it has no schema of ours."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_empty() -> bool:
    """Whether the database holds no table at all."""
    return not inspect(db.engine).get_table_names()


def require_current() -> None:
    """Refuse to serve on an old or unknown schema, with the fix."""
    stands, wanted = current(), newest()
    if stands != wanted:
        raise click.ClickException(
            f"The database is at revision {stands or 'none'}, this version needs {wanted}. Run `frontdesk db upgrade` first."
        )


def migrate() -> None:
    """Bring the database to the newest revision; nothing happens where it is there."""
    if current() != newest():
        upgrade()
