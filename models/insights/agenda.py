"""The bookings of a day as the dashboard lists them: what is under way and to come, a class in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, func, select

from models.base import db, show
from models.bookings.asset import Asset
from models.bookings.booking import Booking
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer
from models.customers.here import Here
from models.insights.dashboard import today_of
from models.insights.period import Period

LOOKED_AT = 200
"""Bookings from which the lines of the page are made: a class may have many."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """One booking of the day."""

    id: int
    session_id: int
    starts_at: datetime
    ends_at: datetime
    status: str
    version: int
    party_size: int
    customer_id: int
    customer: str
    service: str
    is_class: bool
    staff: str | None

    @property
    def shown_id(self) -> str:
        """The booking's id in addresses."""
        return show(Booking.prefix, self.id)

    @property
    def customer_shown_id(self) -> str:
        """The customer's id in addresses."""
        return show(Customer.prefix, self.customer_id)


@dataclass(frozen=True, slots=True)
class ClassToday:
    """A class of the day with those who come."""

    bookings: Sequence[Appointment]

    @property
    def first(self) -> Appointment:
        """What all of them share: the class, its times, and who leads it."""
        return self.bookings[0]

    @property
    def shown_id(self) -> str:
        """The class's id in addresses."""
        return show(Session.prefix, self.first.session_id)

    @property
    def seats(self) -> int:
        """How many people come."""
        return sum(each.party_size for each in self.bookings)


@dataclass(frozen=True, slots=True)
class Agenda:
    """The first lines of what has not ended; how many bookings have not, and how many the day has in all."""

    lines: Sequence[Appointment | ClassToday]
    left: int
    total: int


def todays(here: Here, now: datetime, limit: int) -> Agenda:
    """What is under way and still to come today, in the order of its start; cancelled bookings are left out."""
    today = today_of(here)
    since, until = Period(today, today).span(here.timezone)
    mine = (Booking.workspace_id == here.id, Booking.starts_at >= since, Booking.starts_at < until, Booking.status != "cancelled")
    rows: Sequence[Any] = db.session.execute(
        select(
            Booking.id, Booking.session_id, Booking.starts_at, Booking.ends_at, Booking.status, Booking.version,
            Booking.party_size, Booking.customer_id, Customer.name, Service.name, Service.kind == "class", Asset.name,
        )
        .join(Customer, and_(Customer.workspace_id == Booking.workspace_id, Customer.id == Booking.customer_id))
        .join(Service, and_(Service.workspace_id == Booking.workspace_id, Service.id == Booking.service_id))
        .outerjoin(Asset, and_(Asset.workspace_id == Booking.workspace_id, Asset.id == Booking.staff_id))
        .where(*mine, Booking.ends_at > now)
        .order_by(Booking.starts_at, Booking.session_id, Booking.id)
        .limit(LOOKED_AT)
    ).all()  # fmt: skip
    count = select(func.count(), func.count().filter(Booking.ends_at > now)).select_from(Booking).where(*mine)
    total, left = db.session.execute(count).one()
    return Agenda(_lines([Appointment(*row) for row in rows])[:limit], left, total)


def _lines(appointments: Sequence[Appointment]) -> list[Appointment | ClassToday]:
    lines: list[Appointment | ClassToday] = []
    for _, group in groupby(appointments, key=lambda each: each.session_id):
        together = list(group)
        if together[0].is_class:
            lines.append(ClassToday(together))
        else:
            lines.extend(together)
    return lines
