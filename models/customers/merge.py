"""Merging two records of one person: every reference to the one comes to point to the other, and can be taken back.

The tables are found by walking the foreign keys to customer, so that no noun is forgotten. A row whose unique key the
survivor has already stays with the merged record. Tables marked `info={"merge": "stays"}` are left alone: what can be made
anew, and the append-only ledger. What else collides, and what must be locked or counted again, its noun registers.
"""

from collections.abc import Callable
from typing import Any

from models import clock
from models.accounts import usage
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UNDO_KEPT, UndoStep, keep_undo, undoes
from models.base import InWorkspace, db, new_id
from models.customers import search_index
from models.customers.archive import reopen
from models.customers.custom_field import fields_of
from models.customers.custom_value import index_values
from models.customers.customer import Customer
from models.customers.customer_merge import CustomerMerge
from models.customers.here import Premises
from models.customers.repointing import move_back, move_over
from models.customers.timeline import happened
from models.errors import Conflict, Invalid

FILLED = ("native_name", "company", "birthday", "birth_day", "locale", "preferred_channel")
"""What the survivor takes over where it has nothing."""

Prepare = Callable[[int, int, int], None]
"""workspace, survivor, merged: lock, in the lock order, what will move."""
Settle = Callable[[int, int, int], Any]
"""workspace, survivor, merged: make room where two rows cannot both stand; returns what undoing needs (ids only)."""
Unsettle = Callable[[int, int, int, Any], None]
Refigure = Callable[[int, int], None]
_prepares: list[Prepare] = []
_settles: dict[str, tuple[Settle, Unsettle]] = {}
_refigures: list[Refigure] = []


def locks_before_merge(prepare: Prepare) -> Prepare:
    """Register what a noun locks before two customers are."""
    _prepares.append(prepare)
    return prepare


def settles_collisions(name: str, undo: Unsettle) -> Callable[[Settle], Settle]:
    """Register how rows of a table make room for each other before they move, and how that is taken back."""

    def register(settle: Settle) -> Settle:
        _settles[name] = (settle, undo)
        return settle

    return register


def refigures(refigure: Refigure) -> Refigure:
    """Register what counts the figures of a customer (workspace, customer) anew after their rows moved."""
    _refigures.append(refigure)
    return refigure


def merge(workspace: InWorkspace, survivor_id: str, merged_id: str, by: Actor) -> CustomerMerge:
    """Merge one record into another, which keeps its id. Raises NotFound, Invalid for the same one twice, Conflict.

    Under the lock of the customers' count, which everybody takes who archives or merges: so redirects stay as they are read.
    """
    usage.hold(workspace.id, "customers")
    first, second = Customer.find(workspace, survivor_id).id, Customer.find(workspace, merged_id).id
    if first == second:
        raise Invalid("These are the same customer already.", field="merged_id")
    for prepare in _prepares:
        prepare(workspace.id, first, second)
    held = {each.id: each for each in (Customer.hold(workspace, number) for number in sorted((first, second)))}
    survivor, merged = held[first], held[second]
    survivor.refuse_unless_live()
    merged.refuse_unless_live()
    moved: dict[str, Any] = {"filled": _fill(survivor, merged), "enrolled": _enrol(survivor, merged)}
    moved["custom"] = _fill_custom(workspace, survivor, merged)
    moved["settled"] = {name: settle(workspace.id, first, second) for name, (settle, _) in _settles.items()}
    moved["rows"] = move_over(workspace.id, first, second)
    merged.merged_into, merged.archived_at = survivor.id, clock.now()
    merged.touched()
    survivor.touched()
    db.session.flush()
    usage.give_back(workspace.id, "customers")
    _count_again(workspace.id, first, second)
    happened(workspace.id, first, "merged", "Another record of this person was merged into this one", by,
             entity="customer", entity_id=second)  # fmt: skip
    return _keep(workspace, first, second, moved, by)


