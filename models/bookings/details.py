"""What may be said differently about a booking that stays where it is: its note, and how many come."""

from typing import Any

from models.accounts.workspace import Workspace
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db
from models.bookings import record
from models.bookings.booking import LIVE, MOVABLE, Booking, NotNow
from models.bookings.facts import PARTY_MAX, checked_text
from models.bookings.question import Reason
from models.bookings.refusals import SlotTaken
from models.bookings.reservation import NOTE_MAX
from models.bookings.session import Session
from models.customers.here import Here
from models.errors import Invalid


def change_note(
    workspace: Here, booking: Booking, note: str | None, by: Actor, *, expected_version: int | None = None
) -> Booking:
    """Write another note, or none, while the booking is to come or under way. Raises NotNow, StaleBooking, Invalid."""
    said = checked_text(note, "note", NOTE_MAX)
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    if held.status not in LIVE:
        raise NotNow("This booking is over; write a note about the customer instead.", current=held.current)
    if said != held.customer_note:
        _change(held, by, customer_note=said)
    return held


def change_party(
    workspace: Here, booking: Booking, party_size: int, by: Actor, *, expected_version: int | None = None,
    price_minor: int | None = None,
) -> Booking:  # fmt: skip
    """Let more or fewer people come, at the price a seat has, or at the one it had where it is undone; the place
    stays. Not for what a package pays, one credit a seat.

    Raises SlotTaken where there are too few seats, NotNow, StaleBooking, Invalid.
    """
    held = Booking.hold(workspace, booking.id, expected_version=expected_version)
    if held.status not in MOVABLE or held.lapsed:
        raise NotNow("How many come cannot be changed now.", current=held.current)
    if held.credits_used:
        raise NotNow("A package pays for this booking; cancel it and book anew for another party.", current=held.current)
    session = Session.find(workspace, held.session_id)
    most = min(session.capacity, PARTY_MAX)
    if not 1 <= party_size <= most:
        raise Invalid("This service takes 1 to %(most)d people.", field="party_size", most=most)
    more = party_size - held.party_size
    if more > 0 and not session.take_seats(more):
        raise SlotTaken(Reason.CLASS_FULL)
    if more < 0:
        session.give_back_seats(-more)
    if more:
        price = price_minor if price_minor is not None else held.price_minor * party_size // held.party_size
        _change(held, by, party_size=party_size, price_minor=price)
    return held


def _change(held: Booking, by: Actor, **values: Any) -> None:
    before = {name: getattr(held, name) for name in values}
    audit = record.changed(held, "change_booking", by, {"changed": sorted(values)}, **values)
    keep_undo(
        held.workspace_id, audit, "change_booking", entity="booking", entity_id=held.id,
        before={"version": held.version, **before},
    )  # fmt: skip


@undoes("change_booking", needs=("bookings", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    """As it was said before, if the booking has not moved on and the seats are there."""
    here, before = db.session.get_one(Workspace, step.workspace_id), step.before
    booking = Booking.hold_at(here, step.entity_id, before["version"])
    if "party_size" in before:
        change_party(here, booking, before["party_size"], by, price_minor=before["price_minor"])
    else:
        change_note(here, booking, before["customer_note"], by)
