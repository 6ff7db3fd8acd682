"""A small desk in Lotus Spa for the tests of the booking pages: Mei does massages around the clock, yoga is a class."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import clock
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings.asset import Resource, Staff
from models.bookings.booking import Booking
from models.bookings.class_session import add_class
from models.bookings.hours import Owner, WorkingHours
from models.bookings.location import Location
from models.bookings.package import Package
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.customers.customer import Customer
from models.customers.enrolment import Person, take_in
from tests.cast import Cast, Place

HOME = "/w/lotus-spa"
ROUND_THE_CLOCK = [(weekday, 0, 1_440) for weekday in range(7)]


@contextmanager
def arranging(place: Place) -> Iterator[Workspace]:
    """The row of a workspace, in a write transaction; inside an app context."""
    with writing():
        enter(place.id)
        yield db.session.get_one(Workspace, place.id)


@contextmanager
def looking(place: Place) -> Iterator[Workspace]:
    """The row of a workspace, to look something up; inside an app context."""
    enter(place.id)
    yield db.session.get_one(Workspace, place.id)


def always_open(*owners: Owner) -> None:
    for owner in owners:
        WorkingHours.replace(owner, ROUND_THE_CLOCK, SYSTEM)


def on_the_hour(hours: int) -> datetime:
    """So many hours from now, on the full hour."""
    return (clock.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Desk:
    """Shown ids of what is arranged."""

    customer: str
    mei: str
    massage: str
    yoga: str
    central: str
    annex: str
    room: str
    package: str


def open_desk(cast: Cast) -> Desk:
    """Mei is at Central, the massage needs nothing, the room stands at Central too; the annex is empty."""
    with arranging(cast.lotus) as here:
        central, annex = Location.add(here, "Central", SYSTEM), Location.add(here, "Annex", SYSTEM)
        mei = Staff.add(here, "Mei", SYSTEM, location_id=central.id)
        room = Resource.add(here, "Jade room", "room", SYSTEM, location_id=central.id)
        massage = Service.add(here, "Massage", 60, SYSTEM, price_minor=50_000)
        massage.assign(mei, SYSTEM)
        yoga = Service.add(here, "Yoga", 60, SYSTEM, kind="class", capacity=12)
        always_open(mei, room)
        package = Package.add(here, "Ten massages", 400_000, {massage: 10}, SYSTEM)
        chan = take_in(here, Person(name="Chan Tai Man", native_name="陳大文", phone="+85291234567"), SYSTEM, enrol=False)
        return Desk(
            chan.customer.shown_id, mei.shown_id, massage.shown_id, yoga.shown_id, central.shown_id, annex.shown_id,
            room.shown_id, package.shown_id,
        )  # fmt: skip


def book(cast: Cast, desk: Desk, start: datetime, **wish: object) -> str:
    """Chan's massage at an instant; returns the booking's shown id."""
    with arranging(cast.lotus) as here:
        customer, service = Customer.find(here, desk.customer), Service.find(here, desk.massage)
        booking, _ = Reservation(customer, service, start, **wish).book(here, SYSTEM)  # type: ignore[arg-type]
        return booking.shown_id


def put_class_on(cast: Cast, desk: Desk, start: datetime, **facts: object) -> str:
    """A class of yoga that Mei leads; returns the session's shown id."""
    with arranging(cast.lotus) as here:
        yoga, mei = Service.find(here, desk.yoga), Staff.find(here, desk.mei)
        return add_class(yoga, start, [mei], SYSTEM, **facts).shown_id  # type: ignore[arg-type]


def booking_of(cast: Cast, shown_id: str) -> Booking:
    """The booking as it stands; inside an app context."""
    with looking(cast.lotus) as here:
        return Booking.find(here, shown_id)
