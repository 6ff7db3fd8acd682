"""`frontdesk doctor`: is this installation sound? Each finding comes with its fix; exit code 1 where something must be fixed."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

import click
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from blueprints.commands import schema
from blueprints.commands.application import application, operator_settings
from blueprints.commands.data_dir import SECRET, DataDir
from models import clock
from models.accounts.workspace import Workspace
from models.activity.audit_event import AuditEvent
from models.base import ACROSS, db, enter
from models.bookings.soundness import unsound
from models.oauth.signing_key import SigningKey
from models.settings import Settings, read

CLOCK_MAY_DIFFER = timedelta(seconds=5)
REPEATS = ("replay_token", "reuse_token")


class Finding(NamedTuple):
    """One thing that was looked at."""

    state: Literal["ok", "note", "fix"]
    what: str
    how: str = ""


@click.command()
@click.option("--offline", is_flag=True, help="Do not call the public address.")
def doctor(offline: bool) -> None:
    """Check secret, https, proxy, issuer, clock and database, and print the fix for what is wrong."""
    chosen = operator_settings()
    found = [*_secret(chosen), *_address(chosen), *_proxies(chosen), *_mail(chosen)]
    with application(chosen).app_context():
        try:
            found += _database(chosen)
            found += _clock()
            found += (*_signing_key(), *_repeats(), *_bookings()) if schema.current() == schema.newest() else ()
        except DBAPIError as error:
            said = str(error.orig).strip().splitlines()[0]
            found.append(Finding("fix", f"The database does not answer: {said}", "Check FRONTDESK_DATABASE_URL."))
    if not offline:
        found += _issuer(chosen)
    for finding in found:
        mark = {"ok": "ok  ", "note": "note", "fix": "FIX "}[finding.state]
        click.echo(f"{mark}  {finding.what}{f' → {finding.how}' if finding.how else ''}")
    if any(finding.state == "fix" for finding in found):
        raise click.exceptions.Exit(1)


def _secret(chosen: Settings) -> Iterator[Finding]:
    if read().secret_key.get_secret_value():
        yield Finding("ok", "A secret key is set.")
    elif chosen.secret_key.get_secret_value():
        yield Finding("note", "The demo's secret is in use.", "Set FRONTDESK_SECRET_KEY before you serve.")
        mode = (DataDir(chosen.data_dir).path / SECRET).stat().st_mode & 0o077
        if mode:
            yield Finding("fix", "Others on this machine can read the secret.", f"chmod 600 {chosen.data_dir / SECRET}")
    else:
        yield Finding("fix", "No secret key.", "openssl rand -base64 48, into FRONTDESK_SECRET_KEY or a file.")


def _address(chosen: Settings) -> Iterator[Finding]:
    if not read().base_url:
        yield Finding("fix" if DataDir(chosen.data_dir).mark is None else "note", "FRONTDESK_BASE_URL is not set.",
                      "Set it to the public address; it is the issuer of every token.")  # fmt: skip
    elif chosen.https:
        yield Finding("ok", f"The public address is {chosen.base_url}.")
    elif chosen.is_local:
        yield Finding("note", f"{chosen.base_url} is this computer only.", "Apps elsewhere need a public https address.")
    else:
        yield Finding("fix", f"{chosen.base_url} is not https.", "Put TLS before it; apps refuse plain http.")


def _proxies(chosen: Settings) -> Iterator[Finding]:
    if chosen.trusted_proxies:
        yield Finding("ok", f"X-Forwarded-For counts from {', '.join(chosen.trusted_proxies)}.")
    elif chosen.https:
        yield Finding("note", "No proxy is trusted, so limits by address see the proxy's.",
                      "Set FRONTDESK_TRUSTED_PROXIES to the CIDR of the proxy that ends TLS.")  # fmt: skip


def _mail(chosen: Settings) -> Iterator[Finding]:
    if not chosen.mail_url.get_secret_value():
        yield Finding("note", "No mail server; `frontdesk user reset-password` prints links.", "Set FRONTDESK_MAIL_URL.")


def _database(chosen: Settings) -> Iterator[Finding]:
    stands, wanted = schema.current(), schema.newest()
    if stands == wanted:
        yield Finding("ok", f"The schema is current ({stands}).")
    else:
        yield Finding("fix", f"The schema is at {stands or 'nothing'}, this version wants {wanted}.", "frontdesk db upgrade")
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            yield from _sqlite(str(connection.execute(text("PRAGMA quick_check(1)")).scalar()))
            return
        role = connection.execute(
            text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()  # fmt: skip
        if role.rolsuper or role.rolbypassrls:
            yield Finding("fix", f"The role {role.rolname} escapes row-level security.",
                          f"ALTER ROLE {role.rolname} NOSUPERUSER NOBYPASSRLS, or connect as another role.")  # fmt: skip
        else:
            yield Finding("ok", f"The role {role.rolname} is bound by row-level security.")


def _sqlite(check: str) -> Iterator[Finding]:
    if check == "ok":
        yield Finding("ok", "SQLite is sound.")
    else:
        yield Finding("fix", f"SQLite is damaged: {check}", "frontdesk db restore <backup>")
    file = Path(db.engine.url.database or "")
    if file.is_file() and file.stat().st_mode & 0o007 and file.parent.stat().st_mode & 0o007:
        yield Finding("note", "Others on this machine can read the database.", f"chmod o-rwx {file.parent}")


def _signing_key() -> Iterator[Finding]:
    if not SigningKey.is_ours():
        yield Finding("fix", "The key that signs access tokens is of another FRONTDESK_SECRET_KEY.",
                      "Give every host the same; if it was changed on purpose: frontdesk oauth rotate-keys --now")  # fmt: skip


def _clock() -> Iterator[Finding]:
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        apart = abs(clock.now() - theirs.astimezone(UTC))
        if apart > CLOCK_MAY_DIFFER:
            yield Finding("fix", f"This clock and the database's are {apart.total_seconds():.0f} s apart.", "Run NTP on both.")
            return
    if schema.current() is not None:
        newest = db.session.scalar(
            select(AuditEvent.at).order_by(AuditEvent.at.desc()).limit(1), execution_options=ACROSS
        )  # fmt: skip
        if newest is not None and newest - clock.now() > CLOCK_MAY_DIFFER:
            yield Finding("fix", f"The audit log reaches into the future ({newest:%Y-%m-%d %H:%M} UTC).", "Set the clock.")
            return
    yield Finding("ok", f"The clock says {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC ({time.tzname[0]} here).")


def _repeats() -> Iterator[Finding]:
    """How often a refresh token came again in the last 30 days: replays are retries, a reuse ended its family."""
    since, counts = clock.now() - timedelta(days=30), Counter[str]()
    for number in db.session.scalars(select(Workspace.id).where(Workspace.deleted_at.is_(None))).all():
        enter(number)
        rows = select(AuditEvent.verb, func.count()).where(
            AuditEvent.workspace_id == number, AuditEvent.verb.in_(REPEATS), AuditEvent.at >= since
        )
        for verb, count in db.session.execute(rows.group_by(AuditEvent.verb)):
            counts[verb] += count
    replays, reuses = (counts[verb] for verb in REPEATS)
    said = f"In 30 days {replays} refresh tokens were sent again in time, {reuses} were reused and ended their family."
    yield Finding("note" if reuses else "ok", said, "Connected apps shows which." if reuses else "")


def _bookings() -> Iterator[Finding]:
    """Whether seats, credits, people and things are counted right in every workspace."""
    broken = 0
    for number in db.session.scalars(select(Workspace.id).where(Workspace.deleted_at.is_(None))).all():
        enter(number)
        workspace = db.session.get_one(Workspace, number)
        for each in unsound(workspace):
            broken += 1
            yield Finding("fix", f"{workspace.slug}: this does not hold: {each.rule}", f"Look at {', '.join(each.records)}.")
    if not broken:
        yield Finding("ok", "Seats, credits, people and things agree with the bookings.")


def _issuer(chosen: Settings) -> Iterator[Finding]:
    """What the public address answers for itself must be byte-equal to the setting (RFC 8414 §3.3)."""
    url = f"{chosen.base_url}/.well-known/oauth-authorization-server"
    try:
        with urlopen(Request(url, headers={"Accept": "application/json"}), timeout=5) as answer:
            issuer = json.loads(answer.read(65_536)).get("issuer")
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        yield Finding("note", f"{chosen.base_url} does not answer with metadata ({reason}).", "Start the server, then ask again.")
        return
    if issuer == chosen.base_url:
        yield Finding("ok", f"The server says the issuer is {issuer}.")
    else:
        yield Finding("fix", f"The server says the issuer is {issuer}.", "Serve with this FRONTDESK_BASE_URL.")
