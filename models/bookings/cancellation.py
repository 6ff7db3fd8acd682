"""Cancelling, and the policy that goes with it (DOMAIN §2, Cancelling). Fees stand on the booking until orders exist."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from models import clock
from models.accounts.workspace import Workspace
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db
from models.bookings import record
from models.bookings.booking import Booking, NotNow, StaleBooking
from models.bookings.credit_use import give_back, use_again
from models.bookings.ending import give_up_place
from models.bookings.facts import REASON_MAX, checked_text, checked_word
from models.bookings.placement import Claim, Wish
from models.bookings.session import Session
from models.customers.here import Here

CancelledFor = Literal["customer", "business"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What ending a booking now would mean: a fee, or credits that do not come back, or both where a package pays in part."""

    fee_minor: int
    credits_lost: int


NOTHING_DUE = Terms(0, 0)


def terms_now(booking: Booking, cancelled_for: CancelledFor = "customer", *, waive_fee: bool = False) -> Terms:
    """The terms of cancelling at this moment. For the business, or before the cutoff, nothing is due.

    What was only held or never confirmed owes nothing either: the business had not agreed yet.
    """
    late = clock.now() > booking.starts_at - timedelta(minutes=booking.service.cancel_cutoff_min)
    if not late or waive_fee or cancelled_for == "business" or booking.status != "confirmed":
        return NOTHING_DUE
    return Terms(share(booking.unpaid_minor, booking.service.late_cancel_fee_bp), booking.credits_used)


def no_show_terms(booking: Booking, *, waive_fee: bool = False) -> Terms:
    """The terms of the customer not having come."""
    if waive_fee:
        return NOTHING_DUE
    return Terms(share(booking.unpaid_minor, booking.service.no_show_fee_bp), booking.credits_used)


def share(price_minor: int, basis_points: int) -> int:
    """A share of a price, rounded half up."""
    return (price_minor * basis_points + 5_000) // 10_000


@dataclass(frozen=True, slots=True)
class Cancellation:
    """One cancellation: why, and for whom."""

    booking: Booking
    reason: str | None = None
    cancelled_for: CancelledFor = "customer"
    waive_fee: bool = False
    expected_version: int | None = None

    def carry_out(self, workspace: Here, by: Actor) -> Booking:
        """Cancel, free the place and apply the policy; the booking then tells `fee_minor` and `credits_lost`.

        Raises NotNow, StaleBooking, Invalid.
        """
        checked_word("cancelled_for", self.cancelled_for, ("customer", "business"))
        reason = checked_text(self.reason, "reason", REASON_MAX)
        booking = Booking.hold(workspace, self.booking.id, expected_version=self.expected_version)
        booking.refuse_unless("cancelled")
        before = standing(booking)
        audit = cancel_held(booking, by, self.cancelled_for, reason, waive_fee=self.waive_fee)
        if before["status"] != "held":
            keep_undo(
                workspace.id, audit, "cancel_booking", entity="booking", entity_id=booking.id,
                before={**before, "version": booking.version},
            )  # fmt: skip
        return booking


def standing(booking: Booking) -> dict[str, object]:
    """What undo needs to know of a booking whose session is still its own."""
    session = Session.find(booking.here, booking.session_id)
    return {"status": booking.status, "credits": booking.credits_used, "location_id": session.location_id}


def cancel_held(
    booking: Booking, by: Actor, cancelled_for: CancelledFor, reason: str | None, *, waive_fee: bool = False,
    verb: str = "cancel_booking",
) -> int:  # fmt: skip
    """Cancel a booking whose session and row are locked; returns the audit id."""
    terms = terms_now(booking, cancelled_for, waive_fee=waive_fee)
    give_up_place(booking)
    audit = record.enter(
        booking, "cancelled", verb, by, cancelled_at=clock.now(), cancelled_for=cancelled_for, cancel_reason=reason,
        fee_minor=terms.fee_minor,
    )  # fmt: skip
    if not terms.credits_lost:
        give_back(booking, by_business=cancelled_for == "business")
    return audit


def waive_fee(workspace: Here, booking: Booking, by: Actor, *, expected_version: int | None = None) -> Booking:
    """Let somebody off who cancelled late or did not come: no fee, and credits that were lost come back.

    Raises NotNow where nothing is due, StaleBooking.
    """
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    if not held.fee_minor and not held.credits_lost:
        raise NotNow("Nothing is due for this booking.", current=held.current)
    record.changed(held, "waive_fee", by, {"fee_minor": held.fee_minor, "credits": held.credits_lost}, fee_minor=0)
    give_back(held, by_business=False)
    return held


@undoes("cancel_booking", needs=("bookings", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    """Take the place again, with the same lead person, if it is still free; credits that came back are used again."""
    here = db.session.get_one(Workspace, step.workspace_id)
    seen = Booking.find(here, step.entity_id)
    if seen.version != step.before["version"]:
        raise StaleBooking("This booking was changed since; it cannot be undone any more.", current=seen.current)
    is_class = seen.service.is_class
    wish = Wish(
        seen.service, seen.customer_id, seen.starts_at, seen.party_size, None if is_class else seen.staff_id,
        step.before["location_id"], seen.session_id if is_class else None,
    )  # fmt: skip
    claim = Claim.on(here, wish, leaves=seen.session_id)
    booking = Booking.hold_at(here, seen.id, step.before["version"])
    place = claim.take()
    restore_held(booking, by, step.before["status"], place.session, place.staff_id, step.before["credits"])


def restore_held(booking: Booking, by: Actor, status: str, session: Session, staff_id: int | None, credits: int) -> None:
    """Let a cancelled booking, which is locked, stand again in a session whose seats were taken for it.

    Raises Conflict for a customer who was archived meanwhile, NoCredits.
    """
    record.changed(
        booking, "restore_booking", by, None, status=status, session_id=session.id, staff_id=staff_id,
        starts_at=session.starts_at, ends_at=session.ends_at, cancelled_at=None, cancelled_for=None, cancel_reason=None,
        fee_minor=0,
    )  # fmt: skip
    record.refuse_unless_customer_live(booking)
    if credits > booking.credits_used:
        use_again(booking)
