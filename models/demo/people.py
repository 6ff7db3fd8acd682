"""The four people of the demo and their three workspaces, made by the same verbs as anybody's."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from sqlalchemy import select

from models import clock
from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, wall_clock, writing
from models.demo.businesses import HARBOUR, LOTUS, PEAK, Business
from models.demo.trade import first_day

ZONE: Final = ZoneInfo("Asia/Hong_Kong")
BUSINESSES: Final = (LOTUS, PEAK, HARBOUR)
NAMES: Final = {"alice": "Alice Cheung", "bob": "Bob Leung", "charlie": "Charlie Lam", "dana": "Dana Wong"}
SEATS: Final = (
    ("lotus-spa", "alice", "owner"),
    ("lotus-spa", "bob", "staff"),
    ("peak-fitness", "dana", "owner"),
    ("peak-fitness", "alice", "staff"),
    ("harbour-tutoring", "charlie", "owner"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One workspace of the demo with what it trades in; stands for the row wherever only the id is asked."""

    id: int
    business: Business
    users: dict[str, int]
    """The ids of the people of the demo, by first name."""


def email_of(name: str) -> str:
    """The address under which a person of the demo signs in."""
    return f"{name}@demo.test"


def midnight(day: date) -> datetime:
    """When a day begins in the demo's city; what lies before the seeded day is past, from there on it is to come."""
    return wall_clock.midnight(ZONE.key, day)


def hashed(password: str) -> str:
    """Argon2id of the demo's password, of any length: whoever runs a demo may choose a short one."""
    return PasswordHasher().hash(password)


def open_workspaces(as_of: date, password_hash: str) -> list[Place]:
    """Users, workspaces and seats, as they were made when the businesses opened."""
    opened = midnight(first_day(as_of)) + timedelta(hours=9)
    with clock.stopped(opened), writing():
        users = {name: User.create(email_of(name), full, password_hash) for name, full in NAMES.items()}
        rows = {}
        for business in BUSINESSES:
            rows[business.slug] = Workspace.open(
                business.name, slug=business.slug, timezone=ZONE.key, currency="HKD", locale="en_HK", phone_region="HK",
                vertical=business.vertical, plan_code=business.plan,
            )  # fmt: skip
        for slug, name, role in SEATS:
            enter(rows[slug].id)
            Seat.give(rows[slug], users[name], role, SYSTEM)
        ids = {name: user.id for name, user in users.items()}
        return [Place(rows[business.slug].id, business, ids) for business in BUSINESSES]


def set_passwords(password: str) -> None:
    """Give the four people this password."""
    stored = hashed(password)
    with writing():
        for user in _people():
            user.password_hash, user.password_changed_at = stored, clock.now()


def still_valid(password: str) -> bool:
    """Whether all four people still sign in with it."""
    found = _people()
    return len(found) == len(NAMES) and all(user.has_password(password) for user in found)


def is_seeded() -> bool:
    """Whether the demo's workspaces stand in this database."""
    slugs = [business.slug for business in BUSINESSES]
    return len(db.session.scalars(select(Workspace.id).where(Workspace.slug.in_(slugs))).all()) == len(slugs)


def is_empty() -> bool:
    """Whether nobody uses this database yet."""
    nobody = db.session.scalar(select(User.id).limit(1)) is None
    return nobody and db.session.scalar(select(Workspace.id).limit(1)) is None


def _people() -> list[User]:
    emails = [email_of(name) for name in NAMES]
    return list(db.session.scalars(select(User).where(User.email_key.in_(emails)).order_by(User.email_key)))
