"""`frontdesk workspace`: create, plan, list."""

import click
from sqlalchemy import func, select

from blueprints.commands.application import application
from models.accounts.plan import LIMITS
from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.errors import NotFound


@click.group()
def workspace() -> None:
    """Workspaces: one a business."""


@workspace.command()
@click.argument("name")
@click.option("--owner", required=True, metavar="EMAIL", help="An existing user; see `frontdesk user create`.")
@click.option("--slug", help="Its address, /w/SLUG/; made from the name where left out.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name, such as Asia/Hong_Kong.")
@click.option("--currency", default="USD", show_default=True, help="ISO 4217; cannot be changed once there is money.")
@click.option("--phone-region", default="US", show_default=True, help="Where phone numbers without a country code belong.")
@click.option("--plan", type=click.Choice(list(LIMITS)), help="Default: FRONTDESK_DEFAULT_PLAN.")
def create(name: str, owner: str, slug: str | None, timezone: str, currency: str, phone_region: str, plan: str | None) -> None:
    """Open a workspace and seat its owner."""
    with application().app_context(), writing():
        user = User.by_email(owner)
        if user is None:
            raise NotFound("There is no user %(email)s. Make one with `frontdesk user create %(email)s`.", email=owner)
        opened = Workspace.open(
            name, slug=slug, timezone=timezone, currency=currency.upper(), phone_region=phone_region.upper(), plan_code=plan
        )  # fmt: skip
        enter(opened.id)
        Seat.give(opened, user, "owner", SYSTEM)
        click.echo(f"{opened.slug}  {opened.name}  {opened.timezone}  {opened.currency}  {opened.plan_code}")


@workspace.command()
@click.argument("slug")
@click.argument("code", metavar="PLAN", type=click.Choice(list(LIMITS)))
def plan(slug: str, code: str) -> None:
    """Put a workspace on another plan; what is over its limits stays, and more is refused."""
    with application().app_context(), writing():
        found = Workspace.named(slug)
        enter(found.id)
        found.choose_plan(code, SYSTEM)
        click.echo(f"{found.slug}  {found.plan_code}")


@workspace.command("list")
def list_them() -> None:
    """Every workspace with its plan and seats."""
    seats = (
        select(func.count())
        .where(Seat.workspace_id == Workspace.id, Seat.revoked_at.is_(None))
        .correlate(Workspace)
        .scalar_subquery()
    )
    with application().app_context():
        rows = db.session.execute(
            select(Workspace.slug, Workspace.name, Workspace.timezone, Workspace.plan_code, seats, Workspace.suspended_at)
            .where(Workspace.deleted_at.is_(None))
            .order_by(Workspace.slug)
        ).all()
    for slug, name, timezone, plan, count, suspended_at in rows:
        seated = f"{count} {'seat' if count == 1 else 'seats'}"
        click.echo(f"{slug}  {name}  {timezone}  {plan}  {seated}{'  suspended' if suspended_at else ''}")
