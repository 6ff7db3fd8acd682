"""JSON Schemas as small as they can be said: a client pays for every character of a tool list, in every conversation.

Pydantic repeats each name as a title, spells optional values as unions and moves nested objects into `$defs`; this
keeps the meaning and drops the rest. Property names are data and are never touched.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

_NOISE = frozenset({"title", "$defs"})
_OBJECTS_OF_SCHEMAS = frozenset({"properties", "patternProperties"})


def compact_schema(model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
    """The schema of a model, self-contained: references are written out, so a model must not contain itself."""
    schema = model.model_json_schema(mode=mode)
    compacted: dict[str, Any] = _compact(schema, schema.get("$defs", {}), ())
    compacted.pop("description", None)
    return compacted


def _compact(schema: Any, definitions: dict[str, Any], inside: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_compact(part, definitions, inside) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in inside:
            raise TypeError(f"{name} contains itself; a tool's schema must be finite.")
        target = {key: value for key, value in definitions[name].items() if key != "description"}
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _compact({**target, **beside}, definitions, (*inside, name))
    small: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NOISE or (key == "default" and value is None):
            continue
        if key in _OBJECTS_OF_SCHEMAS:
            small[key] = {name: _compact(part, definitions, inside) for name, part in value.items()}
        elif key in ("enum", "const", "default", "examples", "required"):
            small[key] = value
        else:
            small[key] = _compact(value, definitions, inside)
    return _without_union(small)


def _without_union(schema: dict[str, Any]) -> dict[str, Any]:
    """`anyOf: [{type: string}, {type: null}]` as `type: [string, null]`, which says the same."""
    options = schema.get("anyOf")
    if not isinstance(options, list) or not all(set(option) == {"type"} for option in options):
        return schema
    types = [name for option in options for name in _as_list(option["type"])]
    return {"type": types, **{key: value for key, value in schema.items() if key != "anyOf"}}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
