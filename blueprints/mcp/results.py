"""What a tool answers, in the one shape of PRODUCT §4: structured content and the same as text, or an error in text.

An error carries no structured content: one SDK validates it against the output schema even then. A write's schema
requires only `status`, since clients validate all four of its outcomes with it.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_json

from blueprints.mcp.schemas import compact_schema
from blueprints.mcp.sizes import shortened
from models.errors import DomainError

_EVERY_RESULT: Final[dict[str, Any]] = {
    "workspace": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "slug": {"type": "string"}},
        "required": ["name", "slug"],
    },
    "as_of": {"type": "string", "format": "date-time"},
}
_ANY_RESULT: Final[dict[str, Any]] = {"shortened": {"type": "array", "items": {"type": "string"}}}
"""What a result may have beside: the members whose long values were cut so that the answer fits."""
_EVERY_WRITE: Final[dict[str, Any]] = {
    "status": {"type": "string", "enum": ["done", "dry_run", "needs_confirmation", "needs_approval"]},
    "audit_id": {"type": "string"},
    "undo_until": {"type": "string", "format": "date-time"},
    "repeated": {"type": "boolean"},
    "how_to_repeat": {"type": "string"},
    "summary": {"type": "string"},
    "about": {"type": "object", "additionalProperties": {"type": "string"}},
    "confirm_token": {"type": "string"},
    "expires_at": {"type": "string", "format": "date-time"},
    "approval_url": {"type": "string"},
}


def output_schema(returns: type[BaseModel], access: str) -> dict[str, Any]:
    """The public schema of what a tool returns, with the members that every result or write has."""
    schema = compact_schema(returns, "serialization")
    own = schema.get("properties", {})
    reserved = _EVERY_RESULT.keys() | _ANY_RESULT.keys() | (_EVERY_WRITE.keys() if access != "read" else set())
    clash = own.keys() & reserved
    if clash:
        raise TypeError(f"{returns.__name__} must not declare {', '.join(sorted(clash))}: every result has it.")
    if access == "read":
        required = [*_EVERY_RESULT, *schema.get("required", [])]
        return {"type": "object", "properties": {**_EVERY_RESULT, **_ANY_RESULT, **own}, "required": required}
    properties = {**_EVERY_WRITE, **_EVERY_RESULT, **_ANY_RESULT, **own}
    return {"type": "object", "properties": properties, "required": ["status"]}


def plain(model: BaseModel) -> dict[str, Any]:
    """A result model as JSON values."""
    dumped: dict[str, Any] = model.__pydantic_serializer__.to_python(model, mode="json")
    return dumped


def answered(structured: Mapping[str, Any]) -> dict[str, Any]:
    """A successful call: the content, and the same as text."""
    text = to_json(structured)
    content = [{"type": "text", "text": text.decode()}]
    return {"resultType": "complete", "content": content, "structuredContent": dict(structured)}


def failed(error: DomainError) -> dict[str, Any]:
    """A call that a rule refused: `{code, message, …}` as text."""
    return refused(error.code, error.message, **error.details)


def refused(code: str, message: str, **details: Any) -> dict[str, Any]:
    """The result that says no, why, and what to do next."""
    told = {"code": code, "message": message, **{name: value for name, value in details.items() if value is not None}}
    content = [{"type": "text", "text": to_json(shortened(told)).decode()}]
    return {"resultType": "complete", "content": content, "isError": True}
