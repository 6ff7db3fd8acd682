"""Tools and a prompt that answer with a question first (SEP-2322): the 2026-07-28 way for a server to ask a client.

They write their state in clear; that it comes back whole is the doing of the boundary that production puts around every
server (`blueprints.mcp.server.build`).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

Answers = Mapping[str, Any]
Round = Callable[[Answers, str | None, Mapping[str, Any]], dict[str, Any]]
"""From the answers so far, the state and the client's capabilities to a result: complete, or another question."""


def _form(message: str, field: str, kind: str = "string") -> dict[str, Any]:
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def _sample(words: str, tokens: int) -> dict[str, Any]:
    said = [{"role": "user", "content": {"type": "text", "text": words}}]
    return {"method": "sampling/createMessage", "params": {"messages": said, "maxTokens": tokens}}


ROOTS: Final = {"method": "roots/list", "params": {}}


def _ask(requests: Mapping[str, Any], state: str | None = None) -> dict[str, Any]:
    asked: dict[str, Any] = {"resultType": "input_required", "inputRequests": dict(requests)}
    return asked | ({"requestState": state} if state is not None else {})


def _done(words: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": words}]}


def _entered(answers: Answers, key: str, field: str) -> Any:
    """What was entered into a form, or None where there is no such answer."""
    answer = answers.get(key)
    content = answer.get("content") if isinstance(answer, Mapping) and answer.get("action") == "accept" else None
    return content.get(field) if isinstance(content, Mapping) else None


def _name(answers: Answers, state: str | None, client: Mapping[str, Any]) -> dict[str, Any]:
    name = _entered(answers, "user_name", "name")
    return _done(f"Hello, {name}!") if name else _ask({"user_name": _form("What is your name?", "name")})


def _capital(answers: Answers, state: str | None, client: Mapping[str, Any]) -> dict[str, Any]:
    answer = answers.get("capital_question")
    if isinstance(answer, Mapping):
        return _done(str(answer["content"]["text"]))
    return _ask({"capital_question": _sample("What is the capital of France?", 100)})


def _roots(answers: Answers, state: str | None, client: Mapping[str, Any]) -> dict[str, Any]:
    answer = answers.get("client_roots")
    if isinstance(answer, Mapping):
        return _done(", ".join(str(root["uri"]) for root in answer["roots"]))
    return _ask({"client_roots": ROOTS})


def _confirmed(answers: Answers, state: str | None, client: Mapping[str, Any]) -> dict[str, Any]:
    if state == "asked" and _entered(answers, "confirm", "ok") is not None:
        return _done("state-ok")
    return _ask({"confirm": _form("Please confirm", "ok", "boolean")}, "asked")


def _everything(answers: Answers, state: str | None, client: Mapping[str, Any]) -> dict[str, Any]:
    asked = {
        "user_name": _form("What is your name?", "name"),
        "greeting": _sample("Generate a greeting", 50),
        "client_roots": ROOTS,
    }
    return _done("all there") if state == "asked" and asked.keys() <= answers.keys() else _ask(asked, "asked")


def _steps(answers: Answers, state: str | None, client: Mapping[str, Any]) -> dict[str, Any]:
    color = _entered(answers, "step2", "color")
    known = json.loads(state) if state else {}
    if "name" in known and color:
        return _done(f"{known['name']} likes {color}")
    name = known.get("name") or _entered(answers, "step1", "name")
    if state is not None and name:
        return _ask({"step2": _form("Step 2: What is your favorite color?", "color")}, json.dumps({"name": name}))
    return _ask({"step1": _form("Step 1: What is your name?", "name")}, "{}")


def _possible(answers: Answers, state: str | None, client: Mapping[str, Any]) -> dict[str, Any]:
    asked = {
        "elicitation": ("user_name", _form("What is your name?", "name")),
        "sampling": ("greeting", _sample("Generate a greeting", 50)),
        "roots": ("client_roots", ROOTS),
    }
    requests = dict(question for capability, question in asked.items() if capability in client)
    return _ask(requests) if requests and not answers else _done("nothing to ask")


ROUNDS: Final[dict[str, Round]] = {
    "test_input_required_result_elicitation": _name,
    "test_input_required_result_sampling": _capital,
    "test_input_required_result_list_roots": _roots,
    "test_input_required_result_request_state": _confirmed,
    "test_input_required_result_multiple_inputs": _everything,
    "test_input_required_result_multi_round": _steps,
    "test_input_required_result_tampered_state": _confirmed,
    "test_input_required_result_capabilities": _possible,
    "test_streaming_elicitation": _name,
}


def prompt(answers: Answers) -> dict[str, Any]:
    """The prompt that needs an answer."""
    context = _entered(answers, "user_context", "context")
    if context is None:
        return _ask({"user_context": _form("What context should the prompt use?", "context")})
    return {"messages": [{"role": "user", "content": {"type": "text", "text": f"Use this context: {context}"}}]}
