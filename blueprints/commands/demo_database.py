"""Deleting the demo's database, and never any other: the mark in the data directory vouches for what the demo made."""

from pathlib import Path

import click
from sqlalchemy import create_engine, inspect, make_url, text

from blueprints.commands.data_dir import DataDir
from models.settings import Settings


def delete_what_was_made(chosen: Settings, data: DataDir) -> None:
    """Delete the database that the mark names, then the mark and the secret. Where there is no mark, nothing is deleted."""
    url = make_url(chosen.database)
    mark = data.mark
    if mark is None:
        if not _holds_nothing(chosen):
            raise click.ClickException(f"{url.render_as_string()} was not made by the demo in {data.path}; nothing was deleted.")
        return
    if mark.database != url.render_as_string():
        raise click.ClickException(
            f"The demo in {data.path} made {mark.database}, not {url.render_as_string()}; nothing was deleted."
        )
    if url.get_backend_name() == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            Path(f"{url.database}{suffix}").unlink(missing_ok=True)
    else:
        _drop_tables(chosen.database)
    data.forget()


def _holds_nothing(chosen: Settings) -> bool:
    url = make_url(chosen.database)
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        return not file.exists() or file.stat().st_size == 0
    engine = create_engine(chosen.database)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _drop_tables(url: str) -> None:
    """PostgreSQL: every table and function of the schema that we are in, which the demo found empty."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            names = inspect(connection).get_table_names()
            for name in names:
                connection.execute(text(f'DROP TABLE "{name}" CASCADE'))
            functions = connection.execute(
                text(
                    "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace"
                    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
                )
            ).scalars()
            for function in functions:
                connection.execute(text(f"DROP FUNCTION {function} CASCADE"))
    finally:
        engine.dispose()
