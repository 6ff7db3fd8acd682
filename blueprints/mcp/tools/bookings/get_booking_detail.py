"""One booking with its history."""

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import Happened, Money, RecordId, local, money
from blueprints.mcp.tools.bookings._shapes import BookingOut, shown
from models.bookings.booking import Booking
from models.bookings.cancellation import terms_now
from models.bookings.history import history_of


class BookingDetail(BookingOut):
    """A booking, what happened to it, and what can be done now."""

    timeline: list[Happened]
    allowed_actions: list[str]
    fee_if_cancelled_now: Money
    credits_lost_if_cancelled_now: int


@tool(title="Get booking detail", capability="bookings", access="read", idempotent=True, open_world=False)
def get_booking_detail(call: Call, booking_id: RecordId) -> BookingDetail:
    """One booking by id or by ref, with what happened to it, what can be done now, and what cancelling now would cost."""
    here = call.workspace
    booking = Booking.find(here, booking_id)
    terms = terms_now(booking)
    return BookingDetail(
        **shown(call, booking).model_dump(),
        timeline=[
            Happened(at=local(call, each.at), actor=each.actor, app=each.app, what=each.what)
            for each in history_of(here, booking)
        ],
        allowed_actions=booking.allowed_actions,
        fee_if_cancelled_now=money(here, terms.fee_minor, booking.currency),
        credits_lost_if_cancelled_now=terms.credits_lost,
    )
