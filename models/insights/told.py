"""What a line about a booking names: whose it is, of what, and when, in one query for a page of lines."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from models.base import InWorkspace, db, show
from models.bookings.booking import Booking
from models.bookings.service import Service
from models.customers.customer import Customer


@dataclass(frozen=True, slots=True)
class BookingTold:
    """One booking, as sentences name it; it stands as it is now."""

    id: int
    ref: str
    customer_id: int
    customer: str
    service: str
    starts_at: datetime
    version: int

    @property
    def shown_id(self) -> str:
        """The booking's id in addresses."""
        return show(Booking.prefix, self.id)

    @property
    def customer_shown_id(self) -> str:
        """The customer's id in addresses."""
        return show(Customer.prefix, self.customer_id)


def bookings_told(workspace: InWorkspace, ids: Collection[int]) -> Mapping[int, BookingTold]:
    """These bookings by id; those that are not there are left out."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(
            Booking.id, Booking.ref, Booking.customer_id, Customer.name, Service.name, Booking.starts_at, Booking.version
        )
        .join(Customer, and_(Customer.workspace_id == Booking.workspace_id, Customer.id == Booking.customer_id))
        .join(Service, and_(Service.workspace_id == Booking.workspace_id, Service.id == Booking.service_id))
        .where(Booking.workspace_id == workspace.id, Booking.id.in_(ids))
    )  # fmt: skip
    return {row.id: BookingTold(*row) for row in rows}
