"""One effect for one request, however often it is sent (PRODUCT §4 "Writes").

The row is written in the transaction of the effect, before every other lock, so a failed call leaves none and a
parallel twin waits for the first to end. A key that the caller gives lives 24 hours. One derived from what was asked
lives 10 minutes, and answers only while nobody has changed what the first call touched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, bindparam, delete, func, select, text, tuple_, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.activity.audit_event import AuditEvent, ToolCall
from models.base import Base, Id, Instant, InWorkspace, Json, Key, Words, db
from models.errors import Conflict

GIVEN_KEPT = timedelta(hours=24)
DERIVED_KEPT = timedelta(minutes=10)
_DERIVED = "="
"""In front of derived keys, which so have 65 characters: one more than a caller's key can have."""


class IdempotencyConflict(Conflict):
    """The key was used for another request."""

    code = "idempotency_conflict"


class IdempotencyKey(Base):
    """What one actor asked for under one key, and the answer once it was done."""

    __tablename__ = "idempotency_key"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id"), primary_key=True)
    actor: Mapped[str] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    tool: Mapped[str] = mapped_column(Words)
    request_hash: Mapped[str] = mapped_column(Words)
    response: Mapped[Any | None] = mapped_column(Json, info={"personal": True})
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("idempotency_exp", "expires_at"), {"sqlite_strict": True})


_CLAIM = text(
    "INSERT INTO idempotency_key (workspace_id, actor, key, tool, request_hash, created_at, expires_at)"
    " VALUES (:workspace, :actor, :key, :tool, :hash, :now, :until)"
    " ON CONFLICT (workspace_id, actor, key) DO UPDATE SET tool = excluded.tool, request_hash = excluded.request_hash,"
    " response = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at"
    " WHERE idempotency_key.expires_at <= excluded.created_at RETURNING key"
).bindparams(
    bindparam("workspace", type_=Id), bindparam("now", type_=Instant), bindparam("until", type_=Instant)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One request to change something: by whom, of which tool, and what makes it the same request again."""

    workspace_id: int
    actor: str
    tool: str
    key: str
    request_hash: str
    kept: timedelta

    @classmethod
    def under(cls, given: str | None, workspace_id: int, actor: str, tool: str, canonical: str, token: str | None) -> "Request":
        """The request under the key a caller gave, or under one derived from actor, tool, arguments and confirm token.

        `canonical` are the validated arguments, without those of the mechanism itself, as JSON with sorted names.
        """
        asked = opaque.digest(f"{tool}\n{canonical}")
        if given is not None:
            return cls(workspace_id, actor, tool, given, asked, GIVEN_KEPT)
        key = _DERIVED + opaque.digest(f"{asked}\n{token or ''}")
        return cls(workspace_id, actor, tool, key, asked, DERIVED_KEPT)

    @property
    def derived(self) -> bool:
        """Whether the caller gave no key."""
        return self.key.startswith(_DERIVED)

    def claim(self) -> dict[str, Any] | None:
        """Take the key in the open transaction; the first answer instead where this was done before.

        Raises IdempotencyConflict when the key was given with another request.
        """
        if self._insert():
            return None
        first = self._first()
        if first is None:
            raise Conflict("The same request is being served at this moment; ask again to see its outcome.")
        if not self.derived or _stands(self.workspace_id, first):
            return first["answer"]  # type: ignore[no-any-return]
        db.session.execute(delete(IdempotencyKey).where(*self._mine()))
        self._insert()
        return None

    def answer_under_given_key(self) -> dict[str, Any] | None:
        """The first answer under a key that the caller gave, without taking it. Raises IdempotencyConflict."""
        first = None if self.derived else self._first()
        return first["answer"] if first is not None else None

    def _first(self) -> dict[str, Any] | None:
        live = IdempotencyKey.expires_at > clock.now()
        row = db.session.scalar(select(IdempotencyKey).where(*self._mine(), live).execution_options(populate_existing=True))
        if row is not None and (row.tool != self.tool or row.request_hash != self.request_hash):
            raise IdempotencyConflict(
                "This idempotency_key was used for another request within 24 hours. Send a new key, or leave it out."
            )
        return row.response if row is not None else None

    def keep(self, answer: dict[str, Any], act: ToolCall) -> None:
        """Store the answer of the done request beside its effect."""
        stored = {"answer": answer, "touched": _acts_on(self.workspace_id, act.touched)}
        db.session.execute(update(IdempotencyKey).where(*self._mine()).values(response=stored))

    def _insert(self) -> bool:
        at = clock.now()
        claimed = db.session.execute(
            _CLAIM,
            {"workspace": self.workspace_id, "actor": self.actor, "key": self.key, "tool": self.tool,
             "hash": self.request_hash, "now": at, "until": at + self.kept},
        ).scalar()  # fmt: skip
        return claimed is not None

    def _mine(self) -> tuple[Any, ...]:
        row = IdempotencyKey
        return row.workspace_id == self.workspace_id, row.actor == self.actor, row.key == self.key


def _stands(workspace_id: int, first: dict[str, Any]) -> bool:
    """Whether nothing has been done since to what the first call touched; every later change has its audit row."""
    touched: list[list[Any]] = first["touched"]
    return _acts_on(workspace_id, [(entity, number) for entity, number, _ in touched]) == touched


def _acts_on(workspace_id: int, subjects: Iterable[tuple[str, int]]) -> list[list[Any]]:
    """How many acts there were on each of these records: a number that only grows, whatever the clocks of the hosts say."""
    asked = sorted(set(subjects))
    row = AuditEvent
    counted = select(row.entity, row.entity_id, func.count()).where(
        row.workspace_id == workspace_id, tuple_(row.entity, row.entity_id).in_(asked)
    )
    acts = {(entity, number): count for entity, number, count in db.session.execute(counted.group_by(row.entity, row.entity_id))}
    return [[entity, number, acts.get((entity, number), 0)] for entity, number in asked]


def sweep(workspace: InWorkspace) -> int:
    """Forget the keys that have expired in a workspace; returns how many. The worker calls it."""
    row = IdempotencyKey
    gone = delete(row).where(row.workspace_id == workspace.id, row.expires_at <= clock.now()).returning(row.key)
    return len(db.session.scalars(gone).all())
