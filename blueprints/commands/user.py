"""`frontdesk user`: create, reset-password."""

import secrets
import sys

import click

from blueprints.commands.application import application, operator_settings
from models.accounts.seat import ROLES, Seat
from models.accounts.user import User, hash_password
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import enter, writing
from models.errors import Invalid, NotFound
from models.oauth.new_password import link_of


@click.group()
def user() -> None:
    """Users: people who sign in."""


@user.command()
@click.argument("email")
@click.option("--name", help="Default: the part before the @.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made and printed.")
@click.option("--workspace", "slug", metavar="SLUG", help="Give a seat there.")
@click.option("--role", type=click.Choice(ROLES), default="staff", show_default=True)
def create(email: str, name: str | None, password_stdin: bool, slug: str | None, role: str) -> None:
    """Add a user, with a seat where a workspace is named."""
    password = _typed() if password_stdin else secrets.token_urlsafe(12)
    stored = hash_password(password)
    with application().app_context(), writing():
        made = User.create(email, name or email.partition("@")[0][:80], stored)
        if slug is not None:
            place = Workspace.named(slug)
            enter(place.id)
            Seat.give(place, made, role, SYSTEM)
        click.echo(f"{made.email} can sign in." if password_stdin else f"{made.email} can sign in with: {password}")


def _typed() -> str:
    """The first line of standard input, which is UTF-8 whatever the terminal's language."""
    try:
        return sys.stdin.buffer.readline().rstrip(b"\r\n").decode()
    except UnicodeDecodeError:
        raise Invalid("The password on standard input is no UTF-8 text.", field="password") from None


@user.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Print a link under which this person chooses a new password, within 24 hours; it ends all their sign-ins and apps."""
    with application(operator_settings(needs_secret=True)).app_context(), writing():
        found = User.by_email(email)
        if found is None:
            raise NotFound("There is no user %(email)s.", email=email)
        click.echo(link_of(found).url)
