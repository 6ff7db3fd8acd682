"""JSON-RPC as bytes: one strict reading, one way to write.

The SDK would read twice-named members, NaN, arrays and null ids; every one of those is a way for two readers to see two
different messages, so they end here (RFC 8259 §4, JSON-RPC 2.0 §4, MCP transports).
"""

import json
import math
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json, to_json

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
BODY_MAX: Final = 1024 * 1024

JSON_TYPE: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, before it is one."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    code: int | None = None
    """The JSON-RPC error code, where it is an error."""


class Unreadable(Exception):
    """The body is no JSON-RPC message that we serve; `reply` says so with 400."""

    def __init__(self, code: int, message: str, request_id: int | str | None = None) -> None:
        super().__init__(message)
        self.reply = error(400, code, message, request_id)


def read(body: bytes) -> dict[str, Any]:
    """The one request, notification or response in a body. Raises Unreadable.

    The first parser is native and stops at 200 levels, at NaN, a byte order mark, broken UTF-8 and lone surrogates; the
    second sees what the first forgives: a name given twice and numbers that no double holds.
    """
    try:
        from_json(body, allow_inf_nan=False)
        message = json.loads(body, object_pairs_hook=_members, parse_float=_finite)
    except _Repeated as twice:
        raise Unreadable(INVALID_REQUEST if twice.name == "id" else PARSE_ERROR, str(twice)) from None
    except (ValueError, RecursionError):
        raise Unreadable(PARSE_ERROR, "Parse error") from None
    if not isinstance(message, dict):
        raise Unreadable(INVALID_REQUEST, "Send one JSON-RPC message; batches are not served")
    _check_envelope(message)
    return message


def _check_envelope(message: dict[str, Any]) -> None:
    request_id = message.get("id")
    if "id" in message and (isinstance(request_id, bool) or not isinstance(request_id, int | str)):
        raise Unreadable(INVALID_REQUEST, "id must be a string or a whole number")
    if message.get("jsonrpc") != "2.0":
        raise Unreadable(INVALID_REQUEST, 'jsonrpc must be "2.0"', request_id)
    if not isinstance(message.get("params", {}), dict):
        raise Unreadable(INVALID_REQUEST, "params must be an object", request_id)
    if "method" not in message:
        if "id" in message and ("result" in message) != ("error" in message):
            return
        raise Unreadable(INVALID_REQUEST, "method is missing", request_id)
    method = message["method"]
    if not isinstance(method, str):
        raise Unreadable(INVALID_REQUEST, "method must be a string", request_id)
    if method.startswith("notifications/") and "id" in message:
        raise Unreadable(INVALID_REQUEST, "A notification has no id", request_id)


class _Repeated(Exception):
    def __init__(self, name: str) -> None:
        super().__init__("A member is given twice")
        self.name = name


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Repeated("id" if name == "id" and "jsonrpc" in members else "")
            seen.add(name)
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is out of range")
    return number


def result(request_id: int | str, value: dict[str, Any]) -> Reply:
    """The answer to a request."""
    return Reply(200, to_json({"jsonrpc": "2.0", "id": request_id, "result": value}))


def error(status: int, code: int, message: str, request_id: int | str | None = None, data: Any = None) -> Reply:
    """A JSON-RPC error; `id` is null where none could be read (JSON-RPC 2.0 §5)."""
    told: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        told["data"] = data
    return Reply(status, to_json({"jsonrpc": "2.0", "id": request_id, "error": told}), code=code)


def stream(messages: list[dict[str, Any]], last: Reply) -> Reply:
    """Notifications and the answer behind them as one finished event stream."""
    events = [*(to_json({"jsonrpc": "2.0", **message}) for message in messages), last.body]
    return Reply(200, b"".join(b"event: message\r\ndata: " + each + b"\r\n\r\n" for each in events), EVENT_STREAM)
