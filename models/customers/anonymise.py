"""Anonymising: the person is forgotten, what the business did and earned stays (DOMAIN §1).

What must end first (live bookings) and what is kept by law (issued invoices) is registered by the nouns that know it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from models import clock
from models.accounts import usage
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import InWorkspace, db, wal
from models.customers.archive import close
from models.customers.customer import Customer, ids_merged_into
from models.customers.note import Note
from models.customers.personal import Trace, erase
from models.customers.timeline import happened
from models.errors import Conflict

Ends = Callable[[Customer, Actor], list[str]]
Keeps = Callable[[Customer], list[str]]
Forgets = Callable[[InWorkspace, list[int]], None]
Subjects = Callable[[InWorkspace, list[int]], Iterable[tuple[str, int]]]
_ends: list[Ends] = []
_keeps: list[Keeps] = []
_forgets: list[Forgets] = []
_subjects: list[Subjects] = []


def ends_before_anonymising(end: Ends) -> Ends:
    """Register what ends first: it cancels, and answers one sentence for each thing that it cancelled."""
    _ends.append(end)
    return end


def kept_when_anonymised(keep: Keeps) -> Keeps:
    """Register what stays as it is by law, one name for each thing. Nobody does yet: issued invoices will (DOMAIN §1)."""
    _keeps.append(keep)
    return keep


def forgets_before_erasing(forget: Forgets) -> Forgets:
    """Register what takes a person out of text that no id leads to, told the ids of their records while they still stand."""
    _forgets.append(forget)
    return forget


def belonging_to(subjects: Subjects) -> Subjects:
    """Register the (entity, id) pairs of what belongs to some customers, under which timeline and undo name it."""
    _subjects.append(subjects)
    return subjects


@dataclass(frozen=True, slots=True)
class Anonymised:
    """Who it was, what was cancelled for it, and what stays."""

    customer: Customer
    cancelled: list[str]
    kept: list[str]


def anonymise(workspace: InWorkspace, shown: str | int, by: Actor) -> Anonymised:
    """Forget a customer, archived or not. Raises NotFound, Conflict when that was done already. There is no undo.

    In the lock order of ARCHITECTURE §2: the counter, then what ends first, then the customer.
    """
    usage.hold(workspace.id, "customers")
    customer = Customer.find(workspace, shown)
    if customer.anonymised_at is not None:
        raise Conflict("This customer was anonymised already.")
    cancelled = [said for end in _ends for said in end(customer, by)]
    customer = Customer.hold(workspace, customer.id)
    kept = [name for keep in _keeps for name in keep(customer)]
    trace = _trace(workspace, customer)
    for forget in _forgets:
        forget(workspace, trace.ids)
    erase(trace)
    customer = Customer.hold(workspace, customer.id)
    if customer.live:
        close(customer)
    for number in ids_merged_into(workspace, customer.id):
        db.session.get_one(Customer, (workspace.id, number)).anonymised_at = clock.now()
    customer.touched()
    db.session.flush()
    happened(workspace.id, customer.id, "anonymised", "Anonymised", by)
    audit_event.record(
        workspace.id, "anonymise_customer", by, entity="customer", entity_id=customer.id,
        fields={"cancelled": len(cancelled), "kept": len(kept)},
    )  # fmt: skip
    wal.empty_after_commit()
    return Anonymised(customer, cancelled, kept)


def _trace(workspace: InWorkspace, customer: Customer) -> Trace:
    ids = ids_merged_into(workspace, customer.id)
    notes = db.session.scalars(select(Note.id).where(Note.workspace_id == workspace.id, Note.customer_id.in_(ids)))
    subjects = [*(("customer", number) for number in ids), *(("note", number) for number in notes)]
    subjects += [pair for belongings in _subjects for pair in belongings(workspace, ids)]
    return Trace(workspace.id, ids, subjects)
