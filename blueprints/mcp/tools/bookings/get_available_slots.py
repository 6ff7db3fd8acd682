"""When a service can be booked."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated

from pydantic import BaseModel, Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import Named, RecordId, When, local, named
from blueprints.mcp.sizes import RESULT_BYTES_MAX, bytes_of
from blueprints.mcp.tools.bookings._shapes import PartySize
from models import clock
from models.base.instants import from_ms, to_ms
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.calendar import Calendar, Offer
from models.bookings.location import Location
from models.bookings.moments import range_of
from models.bookings.refusals import in_words
from models.bookings.service import Service
from models.errors import Invalid

_SLOTS_BYTES = RESULT_BYTES_MAX - 2_000
"""What is left for slots beside the workspace, the reason and where to go on."""


class SlotOut(BaseModel):
    """A start that is free, and who is free then."""

    starts_at: datetime
    ends_at: datetime
    staff: list[Named]
    seats_left: int


class Slots(BaseModel):
    """Free starts, earliest first."""

    slots: list[SlotOut]
    reason: str | None
    next_from: datetime | None


@tool(title="Get available slots", capability="bookings", access="read", idempotent=True, open_world=False)
def get_available_slots(
    call: Call,
    service_id: RecordId,
    from_: Annotated[When, Field(alias="from", description="Date or time: 2026-11-23, today, tomorrow 14:00")],
    to: Annotated[When, Field(description="At most 32 days later; a date is included")],
    staff_id: RecordId | None = None,
    location_id: RecordId | None = None,
    party_size: PartySize = 1,
    exclude_booking_id: Annotated[
        RecordId | None, Field(description="A booking to be moved: its own time counts as free")
    ] = None,
) -> Slots:
    """Open start times of a service with who is free, or the reason why there are none. next_from: continue from there."""
    here = call.workspace
    service = Service.find(here, service_id)
    if service.archived_at is not None:
        raise Invalid("This service is no longer offered.", field="service_id", for_apps="Call list_services for those that are.")
    start, end = range_of(from_, to, here)
    calendar = Calendar(
        here,
        service,
        location_id=Location.find(here, location_id).id if location_id is not None else None,
        staff_id=Staff.find(here, staff_id).id if staff_id is not None else None,
        moving=Booking.find(here, exclude_booking_id) if exclude_booking_id is not None else None,
    )
    found = calendar.free((to_ms(start or clock.now()), to_ms(end or clock.now())), party_size)
    slots, next_from = _shown(call, calendar, found.offers)
    said = in_words(found.reason, alone=calendar.staff_id is not None) if found.reason is not None else None
    return Slots(slots=slots, reason=said, next_from=next_from)


def _shown(call: Call, calendar: Calendar, offers: Sequence[Offer]) -> tuple[list[SlotOut], datetime | None]:
    """The slots that fit into one answer, and where to go on; several places at one time make one slot."""
    names = {member.id: member.name for member in calendar.team} | calendar.leaders
    shown: list[SlotOut] = []
    left = _SLOTS_BYTES
    for start, group in groupby(offers, key=lambda offer: offer.slot.starts_at):
        people: dict[int, dict[int, str]] = {}
        seats: dict[int, int] = {}
        for slot in (offer.slot for offer in group):
            people.setdefault(slot.ends_at, {}).update({person: names.get(person, "") for person in slot.staff})
            seats[slot.ends_at] = max(seats.get(slot.ends_at, 0), slot.seats_left)
        at_once = [
            SlotOut(
                starts_at=local(call, from_ms(start)), ends_at=local(call, from_ms(end)),
                staff=named(Staff.prefix, staff.items()), seats_left=seats[end],
            )
            for end, staff in people.items()
        ]  # fmt: skip
        left -= sum(bytes_of(slot) + len(",") for slot in at_once)
        if left < 0 and shown:
            return shown, local(call, from_ms(start))
        shown += at_once
    return shown, None
