"""`frontdesk oauth`: the operator's view of the apps: clients, create-client, block, rotate-keys, purge."""

import click
from sqlalchemy import select

from blueprints.commands.application import application, operator_settings
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.errors import Invalid
from models.oauth import sweep
from models.oauth.block import block as refuse
from models.oauth.client import KINDS, Client
from models.oauth.redirect_uri import destination
from models.oauth.scope import SCOPES
from models.oauth.signing_key import SigningKey


@click.group()
def oauth() -> None:
    """Apps that connect: OAuth clients and signing keys."""


@oauth.command()
@click.option("--kind", type=click.Choice(KINDS), help="Only these.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
def clients(kind: str | None, limit: int) -> None:
    """List clients, the newest first: id, kind, method, name, redirect hosts, state."""
    rows = select(Client).order_by(Client.created_at.desc(), Client.id).limit(limit)
    with application().app_context():
        slugs = {row.id: row.slug for row in db.session.execute(select(Workspace.id, Workspace.slug))}
        for client in db.session.scalars(rows.where(Client.kind == kind) if kind else rows):
            state = "revoked" if client.revoked_at else "blocked" if client.blocked_at else "live"
            where = f"  of {slugs.get(client.workspace_id)}" if client.workspace_id is not None else ""
            click.echo(f"{client.id}  {client.kind}  {client.auth_method}  “{client.name}”  {_hosts(client)}  {state}{where}")


@oauth.command("create-client")
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True, help="Exact; may be given several times.")
@click.option("--scope", "scopes", multiple=True, default=("mcp.read",), show_default=True, type=click.Choice(list(SCOPES)))
@click.option("--confidential", is_flag=True, help="With a secret, printed once.")
@click.option("--opaque", is_flag=True, help="Opaque access tokens instead of JWTs.")
def create_client(name: str, redirect_uris: tuple[str, ...], scopes: tuple[str, ...], confidential: bool, opaque: bool) -> None:
    """Make a static client: one for every workspace of this server, never in quarantine."""
    with application(operator_settings(needs_secret=True)).app_context(), writing():
        made = Client.create(
            None, SYSTEM, name=name, redirect_uris=redirect_uris, scopes=scopes, confidential=confidential,
            token_format="opaque" if opaque else "jwt",
        )  # fmt: skip
        click.echo(f"client_id      {made.client.id}")
        if made.secret is not None:
            click.echo(f"client_secret  {made.secret}")


@oauth.command()
@click.argument("subject", metavar="HOST|CLIENT_ID")
def block(subject: str) -> None:
    """Refuse a client, or every client that redirects to a host, from now on; their tokens end at the next call."""
    try:
        with application().app_context(), writing():
            ended = refuse(subject, SYSTEM)
    except Invalid as error:
        raise click.ClickException(error.message) from None
    click.echo(f"{subject} is refused; {ended} {'client' if ended == 1 else 'clients'} ended.")


@oauth.command("rotate-keys")
@click.option("--now", is_flag=True, help="Withdraw every key at once: access tokens in use are refused, and apps refresh.")
def rotate_keys(now: bool) -> None:
    """Sign with the next key from now on. Tokens signed with the former one live out their time, unless --now."""
    with application(operator_settings(needs_secret=True)).app_context(), writing():
        kid = SigningKey.replace_all(SYSTEM) if now else SigningKey.rotate(SYSTEM)
    click.echo(f"Signing with {kid} from now on." + (" Every token signed before is refused." if now else ""))


@oauth.command()
def purge() -> None:
    """Remove self-registered clients that nobody has consented to for two days."""
    with application().app_context(), writing():
        removed = sweep.purge()
    click.echo(f"{removed} {'client' if removed == 1 else 'clients'} removed.")


def _hosts(client: Client) -> str:
    """Where its answers go, and who publishes it."""
    shown = [destination(uri).shown for uri in client.redirect_uris]
    return " ".join(dict.fromkeys([*filter(None, [client.publisher]), *shown])) or "-"
