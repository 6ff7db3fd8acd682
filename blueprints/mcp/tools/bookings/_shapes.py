"""What the tools of this capability answer with, in the words of PRODUCT §4 Results."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from blueprints.mcp.call import Call
from blueprints.mcp.shapes import Money, Named, local, money, named
from models.base import show
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.facts import PARTY_MAX
from models.bookings.listing import BookingRow, row_of
from models.bookings.location import Location
from models.bookings.service import Service
from models.customers.customer import Customer

Status = Literal["held", "pending", "confirmed", "checked_in", "completed", "cancelled", "no_show"]
PartySize = Annotated[int, Field(ge=1, le=PARTY_MAX)]


class BookingOut(BaseModel):
    """One booking."""

    id: str
    ref: str
    status: Status
    starts_at: datetime
    ends_at: datetime
    service: Named
    member: Named
    staff: list[Named]
    location: Named | None
    party_size: int
    price: Money
    version: int


class BookingWritten(BaseModel):
    """The booking as it stands after the act."""

    booking: BookingOut


def shown_row(call: Call, row: BookingRow) -> BookingOut:
    """A booking row."""
    return BookingOut(
        id=show(Booking.prefix, row.id),
        ref=row.ref,
        status=row.status,  # type: ignore[arg-type]
        starts_at=local(call, row.starts_at),
        ends_at=local(call, row.ends_at),
        service=named(Service.prefix, [row.service])[0],
        member=named(Customer.prefix, [row.customer])[0],
        staff=named(Staff.prefix, row.staff),
        location=named(Location.prefix, [row.location])[0] if row.location is not None else None,
        party_size=row.party_size,
        price=money(call.workspace, row.price_minor, row.currency),
        version=row.version,
    )


def shown(call: Call, booking: Booking) -> BookingOut:
    """A booking as it stands."""
    return shown_row(call, row_of(call.workspace, booking))
