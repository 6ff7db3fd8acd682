"""What can be booked."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from blueprints.mcp.arguments import Cursor, Limit
from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import Money, Named, RecordId, money, named
from models.bookings.asset import Staff
from models.bookings.location import Location
from models.bookings.offering import Offering, offerings


class ServiceOut(BaseModel):
    """A service that can be booked."""

    id: str
    kind: Literal["appointment", "class"]
    name: str
    duration_min: int
    price: Money
    capacity: int
    staff: list[Named]
    locations: list[Named]


class ServicePage(BaseModel):
    """A page of services."""

    items: list[ServiceOut]
    next_cursor: str | None


@tool(title="List services", capability="bookings", access="read", idempotent=True, open_world=False)
def list_services(
    call: Call,
    category: Annotated[str | None, Field(max_length=120)] = None,
    staff_id: RecordId | None = None,
    location_id: RecordId | None = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> ServicePage:
    """List bookable services with length, price, the people who do them and where, by name."""
    staff = Staff.find(call.workspace, staff_id) if staff_id is not None else None
    location = Location.find(call.workspace, location_id) if location_id is not None else None
    page = offerings(
        call.workspace,
        category=category,
        staff_id=staff.id if staff is not None else None,
        location_id=location.id if location is not None else None,
        cursor=cursor,
        limit=limit,
    )
    return ServicePage(items=[_out(call, each) for each in page.items], next_cursor=page.next_cursor)


def _out(call: Call, offering: Offering) -> ServiceOut:
    service = offering.service
    return ServiceOut(
        id=service.shown_id,
        kind=service.kind,  # type: ignore[arg-type]
        name=service.name,
        duration_min=service.duration_min,
        price=money(call.workspace, service.price_minor, service.currency),
        capacity=service.capacity,
        staff=named(Staff.prefix, offering.staff),
        locations=named(Location.prefix, offering.locations),
    )
