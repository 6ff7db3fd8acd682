"""Taking people in: a new contact, a member of the loyalty programme, or the record that was there already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models import clock
from models.accounts import usage
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db, new_id
from models.base.words import fold
from models.customers import search_index
from models.customers.archive import archive, held_with_place
from models.customers.contact_point import ContactKind, add_point, customers_reached_by, key_of, points_of, points_of_one
from models.customers.customer import (
    COMPANY_MAX,
    NAME_MAX,
    SOURCE_MAX,
    Customer,
    name_key,
    optional_words,
    shown_birthday,
    valid_birthday,
    valid_channel,
    valid_locale,
    valid_name,
)
from models.customers.editing import facts_of, put_back
from models.customers.here import Here, Premises
from models.customers.opt_in import NotGranted, grant_unless_refused, heed_new_address
from models.customers.tag import Tag
from models.customers.tagging import take_off, wear
from models.customers.taking_back import held_as_itself
from models.customers.timeline import happened
from models.errors import Conflict

CANDIDATES_MAX = 5
Point = tuple[ContactKind, str, str]
"""A number or address: its kind, as it was typed, and the form in which it is compared."""


class PossibleDuplicate(Conflict):
    """Somebody with this phone or e-mail is there under another name; `candidates` says who."""

    code = "possible_duplicate"


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody who walks in."""

    name: str
    phone: str | None = None
    email: str | None = None
    native_name: str | None = None
    tags: Sequence[str] = ()
    opt_ins: Sequence[tuple[str, str]] = ()
    """(channel, purpose) pairs they said yes to."""
    preferred_channel: str | None = None
    birthday: str | None = None
    company: str | None = None
    locale: str | None = None
    source: str = "manual"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who it is, whether the record is new, whether they were enrolled just now, and what was said and not taken over."""

    customer: Customer
    created: bool
    enrolled: bool
    not_taken: tuple[str, ...] = ()
    """Fields of a person on record already that stand otherwise there, or that somebody else has."""
    not_granted: tuple[NotGranted, ...] = ()


def take_in(
    here: Here, person: Person, by: Actor, *, enrol: bool, allow_shared: bool = False, again: bool = True
) -> Enrolled:
    """Find or make the customer for a person, and enrol them where asked.

    Whoever has the same phone or e-mail and the same folded name is that person. Under another name nothing changes and
    PossibleDuplicate is raised, unless `allow_shared` says that they share it; so too, with `again` False, for that very
    person: pages ask first what becomes of what was typed. The look-up runs under the lock of the
    customers counter, so parallel twins make one record (DOMAIN §1). Raises Invalid, LimitReached.
    """
    name = valid_name(person.name)
    native = optional_words(person.native_name, NAME_MAX, "native_name")
    keys = _keys(here, person)
    usage.hold(here.id, "customers")
    known = customers_reached_by(here, [(kind, key) for kind, _, key in keys])
    same = _same_person(known, name, native) if again else None
    if same is not None:
        theirs = [kind for kind, _, key in keys if not allow_shared and _has_somebody_else(here, same, kind, key)]
        points = [point for point in keys if point[0] not in theirs]
        return _take_again(here, same.id, person, by, enrol=enrol, points=points, not_added=theirs)
    if known and not allow_shared:
        raise _possible_duplicate(here, known)
    usage.take(here.id, here.plan_code, here.timezone, "customers")
    return _make(here, name, native, person, keys, by, enrol=enrol)


def enrol_member(here: Here, member_id: str, by: Actor, *, person: Person | None = None) -> Enrolled:
    """Enrol a customer who is on record; a member stays as they are. What `person` says is added where nothing stands yet."""
    return _take_again(here, Customer.find(here, member_id).id, person, by, enrol=True)


def _keys(here: Here, person: Person) -> list[Point]:
    given: list[tuple[ContactKind, str | None]] = [("phone", person.phone), ("email", person.email)]
    return [(kind, raw, key_of(kind, raw, here.phone_region)) for kind, raw in given if raw and raw.strip()]


def _same_person(known: Sequence[Customer], name: str, native: str | None) -> Customer | None:
    names = {fold(each) for each in (name, native) if each}
    for customer in known:
        if names & {customer.name_key, fold(customer.native_name or "") or customer.name_key}:
            return customer
    return None


def _has_somebody_else(here: Here, customer: Customer, kind: ContactKind, key: str) -> bool:
    return any(each.id != customer.id for each in customers_reached_by(here, [(kind, key)]))


def _possible_duplicate(here: Here, known: Sequence[Customer]) -> PossibleDuplicate:
    shown = known[:CANDIDATES_MAX]
    reached: dict[int, dict[str, str]] = {}
    for point in points_of(here, [customer.id for customer in shown]):
        reached.setdefault(point.customer_id, {}).setdefault(point.kind, point.value)
    candidates = [{"id": each.shown_id, "name": each.name, "kind": each.kind, **reached.get(each.id, {})} for each in shown]
    return PossibleDuplicate(
        "Somebody else is on record with this phone or e-mail.",
        for_apps="If it is the same person, call again with member_id; if two people share it, with allow_shared: true.",
        candidates=candidates,
    )


def _make(
    here: Here,
    name: str,
    native: str | None,
    person: Person,
    keys: Sequence[Point],
    by: Actor,
    *,
    enrol: bool,
) -> Enrolled:
    at = clock.now()
    customer = Customer(
        workspace_id=here.id, id=new_id(), kind="member" if enrol else "contact", name=name, name_key=name_key(name),
        native_name=native, company=optional_words(person.company, COMPANY_MAX, "company"),
        locale=valid_locale(person.locale) if person.locale else None,
        source=person.source[:SOURCE_MAX], custom={}, enrolled_at=at if enrol else None, created_at=at, updated_at=at,
        bookings_count=0, no_show_count=0, version=1,
        preferred_channel=valid_channel(person.preferred_channel) if person.preferred_channel else None,
    )  # fmt: skip
    customer.born(person.birthday)
    db.session.add(customer)
    db.session.flush()
    for kind, raw, key in keys:
        add_point(customer, kind, raw, key)
    happened(here.id, customer.id, "created", "Enrolled" if enrol else "Added", by)
    wear(here, customer, person.tags, by)
    refused = grant_unless_refused(customer, person.opt_ins, by, source=by.kind)
    search_index.refresh(here.id, customer.id)
    audit = _audit(customer, by, created=True, enrolled=enrol)
    keep_undo(
        here.id, audit, "create_contact", entity="customer", entity_id=customer.id, before={"version": customer.version}
    )
    return Enrolled(customer, True, enrol, not_granted=tuple(refused))


def _take_again(
    here: Here, customer_id: int, person: Person | None, by: Actor, *, enrol: bool, points: Sequence[Point] = (),
    not_added: Sequence[str] = (),
) -> Enrolled:  # fmt: skip
    """Enrol who is on record, and add what is said of them that is not known yet; nothing that stands is overwritten."""
    customer = Customer.hold(here, customer_id)
    customer.refuse_unless_live()
    before = facts_of(customer)
    fresh = enrol and customer.kind != "member"
    if fresh:
        customer.kind, customer.enrolled_at = "member", clock.now()
        customer.touched()
        happened(here.id, customer.id, "enrolled", "Enrolled", by)
    worn: list[Tag] = []
    refused: list[NotGranted] = []
    not_taken: list[str] = []
    if person is not None:
        not_taken = [*not_added, *_fill(customer, person, points, by)]
        worn = wear(here, customer, person.tags, by)
        refused = grant_unless_refused(customer, person.opt_ins, by, source=by.kind)
    db.session.flush()
    stands = facts_of(customer)
    changed = {name: value for name, value in before.items() if stands[name] != value}
    audit = _audit(customer, by, created=False, enrolled=fresh, changed=list(changed))
    if fresh or changed or worn:
        undo = {"version": customer.version, "enrolled": fresh, "facts": changed, "tags": [tag.id for tag in worn]}
        keep_undo(here.id, audit, "enrol_member", entity="customer", entity_id=customer.id, before=undo)
    return Enrolled(customer, False, fresh, tuple(not_taken), tuple(refused))


def _fill(customer: Customer, person: Person, points: Sequence[Point], by: Actor) -> list[str]:
    """Fill in what was empty and add numbers and addresses; returns the fields that stand otherwise."""
    said: dict[str, str | None] = {
        "native_name": optional_words(person.native_name, NAME_MAX, "native_name"),
        "company": optional_words(person.company, COMPANY_MAX, "company"),
        "birthday": valid_birthday(person.birthday) if person.birthday else None,
        "locale": valid_locale(person.locale) if person.locale else None,
    }
    other = [name for name, value in said.items() if value and getattr(customer, name) and getattr(customer, name) != value]
    new = {name: value for name, value in said.items() if value and not getattr(customer, name)}
    if person.preferred_channel and person.preferred_channel != customer.preferred_channel:
        new["preferred_channel"] = valid_channel(person.preferred_channel)
    for name, value in new.items():
        setattr(customer, name, value)
    if "birthday" in new:
        customer.born(shown_birthday(new["birthday"]))
    changed = list(new)
    known = len(points_of_one(customer))
    for kind, raw, key in points:
        add_point(customer, kind, raw, key)
    if len(points_of_one(customer)) > known:
        changed.append("points")
        heed_new_address(customer, by)
    if changed:
        customer.touched()
        db.session.flush()
        search_index.refresh(customer.workspace_id, customer.id)
        happened(
            customer.workspace_id, customer.id, "changed", f"Changed {', '.join(changed)}", by, data={"fields": changed}
        )
    return other


def _audit(customer: Customer, by: Actor, **fields: Any) -> int:
    """Written last, after the rows of tags and opt-ins: it stands for the whole act, and so does its Undo."""
    return audit_event.record(
        customer.workspace_id, "enrol_member", by, entity="customer", entity_id=customer.id, fields=fields
    )


@undoes("create_contact", needs=("customers", "destructive"))
def _undo_making(step: UndoStep, by: Actor) -> None:
    """The record that was made is archived, unless it moved on since."""
    workspace = Premises(step.workspace_id)
    held_with_place(workspace, step.entity_id)
    _refuse_moved_on(held_as_itself(step), step)
    archive(workspace, step.entity_id, by)


@undoes("enrol_member", needs=("customers", "write"))
def _undo_enrolling(step: UndoStep, by: Actor) -> None:
    """Who was enrolled is a contact again, without what was added, unless the record moved on since."""
    customer = held_as_itself(step)
    _refuse_moved_on(customer, step)
    put_back(customer, step.before["facts"])
    take_off(step.workspace_id, [(tag, customer.id) for tag in step.before["tags"]])
    if step.before["enrolled"]:
        customer.kind, customer.enrolled_at = "contact", None
    customer.touched()
    db.session.flush()
    happened(customer.workspace_id, customer.id, "enrolled", "No longer enrolled (undo)", by)


def _refuse_moved_on(customer: Customer, step: UndoStep) -> None:
    if customer.version != step.before["version"]:
        raise Conflict("This customer was changed since, so it stays; archive it instead.")
