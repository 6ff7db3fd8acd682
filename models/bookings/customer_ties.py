"""What bookings mean when a customer is shown, archived or anonymised: registered with customers, downwards only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from models import clock
from models.accounts.workspace import Workspace
from models.activity.actor import Actor
from models.base import Id, Instant, InWorkspace, db, show
from models.bookings import progress, record
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.ending import lapse
from models.bookings.merging import live_of, lock_bookings
from models.bookings.service import Service
from models.customers.anonymise import belonging_to, ends_before_anonymising
from models.customers.archive import blocks_archive
from models.customers.customer import Customer
from models.customers.upcoming import NextBooking, tells_next_bookings


@tells_next_bookings
def next_of(workspace: InWorkspace, customer_ids: Sequence[int]) -> Mapping[int, NextBooking]:
    """The first booking to come of each of these customers."""
    asked = {"here": workspace.id, "ids": customer_ids, "now": clock.now()}
    rows = db.session.connection().execute(_NEXT, asked)
    return {who: NextBooking(show(Booking.prefix, number), at, service) for who, number, at, service in rows}


def _first_to_come() -> Any:
    """SQL: the first booking after `now` of each of the customers in `ids`, and its service."""
    place = func.row_number().over(partition_by=Booking.customer_id, order_by=(Booking.starts_at, Booking.id))
    ranked = select(Booking.customer_id, Booking.id, Booking.starts_at, Booking.service_id, place.label("place")).where(
        Booking.workspace_id == bindparam("here", type_=Id),
        Booking.customer_id.in_(bindparam("ids", type_=Id, expanding=True)),
        Booking.starts_at > bindparam("now", type_=Instant),
        Booking.status.in_(record.COUNTED),
    )
    first = ranked.subquery()
    return (
        select(first.c.customer_id, first.c.id, first.c.starts_at, Service.name)
        .join(Service, Service.id == first.c.service_id)
        .where(Service.workspace_id == bindparam("here", type_=Id), first.c.place == 1)
    )


_NEXT = _first_to_come()


@blocks_archive
def _live_bookings(customer: Customer) -> list[str]:
    return [
        f"booking {booking.ref} is {booking.status.replace('_', ' ')}"
        for booking in live_of(customer.workspace_id, [customer.id])
        if not booking.lapsed
    ]


@ends_before_anonymising
def _end_live_bookings(customer: Customer, by: Actor) -> list[str]:
    """What is to come is cancelled without a fee; what has begun took place. All of it is locked before any customer is."""
    here = db.session.get_one(Workspace, customer.workspace_id)
    lock_bookings(here.id, customer.id, customer.id)
    ended: list[str] = []
    for booking in live_of(here.id, [customer.id]):
        if booking.lapsed:
            lapse(booking)
            continue
        if booking.begun and booking.status in ("confirmed", "checked_in"):
            progress.complete(here, booking, by)
            continue
        if booking.status == "checked_in":
            progress.reopen(here, booking, by)
        Cancellation(booking, waive_fee=True).carry_out(here, by)
        ended.append(f"booking {booking.ref} on {booking.starts_at.astimezone(here.zone):%Y-%m-%d %H:%M}")
    return ended


@belonging_to
def _bookings_of(workspace: InWorkspace, customer_ids: list[int]) -> Iterable[tuple[str, int]]:
    mine = select(Booking.id).where(Booking.workspace_id == workspace.id, Booking.customer_id.in_(customer_ids))
    return [("booking", number) for number in db.session.scalars(mine)]
