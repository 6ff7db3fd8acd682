"""Archiving: a customer leaves the lists and the plan's count, keeps their history, and can be restored.

What stands in the way (live bookings, unpaid invoices) is registered by the nouns that know it, downwards only.
"""

from collections.abc import Callable

from models import clock
from models.accounts import usage
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import InWorkspace, db
from models.customers.customer import Customer
from models.customers.here import Premises
from models.customers.timeline import happened
from models.errors import Conflict, NotAllowed

Blocker = Callable[[Customer], list[str]]
_blockers: list[Blocker] = []
_SAID_MAX = 5
"""Reasons that stand in the sentence; all of them are among the details."""


class Blocked(NotAllowed):
    """Something live stands in the way; `reasons` names it."""

    code = "blocked"


def blocks_archive(blocker: Blocker) -> Blocker:
    """Register what keeps a customer from being archived: it answers one sentence for each thing, naming it."""
    _blockers.append(blocker)
    return blocker


def archive(workspace: InWorkspace, shown: str | int, by: Actor) -> Customer:
    """Archive a customer. Raises NotFound, Conflict when that was done already, Blocked with what is live."""
    customer = held_with_place(workspace, shown)
    if not customer.live:
        raise Conflict("This customer is archived already.")
    reasons = [reason for blocker in _blockers for reason in blocker(customer)]
    if reasons:
        said = "; ".join(reasons[:_SAID_MAX]) + ("; …" if len(reasons) > _SAID_MAX else "")
        raise Blocked("This customer cannot be archived yet: %(said)s.", reason="in_use", reasons=reasons, said=said)
    close(customer)
    happened(customer.workspace_id, customer.id, "archived", "Archived", by)
    audit = audit_event.record(customer.workspace_id, "archive_customer", by, entity="customer", entity_id=customer.id)
    keep_undo(
        customer.workspace_id, audit, "archive_customer", entity="customer", entity_id=customer.id,
        before={"version": customer.version},
    )  # fmt: skip
    return customer


def held_with_place(workspace: InWorkspace, shown: str | int) -> Customer:
    """The customer, held to be counted out of the plan or into it: the counter comes before the customer in the lock order."""
    usage.hold(workspace.id, "customers")
    return Customer.hold(workspace, shown)


def close(customer: Customer) -> None:
    """Mark the record, held with its place, archived and give the place back."""
    customer.archived_at = clock.now()
    customer.touched()
    db.session.flush()
    usage.give_back(customer.workspace_id, "customers")


def reopen(customer: Customer) -> None:
    """Take a place in the plan and mark the record, held with its place, live. Raises LimitReached, Conflict."""
    if customer.anonymised_at is not None:
        raise Conflict("This customer was anonymised; there is nothing left to restore.")
    workspace = db.session.get_one(Workspace, customer.workspace_id)
    usage.take(workspace.id, workspace.plan_code, workspace.timezone, "customers")
    customer.archived_at = None
    customer.touched()
    db.session.flush()


def restore(workspace: InWorkspace, shown: str | int, by: Actor) -> Customer:
    """Bring an archived customer back into the lists; needs room in the plan. Raises NotFound, Conflict, LimitReached."""
    customer = held_with_place(workspace, shown)
    if customer.live:
        raise Conflict("This customer is not archived.")
    if customer.merged_into is not None:
        raise Conflict("This record was merged into another one; undo the merge instead.")
    reopen(customer)
    happened(customer.workspace_id, customer.id, "archived", "Restored", by)
    audit_event.record(customer.workspace_id, "restore_customer", by, entity="customer", entity_id=customer.id)
    return customer


@undoes("archive_customer", needs=("customers", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    restore(Premises(step.workspace_id), step.entity_id, by)
