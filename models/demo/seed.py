"""The seed: people and workspaces, then each business's customers, services and bookings.

The same day and size give the same rows, ids included: the clock is stopped, ids are counted from a fixed start, and
every draw comes from a generator seeded by the business. Nothing depends on the order of a set or on hashes.
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Final

from models import clock
from models.accounts.usage import UsageCounter
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM, Actor
from models.base import db, enter, wal, writing
from models.base.ids import counted_from
from models.base.planner import inform_planner
from models.customers.filter import parse
from models.demo.booking_rows import BookingRows
from models.demo.bulk import Bulk, make_room
from models.demo.businesses import LOTUS
from models.demo.cast import casting
from models.demo.clientele import Clientele
from models.demo.customer_rows import CustomerRows, keep_figures
from models.demo.customers import everybody
from models.demo.diary import Diary, crew_of
from models.demo.numbers import Numbers
from models.demo.people import NAMES, Place, hashed, midnight, open_workspaces
from models.demo.premises import Premises
from models.demo.sizes import Size
from models.demo.trade import first_day
from models.insights.segment import Segment

FIRST_ID: Final = 1 << 20
NEIGHBOURS: Final = {
    "peak-fitness": Size("salon", 120, 1_100, 1, 3, 4_000),
    "harbour-tutoring": Size("salon", 60, 520, 1, 2, 4_000),
}
Report = Callable[[int], object]


def seed(as_of: date, size: Size, password: str, report: Report) -> None:
    """Fill an empty, migrated database. `report` is told of each so many bookings of Lotus Spa as they are written."""
    password_hash = hashed(password)
    make_room()
    with clock.stopped(midnight(as_of)), counted_from(FIRST_ID):
        places = open_workspaces(as_of, password_hash)
        for order, place in enumerate(places):
            large = size if place.business is LOTUS else NEIGHBOURS[place.business.slug]
            _fill(place, large, as_of, Numbers(order * 7_919), report if place.business is LOTUS else _nobody)
    inform_planner()
    wal.empty()


def _fill(place: Place, size: Size, as_of: date, numbers: Numbers, report: Report) -> None:
    business = place.business
    rng = Random(f"{business.slug} {as_of.isoformat()} {size.name}")
    roles = casting(business.slug, as_of, size.customers)
    clientele = Clientele(size.customers, rng, roles.last_days, roles.silent, roles.faithful)
    enter(place.id)
    bulk = Bulk(place.id)
    opened = midnight(first_day(as_of)) + timedelta(hours=9)
    actor = NAMES[business.owner]
    customers = CustomerRows(bulk, numbers, business, actor, opened, clock.now())
    customers.write(everybody(business, clientele, roles, as_of, rng))
    crew = crew_of(business, size.locations, size.staff_a_location)
    premises = Premises(bulk, numbers, place, crew, as_of, rng)
    premises.write()
    told_from = as_of - timedelta(days=size.told_days)
    book = BookingRows(bulk, numbers, premises, customers.ids, customers.came, clientele, actor, clock.now(), told_from)
    book.write(Diary(business, crew, clientele, as_of, rng, roles.forced), size.bookings, report)
    premises.grant_packages([customers.ids[number] for number in sorted(roles.faithful)[:3]])
    keep_figures(place.id, customers.ids, clientele)
    _save_segments(place, SYSTEM)
    _count(place.id, "customers", size.customers)
    for (year, month), used in sorted(book.months.items()):
        _count(place.id, "bookings", used, f"{year}-{month:02}")


def _save_segments(place: Place, by: Actor) -> None:
    """The saved segments of a business."""
    with writing():
        here = db.session.get_one(Workspace, place.id)
        for name, filter_text in place.business.segments:
            Segment.create(here, name, parse(filter_text), by)


def _count(workspace_id: int, metric: str, used: int, period: str = "all") -> None:
    """What was seeded counts against the plan like anything else."""
    with writing(relaxed=True):
        db.session.add(UsageCounter(workspace_id=workspace_id, metric=metric, period=period, used=used))


def _nobody(_: int) -> None:
    return
