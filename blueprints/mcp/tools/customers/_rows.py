"""The customer row of PRODUCT §4, as every tool that answers with customers shows it."""

from datetime import datetime

from pydantic import BaseModel

from blueprints.mcp.call import Call
from blueprints.mcp.shapes import local, local_or_none
from models.base import show
from models.bookings.booking import Booking
from models.customers.customer import Customer, CustomerKind
from models.customers.listing import CustomerRow, rows_of
from models.customers.note import Note, NoteKind


class NextBookingOut(BaseModel):
    """The next booking, in a customer row."""

    id: str
    starts_at: datetime
    service: str


class CustomerOut(BaseModel):
    """One customer."""

    id: str
    kind: CustomerKind
    name: str
    native_name: str | None
    phone: str | None
    email: str | None
    tags: list[str]
    locale: str | None
    birthday: str | None
    enrolled_at: datetime | None
    last_booking_at: datetime | None
    next_booking: NextBookingOut | None
    no_shows: int


class NoteOut(BaseModel):
    """A note; what the customer wrote stands in customer_text, what the business wrote in body."""

    id: str
    member_id: str
    booking_id: str | None
    kind: NoteKind
    at: datetime
    author: str
    pinned: bool
    body: str | None = None
    customer_text: str | None = None


class CustomerPage(BaseModel):
    """A page of customers."""

    items: list[CustomerOut]
    next_cursor: str | None


def customer_out(call: Call, row: CustomerRow) -> CustomerOut:
    """A row as tools show it."""
    following = row.next_booking
    return CustomerOut(
        id=show(Customer.prefix, row.id), kind=row.kind, name=row.name,
        native_name=row.native_name, phone=row.phone, email=row.email, tags=list(row.tags), locale=row.locale,
        birthday=row.birthday, enrolled_at=local_or_none(call, row.enrolled_at),
        last_booking_at=local_or_none(call, row.last_booking_at),
        next_booking=NextBookingOut(
            id=following.shown_id, starts_at=local(call, following.starts_at), service=following.service
        ) if following is not None else None,
        no_shows=row.no_shows,
    )  # fmt: skip


def one_customer(call: Call, customer_id: int) -> CustomerOut:
    """The row of one customer, who is there."""
    return customer_out(call, rows_of(call.workspace, [customer_id])[0])


def note_out(call: Call, note: Note) -> NoteOut:
    """A note as tools show it."""
    words = {"customer_text": note.body} if note.by_customer else {"body": note.body}
    return NoteOut(
        id=note.shown_id, member_id=show(Customer.prefix, note.customer_id),
        booking_id=show(Booking.prefix, note.booking_id) if note.booking_id is not None else None, kind=note.kind,
        at=local(call, note.created_at), author=note.author, pinned=note.pinned, **words,
    )  # fmt: skip
