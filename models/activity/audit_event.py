"""The append-only record of what was done (triggers `audit_ro` refuse UPDATE and DELETE on both databases).

Field names and values that are not personal only; what Undo needs is in `undo_step`, which can be deleted.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, ForeignKey, Index, Integer, and_, delete, func, insert, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity.actor import Actor
from models.base import Base, Id, Instant, Json, Key, Tenant, Words, db, new_id, writing_aside
from models.base.addresses import network
from models.base.constraints import one_of

Outcome = Literal["done", "dry_run", "asked", "refused", "not_found", "conflict", "error"]
OUTCOMES = ("done", "dry_run", "asked", "refused", "not_found", "conflict", "error")
ACTOR_KINDS = ("user", "app", "api_key", "public", "system", "webhook")
REFUSALS_AN_HOUR = 100
REFUSALS_KEPT = timedelta(days=30)
SECURITY_EVENTS_KEPT = timedelta(days=400)
_TOOL_CALL = "tool_call"
_NOISE = text("outcome = 'refused'")
"""Spelt out, not bound: only then does the planner see that the partial index serves."""


class AuditEvent(Tenant, Base):
    """One act in a workspace, by an actor, with its outcome."""

    __tablename__ = "audit_event"
    prefix = "aud"
    noun = "audit event"

    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(Words)
    actor_id: Mapped[str | None] = mapped_column(Words)
    client_id: Mapped[str | None] = mapped_column(Words)
    consent_id: Mapped[int | None] = mapped_column(Id)
    tool: Mapped[str | None] = mapped_column(Words)
    outcome: Mapped[str] = mapped_column(Words)
    ip: Mapped[str | None] = mapped_column(Words)
    verb: Mapped[str] = mapped_column(Words)
    entity: Mapped[str | None] = mapped_column(Key)
    entity_id: Mapped[int | None] = mapped_column(Id)
    fields: Mapped[Any | None] = mapped_column(Json)
    ms: Mapped[int | None] = mapped_column(Integer)
    request_id: Mapped[str | None] = mapped_column(Words)

    __table_args__ = (
        one_of("outcome", OUTCOMES, "outcome"),
        one_of("actor_kind", ACTOR_KINDS, "actor_kind"),
        Index("audit_entity", "workspace_id", "entity", "entity_id", "id"),
        Index("audit_consent", "workspace_id", "consent_id", "id"),
        {"sqlite_strict": True},
    )


@dataclass
class ToolCall:
    """The tool call that the current transaction serves: its name stands on every audit row that verbs write in it."""

    tool: str
    started: float
    rows: list[int] = field(default_factory=list)
    touched: list[tuple[str, int]] = field(default_factory=list)
    subject: tuple[str, int] | None = None
    """What its last row is about, which stands for the whole act."""

    @property
    def elapsed_ms(self) -> int:
        """How long the call has run, whole milliseconds."""
        return int((time.perf_counter() - self.started) * 1000)


@contextmanager
def serving(tool: str, started: float) -> Iterator[ToolCall]:
    """Mark what is recorded within the block as done by a tool; `started` is of `time.perf_counter()`."""
    info = db.session().info
    info[_TOOL_CALL] = act = ToolCall(tool, started)
    try:
        yield act
    finally:
        info[_TOOL_CALL] = None


def record(
    workspace_id: int,
    verb: str,
    by: Actor,
    *,
    outcome: Outcome = "done",
    entity: str | None = None,
    entity_id: int | None = None,
    fields: dict[str, Any] | None = None,
    also: Iterable[tuple[str, int]] = (),
    tool: str | None = None,
    ms: int | None = None,
) -> int:
    """Write one audit row in the open transaction and return its id. No secret and nothing personal in `fields`.

    `also` names what else the act touched, so that a derived idempotency key notices when any of it moves on.
    """
    act: ToolCall | None = db.session().info.get(_TOOL_CALL)
    if act is not None:
        tool, ms = tool or act.tool, act.elapsed_ms if ms is None else ms
    row = row_of(workspace_id, verb, by, outcome, entity, entity_id, fields, tool, ms)
    if act is not None:
        act.rows.append(row["id"])
        if entity is not None and entity_id is not None:
            act.subject = (entity, entity_id)
            act.touched.append(act.subject)
        act.touched.extend(also)
    store([row])
    number: int = row["id"]
    return number


def row_of(
    workspace_id: int,
    verb: str,
    by: Actor,
    outcome: Outcome,
    entity: str | None = None,
    entity_id: int | None = None,
    fields: dict[str, Any] | None = None,
    tool: str | None = None,
    ms: int | None = None,
) -> dict[str, Any]:
    """One audit row with its id and instant, for `store`."""
    return {
        "workspace_id": workspace_id, "id": new_id(), "at": clock.now(), "actor_kind": by.kind, "actor_id": by.code,
        "client_id": by.client_id, "consent_id": by.consent_id, "tool": tool, "outcome": outcome, "ip": by.address,
        "verb": verb, "entity": entity, "entity_id": entity_id, "fields": fields, "ms": ms,
        "request_id": by.request_id,
    }  # fmt: skip


def store(rows: Sequence[dict[str, Any]], *, on: Connection | None = None) -> None:
    """Write rows of one workspace in the open transaction; `on` is another connection than the session's."""
    (on or db.session.connection()).execute(_STORE, rows)


