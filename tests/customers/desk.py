"""People of the tests' own, in Alice's and Charlie's workspaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.accounts.usage import UsageCounter
from models.accounts.workspace import Workspace
from models.activity.actor import Actor
from models.base import db, enter, writing
from models.customers.customer import Customer
from models.customers.enrolment import Person, take_in
from models.customers.tag import Tag, tags_named
from models.oauth.standing import WorkspaceFacts
from tests.cast import Place

ALICE = Actor("user", name="Alice")


def facts(place: Place) -> WorkspaceFacts:
    """What a token check tells of a workspace."""
    enter(place.id)
    row = db.session.get_one(Workspace, place.id)
    return WorkspaceFacts(
        row.id, row.slug, row.name, row.timezone, row.plan_code, row.currency, row.locale, phone_region=row.phone_region
    )


def person(place: Place, name: str, *, member: bool = False, tags: tuple[str, ...] = (), **known: Any) -> str:
    """Put somebody on record and return their shown id; the tags are made where they are missing.

    `known` are fields of Person, or columns of the customer that bookings would set.
    """
    here = facts(place)
    columns = {name: known.pop(name) for name in list(known) if name not in Person.__dataclass_fields__}
    with writing():
        for tag in tags:
            if not tags_named(here, [tag]):
                Tag.create(here, tag, ALICE)
        made = take_in(here, Person(name, tags=tags, **known), ALICE, enrol=member, allow_shared=True).customer
        for column, value in columns.items():
            setattr(made, column, value)
        db.session.flush()
        return made.shown_id


@contextmanager
def held(place: Place, shown: str) -> Iterator[Customer]:
    """The customer, within a write transaction."""
    enter(place.id)
    with writing():
        yield Customer.hold(place, shown)


@contextmanager
def changing(place: Place) -> Iterator[None]:
    """A write transaction in a workspace."""
    enter(place.id)
    with writing():
        yield


def counted(place: Place) -> int:
    """How many customers count against the plan."""
    counter = db.session.get(UsageCounter, (place.id, "customers", "all"), populate_existing=True)
    return counter.used if counter else 0
