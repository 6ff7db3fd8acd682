"""The audit trail as an owner reads it: newest first, narrowed by who, what and what came of it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import Select

from models.activity.audit_event import ACTOR_KINDS, OUTCOMES, AuditEvent
from models.base import InWorkspace, Page, PageOrder, db
from models.errors import Invalid

EXPORT_MAX = 50_000
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What to show; None shows all."""

    actor_kind: str | None = None
    outcome: str | None = None
    verb: str | None = None

    def __post_init__(self) -> None:
        if self.actor_kind is not None and self.actor_kind not in ACTOR_KINDS:
            raise Invalid("There is no such kind of actor.", field="who")
        if self.outcome is not None and self.outcome not in OUTCOMES:
            raise Invalid("There is no such outcome.", field="outcome")


def page(workspace: InWorkspace, narrowed: Narrowed, cursor: str | None = None, limit: int = 50) -> Page[AuditEvent]:
    """One page of the trail. Raises Invalid for a bad cursor."""
    asked = ["audit", workspace.id, asdict(narrowed)]
    return Page.of(_events(workspace, narrowed), [PageOrder(AuditEvent.id, descending=True)], cursor, limit, asked=asked)


def everything(workspace: InWorkspace, narrowed: Narrowed) -> Iterator[AuditEvent]:
    """The newest 50,000 events, fetched in parts, for an export."""
    last: int | None = None
    for _ in range(EXPORT_MAX // _AT_ONCE):
        part = _events(workspace, narrowed).order_by(AuditEvent.id.desc()).limit(_AT_ONCE)
        events = db.session.scalars(part if last is None else part.where(AuditEvent.id < last)).all()
        yield from events
        if len(events) < _AT_ONCE:
            return
        last = events[-1].id


def _events(workspace: InWorkspace, narrowed: Narrowed) -> "Select[AuditEvent]":
    events = AuditEvent.within(workspace)
    for column, value in (
        (AuditEvent.actor_kind, narrowed.actor_kind), (AuditEvent.outcome, narrowed.outcome), (AuditEvent.verb, narrowed.verb),
    ):  # fmt: skip
        if value is not None:
            events = events.where(column == value)
    return events