def _keep(workspace: InWorkspace, first: int, second: int, moved: dict[str, Any], by: Actor) -> CustomerMerge:
    at = clock.now()
    trace = CustomerMerge(
        workspace_id=workspace.id, id=new_id(), survivor_id=first, merged_id=second, moved=moved, at=at, by_actor=by.code,
        undo_until=at + UNDO_KEPT,
    )  # fmt: skip
    db.session.add(trace)
    db.session.flush()
    audit = audit_event.record(
        workspace.id, "merge_contacts", by, entity="customer", entity_id=first, also=[("customer", second)],
        fields={"merged": second, "filled": moved["filled"]},
    )  # fmt: skip
    keep_undo(
        workspace.id, audit, "merge_contacts", entity="customer", entity_id=first, before={"merge": trace.id}
    )
    return trace


@undoes("merge_contacts", needs=("customers", "destructive"))
def _undo(step: UndoStep, by: Actor) -> None:
    workspace = Premises(step.workspace_id)
    trace = db.session.get_one(CustomerMerge, (workspace.id, step.before["merge"]), populate_existing=True)
    first, second = trace.survivor_id, trace.merged_id
    usage.hold(workspace.id, "customers")
    for prepare in _prepares:
        prepare(workspace.id, first, second)
    survivor = _held_as_is(workspace, first)
    merged = _held_as_is(workspace, second)
    if trace.undone_at is not None or merged.merged_into != first or survivor.merged_into is not None:
        raise Conflict("These records were merged further, or taken apart, in the meantime.")
    moved = trace.moved
    merged.merged_into = None
    db.session.flush()
    reopen(merged)
    move_back(workspace.id, first, second, moved["rows"])
    for name, (_, unsettle) in _settles.items():
        if name in moved["settled"]:
            unsettle(workspace.id, first, second, moved["settled"][name])
    for name in moved["filled"]:
        if getattr(survivor, name) == getattr(merged, name):
            setattr(survivor, name, None)
    if moved["enrolled"]:
        survivor.kind, survivor.enrolled_at = "contact", None
    _take_custom_back(workspace, survivor, merged, moved["custom"])
    survivor.touched()
    trace.undone_at = clock.now()
    db.session.flush()
    _count_again(workspace.id, first, second)
    for number in (first, second):
        happened(workspace.id, number, "merged", "The merge of two records was undone", by)


def _held_as_is(workspace: InWorkspace, number: int) -> Customer:
    """The very record, locked, where `Customer.hold` would follow the redirect."""
    row = Customer.within(workspace).where(Customer.id == number).with_for_update(key_share=True)
    held = db.session.scalars(row.execution_options(populate_existing=True)).one()
    if held.anonymised_at is not None:
        raise Conflict("This customer was anonymised in the meantime.")
    return held


def _fill(survivor: Customer, merged: Customer) -> list[str]:
    filled = [name for name in FILLED if getattr(survivor, name) is None and getattr(merged, name) is not None]
    for name in filled:
        setattr(survivor, name, getattr(merged, name))
    return filled


def _enrol(survivor: Customer, merged: Customer) -> bool:
    if survivor.kind == "member" or merged.kind != "member":
        return False
    survivor.kind, survivor.enrolled_at = "member", merged.enrolled_at
    return True


def _fill_custom(workspace: InWorkspace, survivor: Customer, merged: Customer) -> list[str]:
    taken = [key for key in merged.custom if key not in survivor.custom]
    survivor.custom = {**survivor.custom, **{key: merged.custom[key] for key in taken}}
    _index_custom(workspace, survivor, taken)
    return taken


def _take_custom_back(workspace: InWorkspace, survivor: Customer, merged: Customer, keys: list[str]) -> None:
    gone = [key for key in keys if survivor.custom.get(key) == merged.custom.get(key)]
    survivor.custom = {key: value for key, value in survivor.custom.items() if key not in gone}
    _index_custom(workspace, survivor, gone)


def _index_custom(workspace: InWorkspace, customer: Customer, keys: list[str]) -> None:
    fields = {field.key: field for field in fields_of(workspace)}
    values = {key: customer.custom.get(key) for key in keys if key in fields}
    index_values(customer.workspace_id, customer.id, values, fields)


def _count_again(workspace_id: int, first: int, second: int) -> None:
    for number in (first, second):
        for refigure in _refigures:
            refigure(workspace_id, number)
        search_index.refresh(workspace_id, number)
