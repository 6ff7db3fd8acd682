"""From a tool call to its result: role, validation, quota, the tool, and one audit row, in the order of PRODUCT §4.

A read's use and audit row are one short relaxed transaction behind it, which the result depends on: where the quota is
spent, what was read is not given out. A write's call is counted before it, and stands whatever follows.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from blueprints.mcp import results
from blueprints.mcp.arguments import validated
from blueprints.mcp.call import Call
from blueprints.mcp.registry import Tool
from blueprints.mcp.sizes import RESULT_BYTES_MAX, bytes_of, shortened
from blueprints.mcp.writes import Form, Written, write
from models.accounts import call_log, usage
from models.activity import audit_event
from models.activity.audit_event import Outcome
from models.base import db, is_busy, writing_aside
from models.errors import Conflict, DomainError, Invalid, LimitReached, NotFound
from models.oauth.standing import Standing

_FITS = 0.9
"""How much of the room a shorter page aims to fill, since rows differ in size."""
_ATTEMPTS = 6

log = logging.getLogger(__name__)


def serve(tool: Tool, given: Mapping[str, Any], standing: Standing, form: Form) -> dict[str, Any]:
    """The result of one call, on the wire. A rule that says no is a result too; a fault of ours is raised."""
    served = _Served(tool, Call(standing), time.perf_counter())
    try:
        return served.answer(given, form)
    except SQLAlchemyError as error:
        return results.failed(busy(error))


def turn_away(tool: Tool, standing: Standing, refusal: DomainError) -> None:
    """Leave the audit row of a call that HTTP refuses before it is one (403)."""
    _Served(tool, Call(standing), time.perf_counter()).note("refused", {"code": refusal.code})


def note_refused_message(standing: Standing, code: int) -> None:
    """Leave the audit row of a message that is no call of a tool of ours: malformed, of another version, unknown."""
    place = standing.workspace.id
    row = audit_event.row_of(place, "mcp_message", standing.actor, "refused", fields={"code": code})
    with writing_aside(place) as connection:
        audit_event.store([row], on=connection)


@dataclass(frozen=True, slots=True)
class _Served:
    """One call on its way."""

    tool: Tool
    call: Call
    started: float

    def answer(self, given: Mapping[str, Any], form: Form) -> dict[str, Any]:
        refusal = self.call.standing.refusal(self.tool.capability, self.tool.access)
        if refusal is not None:
            return self.refuse(refusal)
        try:
            arguments = validated(self.tool.arguments, given)
        except Invalid as invalid:
            return self.refuse(invalid)
        return self.read(arguments) if self.tool.access == "read" else self.change(arguments, form)

    def read(self, arguments: BaseModel) -> dict[str, Any]:
        try:
            outcome, refusal, result = self._looked_up(arguments)
        except Exception:
            self._note_fault()
            raise
        spent = self._count_and_note(outcome, refusal)
        if spent is not None:
            return results.failed(spent)
        return result if refusal is None else results.failed(refusal)

    def _looked_up(self, arguments: BaseModel) -> tuple[Outcome, DomainError | None, dict[str, Any]]:
        try:
            return "done", None, self._fitting(dict(arguments.__dict__))
        except DomainError as error:
            return outcome_of(error), error, {}
        except SQLAlchemyError as error:
            return "conflict", busy(error), {}

    def _note_fault(self) -> None:
        """Count what failed by a fault of ours too. The fault is what is told, also where it cannot be counted."""
        try:
            self._count_and_note("error", None)
        except SQLAlchemyError as error:
            log.error("a call that failed could not be counted: %s", type(error).__name__)

    def change(self, arguments: BaseModel, form: Form) -> dict[str, Any]:
        try:
            self._count()
        except LimitReached as spent:
            return self.refuse(spent)
        outcome: Outcome = "error"
        written: Written | None = None
        details: dict[str, Any] | None = None
        try:
            written = write(self.tool, self.call, arguments, form, self.started)
            outcome = written.outcome
            return written.on_the_wire(self._every_result())
        except DomainError as error:
            outcome, details = outcome_of(error), {"code": error.code}
            return results.failed(error)
        except SQLAlchemyError as error:
            answer, outcome = results.failed(busy(error)), "conflict"
            return answer
        finally:
            if written is None or not written.audited:
                self.note(outcome, details)

    def refuse(self, refusal: DomainError) -> dict[str, Any]:
        self.note("refused", {"code": refusal.code})
        return results.failed(refusal)

    def note(self, outcome: Outcome, fields: dict[str, Any] | None = None) -> None:
        with writing_aside(self.call.workspace.id) as connection:
            audit_event.store([self._row(outcome, fields)], on=connection)

    def _count_and_note(self, outcome: Outcome, refusal: DomainError | None) -> LimitReached | None:
        db.session.rollback()  # what was read is in hand: an open snapshot would keep SQLite's log from ever starting anew
        fields = {"code": refusal.code} if refusal is not None else None
        return call_log.count_and_keep(self.call.workspace, self._row(outcome, fields))

    def _count(self) -> None:
        workspace = self.call.workspace
        with writing_aside(workspace.id) as connection:
            usage.take(workspace.id, workspace.plan_code, workspace.timezone, "mcp_calls", on=connection)

    def _row(self, outcome: Outcome, fields: dict[str, Any] | None) -> dict[str, Any]:
        elapsed = int((time.perf_counter() - self.started) * 1000)
        name, by = self.tool.name, self.call.actor
        return audit_event.row_of(self.call.workspace.id, name, by, outcome, fields=fields, tool=name, ms=elapsed)

    def _fitting(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The answer, with a shorter page than was asked for where the whole one is too large; its cursor goes on.

        What is too large without being a page, or with a single row, is cut.
        """
        for _ in range(_ATTEMPTS):
            answer = {**self._every_result(), **results.plain(self.tool.run(self.call, **arguments))}
            size = bytes_of(answer)
            rows = len(answer.get("items") or ())
            if size <= RESULT_BYTES_MAX or "limit" not in arguments or rows < 2:
                break
            arguments["limit"] = max(1, min(rows - 1, int(rows * RESULT_BYTES_MAX / size * _FITS)))
        return results.answered(shortened(answer))

    def _every_result(self) -> dict[str, Any]:
        workspace = self.call.workspace
        return {
            "workspace": {"name": workspace.name, "slug": workspace.slug},
            "as_of": workspace.local_now.isoformat(timespec="seconds"),
        }


def busy(error: SQLAlchemyError) -> Conflict:
    """What is told where the database gave up waiting; any other error of it is a fault of ours, and raised."""
    if not is_busy(error):
        raise error
    return Conflict("The database is busy and nothing was changed; try again.")


def outcome_of(error: DomainError) -> Outcome:
    """What the audit calls a refusal by a rule."""
    if isinstance(error, NotFound):
        return "not_found"
    return "conflict" if isinstance(error, Conflict) else "refused"
