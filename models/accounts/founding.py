"""Opening a workspace with its first seat, and an account with its first workspace."""

from dataclasses import dataclass

from models.accounts.seat import Seat
from models.accounts.sign_in import SignIn
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import enter


@dataclass(frozen=True, slots=True)
class Place:
    """What a new workspace begins with; each can be changed later."""

    timezone: str = "UTC"
    currency: str = "USD"
    locale: str = "en_HK"
    phone_region: str = "HK"


@dataclass(frozen=True, slots=True)
class Founded:
    """An account just made: the token of its first sign-in, and the address of its workspace."""

    token: str
    slug: str


def open_workspace(owner: User, name: str, place: Place, by: Actor) -> Workspace:
    """Open a workspace whose owner is this user. Raises Invalid."""
    workspace = Workspace.open(
        name, timezone=place.timezone, currency=place.currency, locale=place.locale, phone_region=place.phone_region
    )
    enter(workspace.id)
    audit_event.record(workspace.id, "open_workspace", by, entity="workspace", entity_id=workspace.id)
    Seat.give(workspace, owner, "owner", by)
    return workspace


def sign_up(
    email: str, name: str, password_hash: str, business: str, place: Place, by: Actor, *, user_agent: str | None = None
) -> Founded:
    """Make a user, their workspace and a sign-in. Hash the password before the transaction. Raises Invalid, Conflict."""
    user = User.create(email, name, password_hash)
    named = by.acting_as(kind="user", user_id=user.id, name=user.name)
    workspace = open_workspace(user, business, place, named)
    audit_event.record_security("sign_up", "done", named)
    return Founded(SignIn.start(user, named, user_agent), workspace.slug)
