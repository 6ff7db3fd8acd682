"""Bookings by status, date, customer, service, person and place."""

from typing import Annotated

from pydantic import BaseModel, Field

from blueprints.mcp.arguments import Cursor, Limit
from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import RecordId, When
from blueprints.mcp.tools.bookings._shapes import BookingOut, Status, shown_row
from models.bookings.asset import Staff
from models.bookings.listing import BookingFilter
from models.bookings.location import Location
from models.bookings.moments import range_of
from models.bookings.service import Service
from models.customers.customer import Customer


class BookingPage(BaseModel):
    """A page of bookings."""

    items: list[BookingOut]
    next_cursor: str | None


@tool(title="List bookings", capability="bookings", access="read", idempotent=True, open_world=False)
def list_bookings(
    call: Call,
    from_: Annotated[When | None, Field(alias="from", description="Start at or after: date, time, today, -30d")] = None,
    to: Annotated[When | None, Field(description="Start before; a date is included")] = None,
    status: Status | None = None,
    member_id: RecordId | None = None,
    service_id: RecordId | None = None,
    staff_id: RecordId | None = None,
    location_id: RecordId | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> BookingPage:
    """List bookings by start: earliest first when from is given, else latest first. staff_id is who leads."""
    here = call.workspace
    start, end = range_of(from_, to, here)
    asked = BookingFilter(
        start=start,
        end=end,
        status=status,
        customer_id=Customer.find(here, member_id).id if member_id is not None else None,
        service_id=Service.find(here, service_id).id if service_id is not None else None,
        staff_id=Staff.find(here, staff_id).id if staff_id is not None else None,
        location_id=Location.find(here, location_id).id if location_id is not None else None,
    )
    page = asked.page(here, cursor, limit)
    return BookingPage(items=[shown_row(call, row) for row in page.items], next_cursor=page.next_cursor)
