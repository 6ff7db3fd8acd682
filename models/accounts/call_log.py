"""A read call's count and audit row: one short transaction with relaxed durability, shared by the calls that end together.

Exact and crash-safe: a call's result is given out only after its transaction has committed. Calls of one workspace that
end while another's transaction runs wait and go in the next one together, so that under load the database's one write
lock, or the counter's row lock, is taken once for several calls.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from models.accounts import usage
from models.activity import audit_event
from models.base import writing_aside
from models.errors import LimitReached


class Metered(Protocol):
    """What counting needs to know of a workspace."""

    @property
    def id(self) -> int: ...
    @property
    def plan_code(self) -> str: ...
    @property
    def timezone(self) -> str: ...


@dataclass(slots=True)
class _Ended:
    """A call that has ended and is not yet written."""

    row: dict[str, Any]
    written: bool = False
    spent: LimitReached | None = None


@dataclass(frozen=True, slots=True)
class _Queue:
    """The ended calls of one workspace in this process."""

    ended: deque[_Ended] = field(default_factory=deque)
    leads: threading.Lock = field(default_factory=threading.Lock)


_queues: dict[int, _Queue] = defaultdict(_Queue)


def count_and_keep(workspace: Metered, row: dict[str, Any]) -> LimitReached | None:
    """Count one call of the workspace and store its audit row (`audit_event.row_of`).

    Where the month's calls are spent, nothing is counted, the row says refused, and the limit is returned.
    """
    call, queue = _Ended(row), _queues[workspace.id]
    queue.ended.append(call)
    with queue.leads:
        if not call.written:
            _write(workspace, _batch(queue, call))
    return call.spent


def _batch(queue: _Queue, call: _Ended) -> list[_Ended]:
    """This call and those that wait. One whose leader failed is in no queue any more and goes on its own."""
    batch = [call]
    while queue.ended:
        waiting = queue.ended.popleft()
        if waiting is not call:
            batch.append(waiting)
    return batch


def _write(workspace: Metered, batch: Sequence[_Ended]) -> None:
    with writing_aside(workspace.id) as connection:
        for call, spent in zip(batch, _taken(workspace, len(batch), connection), strict=True):
            call.spent = spent
            if spent is not None:
                call.row |= {"outcome": "refused", "fields": {"code": spent.code}}
        audit_event.store([call.row for call in batch], on=connection)
    for call in batch:
        call.written = True


def _taken(workspace: Metered, calls: int, on: Connection) -> list[LimitReached | None]:
    """Count the calls at once, or one by one where not all of them fit any more."""
    try:
        usage.take(workspace.id, workspace.plan_code, workspace.timezone, "mcp_calls", calls, on=on)
    except LimitReached as spent:
        if calls == 1:
            return [spent]
        return [outcome for _ in range(calls) for outcome in _taken(workspace, 1, on)]
    return [None] * calls
