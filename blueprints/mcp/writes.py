"""A call that changes something: done once, shown only (`dry_run`), or asked about first (gate 4 of PRODUCT §3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel
from sqlalchemy import select

from blueprints.mcp import results
from blueprints.mcp.arguments import EXTRAS
from blueprints.mcp.call import Call
from blueprints.mcp.registry import Question, Tool
from blueprints.mcp.sizes import RESULT_BYTES_MAX, shortened
from models import opaque
from models.activity import audit_event, confirmation
from models.activity.audit_event import AuditEvent, Outcome, ToolCall
from models.activity.confirmation import Confirmation
from models.activity.idempotency import Request
from models.activity.undo import UndoStep
from models.base import db, show, writing
from models.errors import NotAllowed

_ANSWER: Final = "confirm"
_MEMBERS_MAX: Final = RESULT_BYTES_MAX - 2_000
"""Bytes of a write's own members: beside them stand the status, the workspace, and what a repeated answer says."""
AGAIN: Final = "Nothing was done twice. To do it again on purpose, send the call with a new idempotency_key."


class Declined(NotAllowed):
    """The person said no in the form."""

    code = "blocked"


@dataclass(frozen=True, slots=True)
class Form:
    """What the client can do with a question, and what it brings back from one (MCP 2026-07-28, input required)."""

    offered: bool = False
    """Whether this request may be answered with a form."""
    state: str | None = None
    """The confirm token that the form was sent with, unsealed."""
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """How a write ended: its status, its own members, and whether its transaction left the audit row."""

    outcome: Outcome
    status: Literal["done", "dry_run", "needs_confirmation"]
    members: Mapping[str, Any]
    audited: bool = False
    question: dict[str, Any] | None = field(default=None)

    def on_the_wire(self, every_result: Mapping[str, Any]) -> dict[str, Any]:
        """The result as the client gets it."""
        if self.question is not None:
            return self.question
        return results.answered({"status": self.status, **every_result, **self.members})


def write(tool: Tool, call: Call, arguments: BaseModel, form: Form, started: float) -> Written:
    """Run a write or destructive tool in its transaction. DomainErrors mean that nothing changed."""
    given = dict(arguments.__dict__)
    extras = {name: given.pop(name) for name in EXTRAS[tool.access]}
    if extras["dry_run"]:
        rehearsed, _ = _rehearse(tool, call, given, started)
        return Written("dry_run", "dry_run", shortened(results.plain(rehearsed), _MEMBERS_MAX))
    token = extras.get("confirm_token") or form.state
    canonical = _canonical(arguments, tool.access)
    request = Request.under(extras["idempotency_key"], call.workspace.id, call.actor.code, tool.name, canonical, token)
    if tool.access == "destructive" and token is None:
        first = request.answer_under_given_key()
        return _repeated(first) if first is not None else _ask(tool, call, given, canonical, form, started)
    _check_agreement(tool, call, canonical, form)
    with writing(), audit_event.serving(tool.name, started) as act:
        first = request.claim()
        if first is not None:
            return _repeated(first)
        if token is not None:
            confirmation.spend(call.workspace.id, call.actor.code, tool.name, opaque.digest(canonical), token)
        made = results.plain(tool.run(call, **given))
        members = shortened({**_audited(tool, call, act), **made}, _MEMBERS_MAX)
        request.keep(members, act)
    return Written("done", "done", members, audited=True)


def _repeated(first: Mapping[str, Any]) -> Written:
    return Written("done", "done", {**first, "repeated": True, "how_to_repeat": AGAIN})


def _rehearse(tool: Tool, call: Call, given: dict[str, Any], started: float) -> tuple[BaseModel, ToolCall]:
    """The same verb, rolled back: what it would answer, and what it would touch."""
    with writing(keep=False), audit_event.serving(tool.name, started) as act:
        return tool.run(call, **given), act


def _ask(tool: Tool, call: Call, given: dict[str, Any], canonical: str, form: Form, started: float) -> Written:
    """Rehearse the call, so that what cannot succeed is refused now, then ask for a yes to what it would do."""
    if tool.asks is None:
        raise TypeError(f"{tool.name} has no question.")
    rehearsed, act = _rehearse(tool, call, given, started)
    question = tool.asks(rehearsed)
    with writing():
        token, until = Confirmation.ask(
            call.workspace.id, call.actor.code, tool.name, opaque.digest(canonical), question.summary, act.subject
        )
    if form.offered:
        return Written("asked", "needs_confirmation", {}, question=_in_a_form(tool, question, token))
    expires_at = until.astimezone(call.workspace.zone).isoformat(timespec="seconds")
    members = {"summary": question.summary, "about": question.about, "confirm_token": token, "expires_at": expires_at}
    return Written("asked", "needs_confirmation", shortened(members, _MEMBERS_MAX))


def _in_a_form(tool: Tool, question: Question, token: str) -> dict[str, Any]:
    """The form, with the token as request state, which the SDK's boundary seals and binds to caller and arguments.

    A person reads it, who knows people by their names and not by ids: they stand below the sentence, each on its own line.
    """
    yes = {"type": "boolean", "title": tool.title, "description": "Yes, do this.", "default": False}
    schema = {"type": "object", "properties": {_ANSWER: yes}, "required": [_ANSWER]}
    message = "\n".join([question.summary, *(f"{label}: {name}" for label, name in question.about.items())])
    request = {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}
    return {"resultType": "input_required", "inputRequests": {_ANSWER: request}, "requestState": token}


def answered_yes(responses: Mapping[str, Any] | None) -> bool:
    """Whether a form came back accepted and ticked."""
    answer = (responses or {}).get(_ANSWER)
    if getattr(answer, "action", None) != "accept":
        return False
    return (getattr(answer, "content", None) or {}).get(_ANSWER) is True


def _check_agreement(tool: Tool, call: Call, canonical: str, form: Form) -> None:
    """A no is remembered, so that its form cannot be turned into a yes afterwards."""
    if form.state is None or form.agreed:
        return
    with writing():
        confirmation.spend(call.workspace.id, call.actor.code, tool.name, opaque.digest(canonical), form.state, to="declined")
    raise Declined("This was not confirmed, so nothing was changed.", reason="declined")


def _canonical(arguments: BaseModel, access: str) -> str:
    """The validated arguments, without those of the mechanism, in the one spelling that hashes are made of."""
    dumped = arguments.model_dump(mode="json", exclude=set(EXTRAS[access]))
    return json.dumps(dumped, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _audited(tool: Tool, call: Call, act: ToolCall) -> dict[str, Any]:
    """The audit row of the act, which its verb wrote last; and until when it can be taken back."""
    workspace = call.workspace
    number = act.rows[-1] if act.rows else audit_event.record(workspace.id, tool.name, call.actor)
    until: datetime | None = db.session.scalar(
        select(UndoStep.expires_at).where(UndoStep.workspace_id == workspace.id, UndoStep.audit_id == number)
    )
    found: dict[str, Any] = {"audit_id": show(AuditEvent.prefix, number)}
    if until is not None:
        found["undo_until"] = until.astimezone(workspace.zone).isoformat(timespec="seconds")
    return found
