"""The day of a booking: confirmed, checked in, completed or not come; and back again within 24 hours (DOMAIN §2)."""

from models import clock
from models.activity.actor import Actor
from models.bookings import record
from models.bookings.booking import Booking, NotNow
from models.bookings.cancellation import no_show_terms
from models.bookings.credit_use import give_back, use_again
from models.customers.here import Here


def confirm(workspace: Here, booking: Booking, by: Actor, *, expected_version: int | None = None) -> Booking:
    """Turn a hold or a pending booking into a confirmed one, before it begins. Raises NotNow, StaleBooking."""
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    if held.status not in ("held", "pending"):
        raise NotNow("There is nothing to confirm about this booking.", current=held.current)
    record.enter(held, "confirmed", "confirm_booking", by, hold_expires_at=None)
    return held


def check_in(workspace: Here, booking: Booking, by: Actor, *, expected_version: int | None = None) -> Booking:
    """The customer is here. Raises NotNow, StaleBooking."""
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    record.enter(held, "checked_in", "check_in_booking", by)
    return held


def complete(workspace: Here, booking: Booking, by: Actor, *, expected_version: int | None = None) -> Booking:
    """It took place; only after its start. Raises NotNow, StaleBooking."""
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    record.enter(held, "completed", "complete_booking", by, settled_at=clock.now())
    return held


def mark_no_show(
    workspace: Here, booking: Booking, by: Actor, *, waive_fee: bool = False, expected_version: int | None = None
) -> Booking:
    """The customer did not come; only after its start. What `no_show_terms` say then stands on the booking.

    Raises NotNow, StaleBooking.
    """
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    terms = no_show_terms(held, waive_fee=waive_fee)
    record.enter(held, "no_show", "mark_booking_no_show", by, settled_at=clock.now(), fee_minor=terms.fee_minor)
    if not terms.credits_lost:
        give_back(held, by_business=False)
    return held


def reopen(workspace: Here, booking: Booking, by: Actor, *, expected_version: int | None = None) -> Booking:
    """Take back a check-in, or within 24 hours a completion or no-show: its fee goes, credits that had come back pay again.

    Raises NotNow, StaleBooking, NoCredits.
    """
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    if held.status not in ("checked_in", "completed", "no_show"):
        raise NotNow("There is nothing to reopen about this booking.", current=held.current)
    record.enter(held, "confirmed", "reopen_booking", by, settled_at=None, fee_minor=0)
    use_again(held)
    return held
