"""Move a booking."""

from typing import Annotated

from pydantic import Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import RecordId, When
from blueprints.mcp.tools.bookings._shapes import BookingWritten, shown
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.moments import start_of
from models.bookings.move import Move


@tool(title="Reschedule booking", capability="bookings", access="write", idempotent=True, open_world=True, destroys=True)
def reschedule_booking(
    call: Call,
    booking_id: RecordId,
    starts_at: Annotated[When, Field(description="2026-11-23T14:00, tomorrow 14:00; workspace-local without an offset")],
    staff_id: RecordId | None = None,
    expected_version: Annotated[int | None, Field(ge=1, description="Refuse if the booking changed since")] = None,
) -> BookingWritten:
    """Move a booking to another open start; it keeps its id and ref, and its person where they are free."""
    here = call.workspace
    move = Move(
        Booking.find(here, booking_id),
        start_of(starts_at, here),
        staff=Staff.find(here, staff_id) if staff_id is not None else None,
        expected_version=expected_version,
    )
    return BookingWritten(booking=shown(call, move.carry_out(here, call.actor)))
