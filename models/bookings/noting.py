"""Notes about a booking: they stand with its customer, and with nobody else."""

from models.activity.actor import Actor
from models.base import InWorkspace
from models.bookings.booking import Booking
from models.customers.customer import Customer
from models.customers.note import Note, NoteKind
from models.errors import Invalid


def write_note(
    workspace: InWorkspace, member: str, body: str, by: Actor, *, kind: NoteKind = "note", booking: str | None = None
) -> Note:
    """Append a note to a customer, or to one of their bookings (an id or a ref). Raises NotFound, Invalid, Conflict."""
    about = Booking.find(workspace, booking) if booking is not None else None
    customer = Customer.hold(workspace, member)
    if about is not None and about.customer_id != customer.id:
        raise Invalid("This booking is of another customer.", field="booking_id")
    return Note.add(customer, body, by, kind=kind, booking_id=about.id if about is not None else None)
