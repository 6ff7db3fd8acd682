"""delete_contact: archive or anonymise one customer."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, PrivateAttr

from blueprints.mcp.call import Call
from blueprints.mcp.registry import Question, tool
from blueprints.mcp.shapes import Named, RecordId
from models.customers.anonymise import anonymise
from models.customers.archive import archive
from models.customers.customer import Customer

_SAID_MAX = 10
"""Things that a question names one by one."""


class ContactDeleted(BaseModel):
    """The customer as they are named now; for anonymise also what was cancelled for it, and what is kept by law."""

    customer: Named
    mode: Literal["archive", "anonymise"]
    cancelled: list[str] = []
    kept: list[str] = []
    _was: str = PrivateAttr(default="")


def _question(done: ContactDeleted) -> Question:
    about = {"customer": done._was}
    if done.mode == "archive":
        said = f"Archive the customer {done.customer.id}? They leave the lists; their history stays and they can be restored."
        return Question(said, about)
    also = f" This cancels: {_some(done.cancelled)}." if done.cancelled else ""
    kept = f" Kept: {_some(done.kept)}." if done.kept else ""
    said = f"Anonymise the customer {done.customer.id}? Their name, contacts and notes are erased for good.{also}{kept}"
    return Question(said, about)


def _some(things: list[str]) -> str:
    more = len(things) - _SAID_MAX
    return "; ".join(things[:_SAID_MAX]) + (f"; and {more} more" if more > 0 else "")


@tool(title="Delete contact", capability="customers", access="destructive", idempotent=True, open_world=False, asks=_question)
def delete_contact(
    call: Call,
    member_id: RecordId,
    mode: Annotated[
        Literal["archive", "anonymise"], Field(description="archive can be undone; anonymise erases personal data for good")
    ],
) -> ContactDeleted:
    """Archive one customer, or anonymise them: cancel live bookings, erase personal data, keep bookings and invoices."""
    here = call.workspace
    name = Customer.find(here, member_id).name
    if mode == "archive":
        customer = archive(here, member_id, call.actor)
        done = ContactDeleted(customer=Named(id=customer.shown_id, name=customer.name), mode=mode)
    else:
        gone = anonymise(here, member_id, call.actor)
        customer = gone.customer
        done = ContactDeleted(
            customer=Named(id=customer.shown_id, name=customer.name), mode=mode, cancelled=gone.cancelled, kept=gone.kept
        )
    done._was = name
    return done
