"""Putting tags on customers and taking them off, as one act that can be undone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, tuple_, update

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import InWorkspace, db
from models.customers.customer import Customer
from models.customers.here import Premises
from models.customers.tag import TAGS_OF_ONE_MAX, CustomerTag, Tag, carried_by, put_on, tags_for
from models.customers.timeline import happened
from models.errors import Conflict, Invalid

MEMBERS_MAX = 100
TAGS_A_CALL_MAX = 20


@dataclass(frozen=True, slots=True)
class Tagged:
    """What an act of tagging did."""

    customers: list[Customer]
    tags: list[Tag]
    created: list[Tag]
    pairs: int
    """How many (tag, customer) pairs changed."""


def attach_tags(
    workspace: InWorkspace, member_ids: Sequence[str], names: Sequence[str], by: Actor, *, create_missing: bool = False
) -> Tagged:
    """Put every one of these tags on every one of these customers; who carries one already keeps it.

    Raises NotFound for an unknown customer, Invalid for an unknown tag or one too many; then nothing changed.
    """
    customers = _hold(workspace, member_ids)
    tags, created = tags_for(workspace, names, create_missing=create_missing, or_else=", or allow new ones with create_missing")
    carried = carried_by(workspace, [customer.id for customer in customers])
    new: list[tuple[int, int]] = []
    for customer in customers:
        lacking = [tag for tag in tags if tag.id not in carried[customer.id]]
        if len(carried[customer.id]) + len(lacking) > TAGS_OF_ONE_MAX:
            raise _too_many(customer)
        if lacking:
            new += [(tag.id, customer.id) for tag in lacking]
            _note_change(customer, "Tagged", by, [tag.name for tag in lacking])
    put_on(workspace.id, new, by)
    db.session.flush()
    audit = _audit(workspace, "attach_tags", by, customers, tags, len(new))
    if new:
        before = {"pairs": new, "created": [tag.id for tag in created]}
        entity, number = _subject(customers, tags)
        keep_undo(workspace.id, audit, "attach_tags", entity=entity, entity_id=number, before=before)
    return Tagged(customers, tags, created, len(new))


def detach_tags(workspace: InWorkspace, member_ids: Sequence[str], names: Sequence[str], by: Actor) -> Tagged:
    """Take these tags off these customers; who does not carry one is left as they are."""
    customers = _hold(workspace, member_ids)
    tags, _ = tags_for(workspace, names, create_missing=False)
    carried = carried_by(workspace, [customer.id for customer in customers])
    gone: list[tuple[int, int]] = []
    for customer in customers:
        worn = [tag for tag in tags if tag.id in carried[customer.id]]
        if worn:
            gone += [(tag.id, customer.id) for tag in worn]
            _note_change(customer, "Untagged", by, [tag.name for tag in worn])
    take_off(workspace.id, gone)
    db.session.flush()
    audit = _audit(workspace, "detach_tags", by, customers, tags, len(gone))
    if gone:
        entity, number = _subject(customers, tags)
        keep_undo(workspace.id, audit, "detach_tags", entity=entity, entity_id=number, before={"pairs": gone})
    return Tagged(customers, tags, [], len(gone))


def _hold(workspace: InWorkspace, member_ids: Sequence[str]) -> list[Customer]:
    if len(member_ids) > MEMBERS_MAX:
        raise Invalid("At most %(most)d customers can be tagged at once.", field="member_ids", most=MEMBERS_MAX)
    return Customer.hold_all(workspace, member_ids, "member_ids")


def _too_many(customer: Customer) -> Invalid:
    return Invalid("A customer carries at most %(most)d tags.", field="tags", most=TAGS_OF_ONE_MAX, id=customer.shown_id)


def wear(workspace: InWorkspace, customer: Customer, names: Sequence[str], by: Actor) -> list[Tag]:
    """Put existing tags on one customer who is held for change, as a part of another act. Raises Invalid."""
    tags, _ = tags_for(workspace, names, create_missing=False, or_else=", or make new ones with attach_tags")
    worn = carried_by(workspace, [customer.id])[customer.id]
    new = [tag for tag in tags if tag.id not in worn]
    if len(worn) + len(new) > TAGS_OF_ONE_MAX:
        raise _too_many(customer)
    if new:
        put_on(workspace.id, [(tag.id, customer.id) for tag in new], by)
        _note_change(customer, "Tagged", by, [tag.name for tag in new])
    return new


@undoes("attach_tags", needs=("customers", "write"))
def _undo_attach(step: UndoStep, by: Actor) -> None:
    """Whose record was merged meanwhile: the tag comes off the record that carries it now."""
    pairs = [(tag, who) for tag, who in step.before["pairs"]]
    now = _where_they_are(step.workspace_id, {who for _, who in pairs})
    worn = _carried_of(step.workspace_id, {*pairs, *((tag, now.get(who, who)) for tag, who in pairs)})
    gone = [pair if pair in worn else (pair[0], now[pair[1]]) for pair in pairs if pair[1] in now]
    gone = [pair for pair in dict.fromkeys(gone) if pair in worn]
    if not gone:
        raise Conflict("Nobody carries these tags any more.")
    take_off(step.workspace_id, gone)
    _note_changes(step.workspace_id, gone, "Tags taken off again (undo)", by)
    unused = [tag for tag in step.before["created"] if not _is_carried(step.workspace_id, tag)]
    if unused:
        db.session.execute(
            update(Tag).where(Tag.workspace_id == step.workspace_id, Tag.id.in_(unused)).values(archived_at=clock.now())
        )


@undoes("detach_tags", needs=("customers", "write"))
def _undo_detach(step: UndoStep, by: Actor) -> None:
    """Whose record was merged meanwhile: the tag goes on the record that they are now."""
    pairs = [(tag, who) for tag, who in step.before["pairs"]]
    wanted = {tag for tag, _ in pairs}
    live = set(db.session.scalars(
        select(Tag.id).where(Tag.workspace_id == step.workspace_id, Tag.id.in_(wanted), Tag.archived_at.is_(None))
    ))  # fmt: skip
    if live != wanted:
        raise Conflict("The tag was removed in the meantime, so it cannot be put back.")
    now = _where_they_are(step.workspace_id, {who for _, who in pairs}, live=True)
    back = [(tag, now[who]) for tag, who in pairs if who in now]
    worn = _carried_of(step.workspace_id, back)
    back = [pair for pair in dict.fromkeys(back) if pair not in worn]
    if not back:
        raise Conflict("There is nobody left to put these tags back on.")
    put_on(step.workspace_id, back, by)
    _note_changes(step.workspace_id, back, "Tags put back (undo)", by)


def _where_they_are(workspace_id: int, numbers: Collection[int], *, live: bool = False) -> dict[int, int]:
    """By the id of a record, the one that it became; anonymised ones, and with `live` archived ones, are left out."""
    found: dict[int, int] = {}
    for number in numbers:
        customer = Customer.find(Premises(workspace_id), number)
        if customer.anonymised_at is None and (customer.live or not live):
            found[number] = customer.id
    return found


def _carried_of(workspace_id: int, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of some (tag, customer) pairs that there are."""
    row = CustomerTag
    found = select(row.tag_id, row.customer_id).where(
        row.workspace_id == workspace_id, tuple_(row.tag_id, row.customer_id).in_(sorted(pairs))
    )
    return {(tag, who) for tag, who in db.session.execute(found)}


