"""add_note: write something down about a customer or one of their bookings."""

from typing import Annotated

from pydantic import BaseModel, Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import RecordId
from blueprints.mcp.tools.customers._rows import NoteOut, note_out
from models.bookings.noting import write_note
from models.customers.note import BODY_MAX, NoteKind


class NoteAdded(BaseModel):
    """What was written."""

    note: NoteOut


@tool(title="Add note", capability="customers", access="write", idempotent=False, open_world=False)
def add_note(
    call: Call,
    member_id: RecordId,
    body: Annotated[str, Field(min_length=1, max_length=BODY_MAX)],
    booking_id: Annotated[RecordId | None, Field(description="One of this customer's bookings")] = None,
    kind: NoteKind = "note",
) -> NoteAdded:
    """Append a note to a customer, or to one of their bookings. Nothing is sent to anyone."""
    return NoteAdded(note=note_out(call, write_note(call.workspace, member_id, body, call.actor, kind=kind, booking=booking_id)))
