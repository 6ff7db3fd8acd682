"""A small salon in Lotus Spa for the tests of bookings: Ann and Bea work nine to five, Hong Kong time; it is a Monday morning."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models import clock
from models.accounts import usage
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.activity.undo import UndoStep
from models.base import db, enter, writing
from models.base.instants import to_ms
from models.bookings.asset import Resource, Staff
from models.bookings.booking import Booking
from models.bookings.calendar import Calendar
from models.bookings.hours import Owner, WorkingHours
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.customers.customer import Customer, name_key

ZONE = ZoneInfo("Asia/Hong_Kong")
NOW = datetime(2026, 5, 4, 8, 0, tzinfo=ZONE)


def hk(text: str) -> datetime:
    """ "2026-05-04 10:00", or "10:00" of that Monday, in Hong Kong."""
    return datetime.fromisoformat(text if "-" in text else f"2026-05-04 {text}").replace(tzinfo=ZONE).astimezone(UTC)


@contextmanager
def at(text: str) -> Iterator[None]:
    """The clock stands at a Hong Kong time."""
    with clock.stopped(hk(text)):
        yield


def nine_to_five(*owners: Owner) -> None:
    for owner in owners:
        WorkingHours.replace(owner, [(weekday, 540, 1_020) for weekday in range(7)], SYSTEM)


def customer(workspace: Workspace, name: str = "Mei Chan") -> Customer:
    person = Customer(workspace_id=workspace.id, name=name, name_key=name_key(name), custom={})
    db.session.add(person)
    db.session.flush()
    usage.take(workspace.id, workspace.plan_code, workspace.timezone, "customers")
    return person


def undo(salon: "Salon", verb: str, *, last: int = 1) -> None:
    """Take back what was done with a verb: the last time, or the one before."""
    with writing():
        steps = select(UndoStep).where(UndoStep.workspace_id == salon.workspace_id, UndoStep.verb == verb)
        db.session.scalars(steps.order_by(UndoStep.id.desc()).offset(last - 1)).first().undo(SYSTEM)  # type: ignore[union-attr]
    db.session.expire_all()


@dataclass
class Salon:
    """Rows by id, so that a test may use them in any transaction."""

    workspace_id: int
    staff: dict[str, int] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    customers: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, workspace_id: int, people: Iterable[str] = ("Ann", "Bea"), customers: int = 3) -> "Salon":
        """Arrange it, in a transaction of its own."""
        enter(workspace_id)
        salon = cls(workspace_id)
        with writing():
            workspace = salon.workspace
            massage = Service.add(
                workspace, "Massage", 60, SYSTEM, price_minor=40_000, slot_step_min=30,
                cancel_cutoff_min=24 * 60, late_cancel_fee_bp=5_000, no_show_fee_bp=10_000,
            )  # fmt: skip
            yoga = Service.add(workspace, "Yoga", 60, SYSTEM, kind="class", capacity=12, price_minor=12_000)
            salon.services = {"massage": massage.id, "yoga": yoga.id}
            for name in people:
                person = Staff.add(workspace, name, SYSTEM)
                nine_to_five(person)
                massage.assign(person, SYSTEM)
                salon.staff[name] = person.id
            salon.customers = [customer(workspace, f"Customer {number}").id for number in range(customers)]
        return salon

    @property
    def workspace(self) -> Workspace:
        return db.session.get_one(Workspace, self.workspace_id)

    def service(self, name: str = "massage") -> Service:
        return Service.find(self.workspace, self.services[name])

    def person(self, name: str) -> Staff:
        return Staff.find(self.workspace, self.staff[name])

    def customer(self, number: int = 0) -> Customer:
        return Customer.find(self.workspace, self.customers[number])

    def booking(self, number: int) -> Booking:
        return Booking.find(self.workspace, number)

    def add_room(self, name: str, kind: str = "room") -> int:
        return Resource.add(self.workspace, name, kind, SYSTEM).id

    def wish(
        self, start: str, *, who: int = 0, service: str = "massage", staff: str | None = None, **facts: object
    ) -> Reservation:
        return Reservation(
            self.customer(who), self.service(service), hk(start),
            self.person(staff) if staff is not None else None, **facts,  # type: ignore[arg-type]
        )  # fmt: skip

    def book(self, start: str, **facts: object) -> Booking:
        """Book in the open transaction."""
        return self.wish(start, **facts).book(self.workspace, SYSTEM)[0]  # type: ignore[arg-type]

    def free(self, day: str = "2026-05-04", service: str = "massage", **facts: object) -> list[str]:
        """The starts that are free on a day, on Hong Kong clocks."""
        start = hk(f"{day} 00:00")
        calendar = Calendar(self.workspace, self.service(service), **facts)  # type: ignore[arg-type]
        found = calendar.free((to_ms(start), to_ms(start + timedelta(days=1))), 1)
        return [datetime.fromtimestamp(offer.slot.starts_at / 1_000, ZONE).strftime("%H:%M") for offer in found.offers]
