"""Cancel a booking."""

from typing import Annotated

from pydantic import Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import Question, tool
from blueprints.mcp.shapes import Money, RecordId, money
from blueprints.mcp.tools.bookings._shapes import BookingOut, BookingWritten, shown
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation, CancelledFor
from models.bookings.facts import REASON_MAX


class BookingCancelled(BookingWritten):
    """The cancelled booking, and what that cost."""

    booking: BookingOut
    fee: Money
    credits_returned: int
    credits_lost: int


def _question(cancelled: BookingCancelled) -> Question:
    booking = cancelled.booking
    due = [f"A fee of {cancelled.fee.display} is due."] if cancelled.fee.minor else []
    if cancelled.credits_lost:
        due.append(f"Package credits lost: {cancelled.credits_lost}.")
    if cancelled.credits_returned:
        due.append(f"Package credits returned: {cancelled.credits_returned}.")
    when = f"{booking.starts_at:%Y-%m-%d %H:%M}"
    terms = " ".join(due or ["Nothing is due."])
    return Question(f"Cancel booking {booking.ref}, {booking.service.name} on {when}? {terms}", {"customer": booking.member.name})


@tool(
    title="Cancel booking",
    capability="bookings",
    access="destructive",
    idempotent=True,
    open_world=True,
    asks=_question,
)
def cancel_booking(
    call: Call,
    booking_id: RecordId,
    reason: Annotated[str, Field(min_length=1, max_length=REASON_MAX)],
    cancelled_for: Annotated[
        CancelledFor, Field(description="Who asked for it; business owes no fee")
    ] = "customer",
    waive_fee: bool = False,
    expected_version: Annotated[int | None, Field(ge=1, description="Refuse if the booking changed since")] = None,
) -> BookingCancelled:
    """Cancel a booking and free its time. After the service's cutoff its late fee falls due, or its credits are lost."""
    here = call.workspace
    before = Booking.find(here, booking_id)
    used = before.credits_used
    asked = Cancellation(before, reason, cancelled_for, waive_fee=waive_fee, expected_version=expected_version)
    booking = asked.carry_out(here, call.actor)
    return BookingCancelled(
        booking=shown(call, booking),
        fee=money(here, booking.fee_minor, booking.currency),
        credits_returned=used - booking.credits_lost,
        credits_lost=booking.credits_lost,
    )