def take_off(workspace_id: int, pairs: Sequence[tuple[int, int]]) -> None:
    """Delete (tag, customer) pairs, those that there are."""
    row = CustomerTag
    if pairs:
        db.session.execute(
            delete(row).where(row.workspace_id == workspace_id, tuple_(row.tag_id, row.customer_id).in_(pairs))
        )


def _is_carried(workspace_id: int, tag_id: int) -> bool:
    worn = select(CustomerTag.tag_id).where(CustomerTag.workspace_id == workspace_id, CustomerTag.tag_id == tag_id)
    return db.session.scalar(worn.limit(1)) is not None


def _note_change(customer: Customer, said: str, by: Actor, names: Sequence[str] = ()) -> None:
    """`said` is what was done; with the names of tags, to those."""
    customer.touched()
    summary = f"{said} {', '.join(names)}" if names else said
    happened(customer.workspace_id, customer.id, "tags", summary, by, data={"act": said, "tags": list(names)})


def _note_changes(workspace_id: int, pairs: Sequence[tuple[int, int]], said: str, by: Actor) -> None:
    rows = db.session.scalars(
        select(Customer)
        .where(Customer.workspace_id == workspace_id, Customer.id.in_({who for _, who in pairs}))
        .order_by(Customer.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for customer in rows:
        _note_change(customer, said, by)
    db.session.flush()


def _subject(customers: Sequence[Customer], tags: Sequence[Tag]) -> tuple[str, int]:
    """What the act is filed under: the one customer, or the tag when there are several."""
    return ("customer", customers[0].id) if len(customers) == 1 else ("tag", tags[0].id)


def _audit(
    workspace: InWorkspace, verb: str, by: Actor, customers: Sequence[Customer], tags: Sequence[Tag], pairs: int
) -> int:
    entity, number = _subject(customers, tags)
    also = [*(("customer", each.id) for each in customers), *(("tag", each.id) for each in tags)]
    fields = {"customers": len(customers), "tags": [tag.shown_id for tag in tags], "changed": pairs}
    return audit_event.record(workspace.id, verb, by, entity=entity, entity_id=number, fields=fields, also=also)
