"""`frontdesk demo`: a peopled Frontdesk on this computer, in one command."""

import errno
import secrets
import socket
from dataclasses import replace
from datetime import date, datetime

import click
from pydantic import SecretStr

from blueprints.commands import schema
from blueprints.commands.application import application
from blueprints.commands.data_dir import DataDir, DemoMark
from blueprints.commands.demo_database import delete_what_was_made
from blueprints.commands.serve import bound, run
from blueprints.commands.worker import beside
from models.base import db
from models.demo import people
from models.demo.seed import seed
from models.demo.sizes import SIZES, SizeName
from models.settings import Settings, read

HOST = "127.0.0.1"
WORKERS = 2


class Day(click.ParamType[date]):
    """A calendar date, 2026-11-21."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            found = date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date such as 2026-11-21.", param, ctx)
        if not 2000 <= found.year <= 2100:
            self.fail("The demo is of a day from 2000 to 2100.", param, ctx)
        return found


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--fresh", is_flag=True, help="Delete what the demo made before, and start over.")
@click.option("--no-serve", is_flag=True, help="Make the data and stop.")
@click.option("--size", default="salon", show_default=True, type=click.Choice(list(SIZES)), help="How large Lotus Spa is.")
@click.option("--as-of", type=Day(), help="The day the data is made for (default: today in Hong Kong).")
def demo(port: int, fresh: bool, no_serve: bool, size: SizeName, as_of: date | None) -> None:
    """Make three believable workspaces and serve them. A second start reuses the data."""
    listener = None if no_serve else _listener(port)
    port = listener.getsockname()[1] if listener is not None else port
    environment = read()
    data = DataDir(environment.data_dir)
    lock = data.lock()
    if fresh and not lock.alone:
        raise click.ClickException(f"A demo is being served from {data.path}; stop it before you start over.")
    if fresh or _was_interrupted(data):
        delete_what_was_made(environment, data)
    chosen = environment.model_copy(
        update={
            "base_url": environment.base_url or _base_url(port),
            "secret_key": environment.secret_key if environment.secret_key.get_secret_value() else SecretStr(data.make_secret()),
        }
    )
    password = prepare(chosen, data, size, as_of or datetime.now(people.ZONE).date())
    lock.share()
    _tell(chosen, password, listener is not None)
    if listener is not None:
        beside(chosen, listener)
        run(chosen, listener, WORKERS)


def prepare(chosen: Settings, data: DataDir, size: SizeName, as_of: date) -> str | None:
    """Migrate, then seed an empty database or take up a seeded one. Returns the password of the four people if it is known."""
    with application(chosen).app_context():
        if schema.is_empty():
            data.keep(_mark(chosen, size, as_of, ""))
        schema.migrate()
        try:
            if people.is_seeded():
                return _take_up(chosen, data, size)
            if not people.is_empty():
                raise click.ClickException(
                    "This database holds other people's data. The demo wants one of its own: name another"
                    " FRONTDESK_DATABASE_URL or FRONTDESK_DATA_DIR."
                )
            return _fill(chosen, data, size, as_of)
        finally:
            db.session.remove()
            db.engine.dispose()  # the workers are forked: no connection may cross


def _fill(chosen: Settings, data: DataDir, size: SizeName, as_of: date) -> str:
    password = chosen.demo_password.get_secret_value() or secrets.token_urlsafe(9)
    mark = _mark(chosen, size, as_of, password)
    data.keep(mark)
    total = SIZES[size].bookings
    with click.progressbar(length=total, label=f"Lotus Spa ({size}), {total:,} bookings", hidden=size == "salon") as bar:
        seed(as_of, SIZES[size], password, bar.update)
    data.keep(replace(mark, finished=True))
    return password


def _take_up(chosen: Settings, data: DataDir, size: SizeName) -> str | None:
    mark = data.mark
    if mark is not None:
        click.echo(f"The data of {mark.as_of} ({mark.size}) is kept; `--fresh` makes it anew.")
        if mark.size != size:
            click.echo(f"For the size {size}, add --fresh.")
        data.keep(replace(mark, base_url=chosen.base_url))
    asked = chosen.demo_password.get_secret_value()
    password = asked or (mark.password if mark is not None else "")
    if asked and not people.still_valid(asked):
        people.set_passwords(asked)
    elif not asked and not people.still_valid(password):
        return None
    return password


def _mark(chosen: Settings, size: SizeName, as_of: date, password: str) -> DemoMark:
    kept = "" if chosen.demo_password.get_secret_value() else password
    place = db.engine.url.render_as_string(hide_password=True)
    return DemoMark(place, chosen.base_url, as_of.isoformat(), size, kept, finished=False)


def _was_interrupted(data: DataDir) -> bool:
    mark = data.mark
    return mark is not None and not mark.finished


def _listener(port: int) -> socket.socket:
    """Take the port before anything is made. One line and exit code 1 when it is taken."""
    try:
        return bound(HOST, port)
    except OSError as error:
        reason = "taken" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
        raise click.ClickException(f"Port {port} is {reason}; choose another with --port.") from None


def _base_url(port: int) -> str:
    return f"http://{HOST}" if port == 80 else f"http://{HOST}:{port}"


def _tell(chosen: Settings, password: str | None, serving: bool) -> None:
    mcp = f"{chosen.base_url}/mcp"
    click.echo(f"""
Frontdesk {"is at" if serving else "is ready for"} {chosen.base_url}

  Sign in    {people.email_of("alice")}   (owns Lotus Spa; also bob, charlie, dana @demo.test)
  Password   {password or "the one you chose"}
  MCP URL    {mcp}
  Claude     claude mcp add --transport http frontdesk {mcp}
""")
    if serving:
        click.echo(f"Its data is in {chosen.data_dir}. Stop with Ctrl-C.")
