"""Making a booking: the place, the customer, the price, the credits, all or nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from models import clock
from models.accounts import usage
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db, new_id
from models.bookings import record
from models.bookings.asset import Staff
from models.bookings.booking import LIVE, Booking, NotNow, free_ref
from models.bookings.cancellation import cancel_held
from models.bookings.credit_use import paid_by, pay_by_package
from models.bookings.facts import checked_text
from models.bookings.location import Location
from models.bookings.package import Package
from models.bookings.placement import Claim, Placement, Wish, booked_differently
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer
from models.customers.here import Here, Premises

NOTE_MAX: Final = 2_000
HELD_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a customer asks for. `session` names one of several sessions of a class that begin then.

    `wait` leaves it pending until the business confirms it, if the service says so. `walk_in` is for the portal, which may
    write down somebody who came in and began earlier today (DOMAIN §2).
    """

    customer: Customer
    service: Service
    starts_at: datetime
    staff: Staff | None = None
    location: Location | None = None
    party_size: int = 1
    package: Package | None = None
    note: str | None = None
    source: str = "portal"
    walk_in: bool = False
    wait: bool = False
    session: Session | None = None

    def book(self, workspace: Here, by: Actor) -> tuple[Booking, bool]:
        """Book it; the second value says whether it was made now, or the same request had made it before.

        A place that the customer holds becomes the booking. Raises SlotTaken with alternatives, BookedDifferently, NoCredits,
        LimitReached, Invalid.
        """
        status = "pending" if self.wait and self.service.needs_approval else "confirmed"
        return self._make(workspace, by, status, "create_booking")

    def hold(self, workspace: Here, by: Actor, until: datetime | None = None) -> Booking:
        """Keep the place for ten minutes, or until an instant; `book` or `confirm` makes it a booking. Raises as `book`."""
        expires_at = until or clock.now() + HELD_FOR
        return self._make(workspace, by, "held", "hold_booking", expires_at)[0]

    def _make(
        self, workspace: Here, by: Actor, status: str, verb: str, expires_at: datetime | None = None
    ) -> tuple[Booking, bool]:
        note = checked_text(self.note, "note", NOTE_MAX)
        self.customer.refuse_unless_live()
        first = self._booked_before(workspace, note) or self._count(workspace, note)
        if first is not None:
            if first.status == "held" and status != "held":
                return self._keep_held(workspace, first, status, note, by), True
            return first, False
        place = Claim.on(workspace, self._wish).take()
        booking = self._seat(workspace, place, status, expires_at, note)
        db.session.add(booking)
        db.session.flush()
        record.recount(workspace.id, self.customer.id)
        # Now that the customer's row is locked: nobody has archived or merged it away in the meantime.
        db.session.refresh(self.customer)
        self.customer.refuse_unless_live()
        if self.package is not None:
            pay_by_package(booking, self.package)
        audit = record.tell(booking, verb, by)
        if status != "held":
            _keep_undo(booking, audit)
        return booking, True

    def _keep_held(self, workspace: Here, seen: Booking, status: str, note: str | None, by: Actor) -> Booking:
        """Make the place that the customer holds a booking, with what was said only now. Raises NotNow."""
        held = Booking.hold(workspace, seen.id)
        held.refuse_unless(status)
        record.lock_customers(workspace, [held.customer_id])
        if self.package is not None and not held.credits_used:
            pay_by_package(held, self.package)
        changes = {"hold_expires_at": None, "customer_note": held.customer_note if note is None else note}
        _keep_undo(held, record.enter(held, status, "create_booking", by, **changes))
        return held

    def _count(self, workspace: Here, note: str | None) -> Booking | None:
        """Count one booking of the month, unless a twin of this request was first while this one waited for the counter."""
        counting = db.session.begin_nested()
        usage.take(workspace.id, workspace.plan_code, workspace.timezone, "bookings")
        first = self._booked_before(workspace, note)
        if first is None:
            counting.commit()
        else:
            counting.rollback()
        return first

    @property
    def _wish(self) -> Wish:
        return Wish(
            self.service, self.customer.id, self.starts_at, self.party_size, _id(self.staff), _id(self.location),
            _id(self.session), self.walk_in,
        )  # fmt: skip

    def _seat(self, workspace: Here, place: Placement, status: str, expires_at: datetime | None, note: str | None) -> Booking:
        number = new_id()
        return Booking(
            workspace_id=workspace.id, id=number, ref=free_ref(workspace, number), customer_id=self.customer.id,
            session_id=place.session.id, service_id=self.service.id, staff_id=place.staff_id,
            starts_at=place.session.starts_at, ends_at=place.session.ends_at, party_size=self.party_size, status=status,
            hold_expires_at=expires_at, price_minor=place.price_minor * self.party_size, currency=self.service.currency,
            source=self.source, customer_note=note, version=1, fee_minor=0, credits_used=0,
        )  # fmt: skip

    def _booked_before(self, workspace: Here, note: str | None) -> Booking | None:
        """The customer's live booking that this request asks for again (DOMAIN §2).

        Another session at the same time, such as a second masseuse for a family, is another request. Raises BookedDifferently
        for one and the same session, but another party, package or note.
        """
        same = (
            select(Booking)
            .join(Session, (Session.workspace_id == Booking.workspace_id) & (Session.id == Booking.session_id))
            .where(Booking.workspace_id == workspace.id, Booking.customer_id == self.customer.id)
            .where(Booking.service_id == self.service.id, Booking.starts_at == self.starts_at, Booking.status.in_(LIVE))
            .where(*([Booking.staff_id == self.staff.id] if self.staff is not None else []))
            .where(*([Session.location_id == self.location.id] if self.location is not None else []))
            .where(*([Session.id == self.session.id] if self.session is not None else []))
            .order_by(Booking.id)
        )
        theirs = [booking for booking in db.session.scalars(same) if not booking.lapsed]
        first = next((booking for booking in theirs if self._is(booking, note, workspace)), None)
        if first is None and theirs:
            raise booked_differently(theirs[0])
        return first

    def _is(self, booking: Booking, note: str | None, workspace: Here) -> bool:
        """Whether a booking is what is asked for; what was not said of a place that is only held may still be added."""
        if booking.party_size != self.party_size:
            return False
        open_still = booking.status == "held"
        same_note = note is None or note == booking.customer_note or (open_still and booking.customer_note is None)
        if self.package is None or not same_note:
            return same_note
        return self.package.id in paid_by(workspace, booking) or (open_still and not booking.credits_used)


def _id(record: Staff | Location | Session | None) -> int | None:
    return record.id if record is not None else None


def _keep_undo(booking: Booking, audit: int) -> None:
    keep_undo(
        booking.workspace_id, audit, "create_booking", entity="booking", entity_id=booking.id, before={"version": booking.version}
    )


@undoes("create_booking", needs=("bookings", "destructive"))
def _undo(step: UndoStep, by: Actor) -> None:
    """A booking that should not have been made is cancelled for the business, before it begins."""
    booking = Booking.hold_at(Premises(step.workspace_id), step.entity_id, step.before["version"])
    if booking.begun:
        raise NotNow("This booking has begun; it cannot be undone any more.", current=booking.current)
    cancel_held(booking, by, "business", None)
