"""What was done in a workspace, newest first: every act of an assistant and of people, with its Undo (PRODUCT §6).

Acts on accounts and access (seats, consents, tokens) are left to the audit log, which only managers read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from models import clock, opaque
from models.accounts.user import User
from models.activity.audit_event import AuditEvent
from models.activity.undo import Needs, UndoStep, needs_to_undo
from models.base import Base, InWorkspace, Page, PageOrder, db, show
from models.bookings.asset import Asset
from models.bookings.booking import Booking
from models.bookings.location import Location
from models.bookings.package import Package
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.custom_field import CustomField
from models.customers.customer import Customer
from models.customers.tag import Tag
from models.insights.segment import Segment
from models.insights.told import BookingTold, bookings_told
from models.oauth.api_key import ApiKey
from models.oauth.client import Client
from models.oauth.consent import Consent

Shown = Literal["changes", "acts", "reads", "refusals", "rehearsals", "everything"]
Undoable = Literal["no", "open", "undone", "over"]
ASSISTANTS = ("app", "api_key")
_ELSEWHERE = ("api_key", "consent", "oauth_client", "seat", "token_family", "user", "workspace")
"""Nouns of accounts and access."""

_class_name = (
    select(Service.name)
    .where(Service.workspace_id == Session.workspace_id, Service.id == Session.service_id)
    .correlate(Session)
    .scalar_subquery()
)
NAMED: dict[str, tuple[type[Base], Any]] = {
    "customer": (Customer, Customer.name),
    "tag": (Tag, Tag.name),
    "custom_field": (CustomField, CustomField.label),
    "segment": (Segment, Segment.name),
    "booking": (Booking, Booking.ref),
    "service": (Service, Service.name),
    "staff": (Asset, Asset.name),
    "resource": (Asset, Asset.name),
    "location": (Location, Location.name),
    "package": (Package, Package.name),
    "session": (Session, _class_name),
}
"""What a record is called in a line of the feed."""


@dataclass(frozen=True, slots=True)
class Act:
    """One line: who did what to which record, through which app, what came of it, and whether it can be taken back."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: str | None
    tool: str | None
    verb: str
    outcome: str
    entity: str | None
    entity_id: int | None
    fields: dict[str, Any]
    client_id: str | None
    app: str | None
    person: str | None
    undo_until: datetime | None
    undo_verb: str | None
    undone_at: datetime | None
    undone_by: str | None
    subject: str | None = None
    """The name of the record, where it has one and is still there."""
    tags: tuple[str, ...] = ()
    """The names of the tags that it put on or took off."""
    booking: BookingTold | None = None
    """The booking that it is about, as it stands now."""
    moved_on: bool = False
    """Whether the record was changed since, so that this act cannot be taken back by itself."""

    @property
    def shown_id(self) -> str:
        """The id in addresses."""
        return show(AuditEvent.prefix, self.id)

    @property
    def by_assistant(self) -> bool:
        """Whether an app or key did it."""
        return self.actor_kind in ASSISTANTS

    @property
    def undoable(self) -> Undoable:
        """Whether it can be taken back, was, or is too long ago."""
        if self.undo_until is None:
            return "no"
        if self.undone_at is not None:
            return "undone"
        return "open" if self.undo_until > clock.now() and not self.moved_on else "over"

    @property
    def undo_needs(self) -> Needs:
        """What a role needs to take it back; only where that can be done."""
        return needs_to_undo(self.undo_verb or "")