_STORE = insert(AuditEvent.__table__)  # type: ignore[arg-type]


class SecurityEvent(Base):
    """What happens before a workspace is known: sign-ins, registrations, and whatever was refused at a door."""

    __tablename__ = "security_event"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False, default=new_id)
    at: Mapped[datetime] = mapped_column(Instant)
    verb: Mapped[str] = mapped_column(Words)
    outcome: Mapped[str] = mapped_column(Words)
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("app_user.id"))
    client_id: Mapped[str | None] = mapped_column(Words)
    ip: Mapped[str | None] = mapped_column(Key)
    network: Mapped[str | None] = mapped_column(Key)
    """The address as refusals are counted by it (models/base/addresses.py)."""
    fields: Mapped[Any | None] = mapped_column(Json)

    __table_args__ = (
        Index("security_event_noise", "network", "at", sqlite_where=_NOISE, postgresql_where=_NOISE),
        Index("security_event_at", "at"),
        {"sqlite_strict": True},
    )


def record_security(verb: str, outcome: str, by: Actor, fields: dict[str, Any] | None = None) -> None:
    """Write a security event in the open transaction. No secret in `fields`.

    Of what is `refused` at most 100 an hour and network are kept, so that noise fills no disk; noise never hides what
    was done. A door that only notes calls `note_refusal`, which takes no write lock for what would be dropped.
    """
    if outcome != "refused" or not refusals_spent(by):
        _store_security(db.session.connection(), verb, outcome, by, fields)


def note_refusal(
    verb: str, by: Actor, fields: dict[str, Any] | None = None, *, workspace_id: int | None = None, outcome: Outcome = "refused"
) -> None:
    """Leave the one row of something refused, in a short transaction of its own: never inside `writing()`.

    It stands in the workspace's trail where one is known, else among the security events.
    """
    if workspace_id is not None:
        with writing_aside(workspace_id) as connection:
            store([row_of(workspace_id, verb, by, outcome, fields=fields)], on=connection)
        return
    with db.engine.connect() as reading:
        spent = refusals_spent(by, on=reading)
    if not spent:
        with writing_aside() as connection:
            _store_security(connection, verb, "refused", by, fields)


def refusals_spent(by: Actor, *, on: Connection | None = None) -> bool:
    """Whether the caller's network has left its 100 refusals of the last hour. Reads only; `on` as for `store`."""
    noise = select(SecurityEvent.id).where(
        SecurityEvent.network == _network_of(by), _NOISE, SecurityEvent.at > clock.now() - timedelta(hours=1)
    )
    counted = select(func.count()).select_from(noise.limit(REFUSALS_AN_HOUR).subquery())
    return ((on or db.session.connection()).scalar(counted) or 0) >= REFUSALS_AN_HOUR


def sweep() -> None:
    """Forget refusals after 30 days and other security events after 400. Under `writing()`; the worker's."""
    now = clock.now()
    old = or_(SecurityEvent.at < now - SECURITY_EVENTS_KEPT, and_(_NOISE, SecurityEvent.at < now - REFUSALS_KEPT))
    db.session.execute(delete(SecurityEvent).where(old))


def _store_security(on: Connection, verb: str, outcome: str, by: Actor, fields: dict[str, Any] | None) -> None:
    on.execute(
        insert(SecurityEvent.__table__),  # type: ignore[arg-type]
        {
            "id": new_id(), "at": clock.now(), "verb": verb, "outcome": outcome, "user_id": by.user_id,
            "client_id": by.client_id, "ip": by.address, "network": _network_of(by), "fields": fields,
        },
    )  # fmt: skip


def _network_of(by: Actor) -> str | None:
    return network(by.address) if by.address is not None else None
