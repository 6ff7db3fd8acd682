"""`frontdesk db`: upgrade, downgrade, backup, restore."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click
from flask_migrate import downgrade as alembic_downgrade
from sqlalchemy import URL, make_url

from blueprints.commands import schema
from blueprints.commands.application import application, operator_settings
from models import clock

NAME = "frontdesk-{at:%Y%m%d-%H%M%S}"


@click.group()
def db() -> None:
    """The database: migrations, backups."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this version's."""
    with application().app_context():
        before = schema.current()
        schema.migrate()
        after = schema.current()
    click.echo(f"At revision {after} already." if before == after else f"Upgraded from {before or 'nothing'} to {after}.")


@db.command(context_settings={"ignore_unknown_options": True})  # so that -1 is a revision
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str, yes: bool) -> None:
    """Take the schema back to REVISION (`-1`: one step). What the newer tables hold is lost."""
    if not yes:
        click.confirm(f"Go back to {revision}? Make a backup first: what the newer tables hold is lost.", abort=True)
    with application().app_context():
        alembic_downgrade(revision=revision)
        click.echo(f"At revision {schema.current() or 'none'}.")


@db.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--url", help="PostgreSQL: connect with this URL; its role must see past row-level security (BYPASSRLS).")
def backup(file: Path | None, url: str | None) -> None:
    """Copy the whole database into FILE while it is in use (default: <data dir>/backups/frontdesk-<time>)."""
    chosen = operator_settings()
    source = make_url(url or chosen.database)
    folder = chosen.data_dir / "backups"
    suffix = ".sqlite3" if _is_sqlite(source) else ".dump"
    target = file or folder / (NAME.format(at=clock.now()) + suffix)
    if target.exists():
        raise click.ClickException(f"{target} exists; a backup never replaces a file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    if _is_sqlite(source):
        _copy(_file_of(source), target)
    else:
        _postgres("pg_dump", "--format=custom", f"--file={target}", _libpq(source))
    click.echo(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--url", help="PostgreSQL: connect with this URL; the rows will be owned by FRONTDESK_DATABASE_URL's role.")
def restore(file: Path, yes: bool, url: str | None) -> None:
    """Replace the database by the backup in FILE. Stop the servers first. SQLite: what stood before is backed up beside it."""
    chosen = operator_settings()
    target = make_url(url or chosen.database)
    if not yes:
        click.confirm(f"Replace {target.render_as_string()} by {file}?", abort=True)
    if _is_sqlite(target):
        _check(file)
        place = _file_of(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            before = chosen.data_dir / "backups" / (NAME.format(at=clock.now()) + "-before-restore.sqlite3")
            before.parent.mkdir(parents=True, exist_ok=True)
            _copy(place, before)
            click.echo(f"What stood there is in {before}.")
        _copy(file, place)
    else:
        whole = ("--clean", "--if-exists", "--single-transaction", "--no-owner", f"--role={make_url(chosen.database).username}")
        _postgres("pg_restore", *whole, f"--dbname={_libpq(target)}", str(file))
    with application(chosen).app_context():
        click.echo(f"Restored, at revision {schema.current()}; this version wants {schema.newest()}.")


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _file_of(url: URL) -> Path:
    return Path(url.database or "")


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _copy(source: Path, target: Path) -> None:
    """SQLite's own online copy: consistent while others write, and a whole one or none."""
    if not source.exists():
        raise click.ClickException(f"There is no database at {source}.")
    with closing(sqlite3.connect(source, timeout=30)) as one, closing(sqlite3.connect(target, timeout=30)) as other:
        one.backup(other)


def _check(file: Path) -> None:
    """Refuse a file that is damaged or none of ours."""
    try:
        with closing(sqlite3.connect(f"file:{file.resolve()}?mode=ro", uri=True)) as opened:
            sound = opened.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            ours = opened.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"{file} is no SQLite database: {error}.") from None
    if not sound or not ours:
        raise click.ClickException(f"{file} is {'no backup of Frontdesk' if sound else 'damaged'}; nothing was changed.")


def _postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own tools; its first complaint is ours."""
    if shutil.which(program) is None:
        raise click.ClickException(f"{program} is not installed (Debian: apt-get install postgresql-client).")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it gave no reason"])[0]
        hint = " Give --url with a role that has BYPASSRLS." if "row-level security" in done.stderr else ""
        raise click.ClickException(f"{program}: {said}{hint}")