_undoer = aliased(User)
_ACTS = (
    select(
        AuditEvent.id, AuditEvent.at, AuditEvent.actor_kind, AuditEvent.actor_id, AuditEvent.tool, AuditEvent.verb,
        AuditEvent.outcome, AuditEvent.entity, AuditEvent.entity_id, AuditEvent.fields, AuditEvent.client_id,
        func.coalesce(Consent.app_name, Client.name), User.name, UndoStep.expires_at, UndoStep.verb, UndoStep.undone_at,
        _undoer.name,
    )
    .select_from(AuditEvent)
    .outerjoin(UndoStep, and_(UndoStep.workspace_id == AuditEvent.workspace_id, UndoStep.audit_id == AuditEvent.id))
    .outerjoin(Client, Client.id == AuditEvent.client_id)
    .outerjoin(Consent, and_(Consent.workspace_id == AuditEvent.workspace_id, Consent.id == AuditEvent.consent_id))
    .outerjoin(User, User.id == Consent.user_id)
    .outerjoin(_undoer, _undoer.id == UndoStep.undone_by)
)  # fmt: skip
_REFUSED = AuditEvent.outcome.in_(("refused", "not_found", "conflict", "error"))
_READ = and_(AuditEvent.outcome == "done", AuditEvent.entity.is_(None))
_CHANGED = and_(AuditEvent.outcome == "done", AuditEvent.entity.is_not(None))
_KINDS: dict[Shown, ColumnElement[bool] | None] = {
    "changes": _CHANGED,
    "reads": _READ,
    "acts": or_(_CHANGED, _REFUSED),
    "refusals": _REFUSED,
    "rehearsals": AuditEvent.outcome.in_(("dry_run", "asked")),
    "everything": None,
}


def feed(
    workspace: InWorkspace,
    *,
    shown: Shown = "changes",
    by: str | None = None,
    cursor: str | None = None,
    limit: int = 25,
) -> Page[Act]:
    """A page of acts; `by` is `assistants`, `people`, or the id of one app. Raises Invalid for a bad cursor."""
    rows = _of(workspace).where(*_whose(workspace, by))
    kind = _KINDS[shown]
    if kind is not None:
        rows = rows.where(kind)
    asked = {"list": "activity", "workspace": workspace.id, "shown": shown, "by": by}
    page: Page[Any] = Page.of(rows, (PageOrder(AuditEvent.id, descending=True),), cursor, limit, asked=asked)
    return Page(_named(workspace, [_act(row) for row in page.items]), page.next_cursor)


def looked_up(workspace: InWorkspace, since: datetime) -> int:
    """How many look-ups assistants have made since then."""
    reads = _of(workspace).where(_READ, *_whose(workspace, "assistants"), AuditEvent.at >= since)
    return db.session.scalar(select(func.count()).select_from(reads.with_only_columns(AuditEvent.id).subquery())) or 0


def act(workspace: InWorkspace, shown_id: str) -> Act:
    """One act. Raises NotFound for none, for a stranger's, and for one of accounts and access."""
    number = AuditEvent.number(shown_id)
    row = db.session.execute(_of(workspace).where(AuditEvent.id == number)).first() if number is not None else None
    if row is None:
        raise AuditEvent.not_found()
    return _named(workspace, [_act(row)])[0]


def apps_of(workspace: InWorkspace) -> Sequence[tuple[str, str]]:
    """The apps that were ever allowed here: id and the name they were allowed by, by name."""
    name = func.max(Consent.app_name)
    apps = select(Consent.client_id, name).where(Consent.workspace_id == workspace.id).group_by(Consent.client_id)
    apps = apps.order_by(name, Consent.client_id)
    return [(number, name) for number, name in db.session.execute(apps)]


def _of(workspace: InWorkspace) -> Select[Any]:
    about = or_(AuditEvent.entity.is_(None), AuditEvent.entity.not_in(_ELSEWHERE))
    return _ACTS.where(AuditEvent.workspace_id == workspace.id, about)


def _whose(workspace: InWorkspace, by: str | None) -> Iterable[ColumnElement[bool]]:
    match by:
        case None:
            return ()
        case "assistants":
            return (AuditEvent.actor_kind.in_(ASSISTANTS),)
        case "people":
            return (AuditEvent.actor_kind == "user",)
        case _:  # by its consents, for which there is an index
            mine = select(Consent.id).where(Consent.workspace_id == workspace.id, Consent.client_id == by)
            return (AuditEvent.consent_id.in_(mine),)


