"""Book a slot."""

from typing import Annotated

from pydantic import Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import RecordId, When
from blueprints.mcp.tools.bookings._shapes import BookingWritten, PartySize, shown
from models.bookings.asset import Staff
from models.bookings.location import Location
from models.bookings.moments import start_of
from models.bookings.package import Package
from models.bookings.reservation import NOTE_MAX, Reservation
from models.bookings.service import Service
from models.customers.customer import Customer


@tool(title="Create booking", capability="bookings", access="write", idempotent=True, open_world=True)
def create_booking(
    call: Call,
    member_id: RecordId,
    service_id: RecordId,
    starts_at: Annotated[When, Field(description="2026-11-23T14:00, tomorrow 14:00; workspace-local without an offset")],
    staff_id: RecordId | None = None,
    location_id: RecordId | None = None,
    party_size: PartySize = 1,
    package_id: Annotated[RecordId | None, Field(description="Pay with credits of this package")] = None,
    note: Annotated[str | None, Field(max_length=NOTE_MAX)] = None,
) -> BookingWritten:
    """Book a service for a customer at a start from get_available_slots. Taken time is refused with three alternatives."""
    here = call.workspace
    asked = Reservation(
        Customer.find(here, member_id),
        Service.find(here, service_id),
        start_of(starts_at, here),
        staff=Staff.find(here, staff_id) if staff_id is not None else None,
        location=Location.find(here, location_id) if location_id is not None else None,
        party_size=party_size,
        package=Package.find(here, package_id) if package_id is not None else None,
        note=note,
        source="assistant",
    )
    booking, _ = asked.book(here, call.actor)
    return BookingWritten(booking=shown(call, booking))
