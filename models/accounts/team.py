"""Who works in a workspace, and who may change that: managers all but ownership, nobody their own seat (PRODUCT §1)."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models import opaque
from models.accounts.seat import ROLES, Seat
from models.accounts.user import User
from models.activity.actor import Actor
from models.base import InWorkspace, db, show
from models.errors import Invalid, NotAllowed, NotFound

PREFIX = "usr"


def seats_of(workspace: InWorkspace) -> list[Seat]:
    """The live seats of a workspace, by name."""
    live = select(Seat).join(User, User.id == Seat.user_id).where(Seat.workspace_id == workspace.id, Seat.revoked_at.is_(None))
    return list(db.session.scalars(live.options(joinedload(Seat.user)).order_by(User.name, User.id)))


def shown_id(seat: Seat) -> str:
    """The id of a seat's user as pages show it."""
    return show(PREFIX, seat.user_id)


def find(workspace: InWorkspace, shown: str) -> Seat:
    """The live seat of a user in this workspace. NotFound for anybody else."""
    prefix, _, rest = shown.partition("_")
    number = opaque.decode(rest) if prefix == PREFIX else None
    seat = db.session.get(Seat, (workspace.id, number)) if number is not None else None
    if seat is None or seat.revoked_at is not None:
        raise NotFound("There is no such person in this workspace.")
    return seat


def roles_given_by(acting: Seat) -> tuple[str, ...]:
    """The roles that this seat may give."""
    return ROLES if acting.role == "owner" else tuple(role for role in ROLES if role != "owner")


def change_role(acting: Seat, seat: Seat, role: str, by: Actor) -> None:
    """Give another role. Raises NotAllowed for one's own seat, and for ownership unless an owner asks; Invalid."""
    if role not in ROLES:
        raise Invalid("There is no such role.", field="role")
    _may(acting, seat)
    if role not in roles_given_by(acting):
        raise NotAllowed("Only an owner can make somebody an owner.")
    if role != seat.role:
        seat.change_role(role, by)


def remove(acting: Seat, seat: Seat, by: Actor) -> None:
    """Take a seat away. Raises NotAllowed as `change_role` does."""
    _may(acting, seat)
    seat.revoke(by)


def _may(acting: Seat, seat: Seat) -> None:
    if acting.user_id == seat.user_id:
        raise NotAllowed("You cannot change your own seat; another owner or manager can.")
    if seat.role == "owner" and acting.role != "owner":
        raise NotAllowed("Only an owner can change an owner's seat.")