def _act(row: Any) -> Act:
    made = Act(*row)
    return replace(made, fields=made.fields if isinstance(made.fields, dict) else {})


def _named(workspace: InWorkspace, acts: list[Act]) -> list[Act]:
    """The acts with the names of records, and of people and keys that no consent names, in one query more."""
    wanted = {(each.entity, each.entity_id) for each in acts} | {_doer(each) for each in acts}
    wanted |= {("tag", number) for each in acts for number in _tags(each)}
    queries: list[Any] = []
    for entity, (table, name) in NAMED.items():
        ids = [number for kind, number in wanted if kind == entity and number is not None]
        if ids:
            at: Any = table
            queries.append(select(literal(entity), at.id, name).where(at.workspace_id == workspace.id, at.id.in_(ids)))
    people = [number for kind, number in wanted if kind == "user"]
    keys = [number for kind, number in wanted if kind == "key"]
    if people:
        queries.append(select(literal("user"), User.id, User.name).where(User.id.in_(people)))
    if keys:
        of_keys = select(literal("key"), ApiKey.id, ApiKey.name)
        queries.append(of_keys.where(ApiKey.workspace_id == workspace.id, ApiKey.id.in_(keys)))
    found = {(kind, number): name for kind, number, name in db.session.execute(union_all(*queries))} if queries else {}
    bookings = bookings_told(workspace, {each.entity_id for each in acts if each.entity == "booking" and each.entity_id})
    moved_on = _moved_on(workspace, acts, bookings)
    return [
        replace(
            _with_names(each, found),
            booking=bookings.get(each.entity_id or 0) if each.entity == "booking" else None,
            moved_on=each.id in moved_on,
        )
        for each in acts
    ]


def _moved_on(workspace: InWorkspace, acts: list[Act], bookings: Mapping[int, BookingTold]) -> set[int]:
    """The acts whose record was changed since, where Undo wants the version that they left; by the ids of the acts."""
    waiting = {each.id: each for each in acts if each.undoable == "open" and each.entity in ("customer", "booking")}
    if not waiting:
        return set()
    steps = db.session.execute(
        select(UndoStep.audit_id, UndoStep.before).where(
            UndoStep.workspace_id == workspace.id, UndoStep.audit_id.in_(waiting)
        )
    )
    left = {number: before["version"] for number, before in steps if isinstance(before, dict) and "version" in before}
    people = {waiting[number].entity_id for number in left if waiting[number].entity == "customer"}
    rows = db.session.execute(
        select(Customer.id, Customer.version).where(Customer.workspace_id == workspace.id, Customer.id.in_(people))
    )
    now: dict[tuple[str | None, int | None], int] = {("customer", number): version for number, version in rows}
    now |= {("booking", number): told.version for number, told in bookings.items()}
    return {number for number, version in left.items() if now.get((waiting[number].entity, waiting[number].entity_id)) != version}


def _with_names(each: Act, found: dict[tuple[str, int], str]) -> Act:
    subject = found.get((each.entity, each.entity_id)) if each.entity and each.entity_id else None
    kind, number = _doer(each)
    doer = found.get((kind, number)) if kind and number else None
    tags = tuple(found["tag", tag] for tag in _tags(each) if ("tag", tag) in found)
    app, person = (each.app or doer, each.person) if kind == "key" else (each.app, each.person or doer)
    return replace(each, subject=subject, tags=tags, app=app, person=person)


def _doer(each: Act) -> tuple[str | None, int | None]:
    """Whom `user:<id>` or `key:<id>` names."""
    kind, _, number = (each.actor_id or "").partition(":")
    return (kind, int(number)) if kind in ("user", "key") and number.isdecimal() else (None, None)


def _tags(each: Act) -> list[int]:
    """The tags that an act of tagging names."""
    named = each.fields.get("tags", ())
    numbers = (opaque.decode(str(shown).removeprefix(f"{Tag.prefix}_")) for shown in named if isinstance(named, list))
    return [number for number in numbers if number is not None]
