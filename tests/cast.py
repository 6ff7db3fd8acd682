"""The people of the tests: Alice owns Lotus Spa, Bob works for her, Charlie is a stranger with a workspace of his own."""

from dataclasses import dataclass

from models.accounts.seat import Seat
from models.accounts.user import User, hash_password
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import enter, writing

PASSWORD = "correct horse battery"
DEMO_PASSWORD = "only for the tests of the demo"


@dataclass(frozen=True)
class Place:
    """A workspace by its facts; stands for the row wherever only the id is asked."""

    id: int
    slug: str
    name: str


@dataclass(frozen=True)
class Person:
    """A user by their facts."""

    id: int
    email: str
    name: str


@dataclass(frozen=True)
class Cast:
    """Everybody, and where they work."""

    alice: Person
    bob: Person
    dana: Person
    vera: Person
    charlie: Person
    lotus: Place
    peak: Place
    harbour: Place


def people() -> Cast:
    """Put the cast into an empty migrated database; inside an app context."""
    stored = hash_password(PASSWORD)
    with writing():
        users = {
            name: User.create(f"{name}@demo.test", name.title(), stored) for name in ("alice", "bob", "dana", "vera", "charlie")
        }
        zone = {"timezone": "Asia/Hong_Kong", "currency": "HKD", "locale": "en_HK", "phone_region": "HK"}
        places = {
            "lotus": Workspace.open("Lotus Spa", slug="lotus-spa", plan_code="unlimited", **zone),
            "peak": Workspace.open("Peak Fitness", slug="peak-fitness", plan_code="starter", **zone),
            "harbour": Workspace.open("Harbour Tutoring", slug="harbour-tutoring", plan_code="free", **zone),
        }
        for place, name, role in (
            ("lotus", "alice", "owner"),
            ("lotus", "bob", "staff"),
            ("lotus", "dana", "manager"),
            ("lotus", "vera", "viewer"),
            ("peak", "dana", "owner"),
            ("peak", "alice", "staff"),
            ("harbour", "charlie", "owner"),
        ):
            enter(places[place].id)
            Seat.give(places[place], users[name], role, SYSTEM)
        known = {name: Person(user.id, user.email, user.name) for name, user in users.items()}
        known_places = {name: Place(place.id, place.slug, place.name) for name, place in places.items()}
    return Cast(**known, **known_places)
