"""What the conformance scenarios ask a server to hold: a picture, a sound, resources and prompts of fixed text."""

import json
from collections.abc import Mapping
from typing import Any, Final

PICTURE: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
"""One pixel."""
SOUND: Final = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
"""No time at all."""

Content = dict[str, Any]

MIRRORED_IN_A_HEADER: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
}
"""An argument that a 2026-07-28 client repeats in `Mcp-Param-Region` (SEP-2243)."""
RICH_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}}}},
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""Keywords of JSON Schema 2020-12 that must reach the client as they are (SEP-1613, SEP-2106)."""


def text(words: str) -> Content:
    return {"type": "text", "text": words}


def picture() -> Content:
    return {"type": "image", "data": PICTURE, "mimeType": "image/png"}


def sound() -> Content:
    return {"type": "audio", "data": SOUND, "mimeType": "audio/wav"}


def embedded(uri: str, words: str, kind: str = "text/plain") -> Content:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": words}}


def spoken(*contents: Content) -> dict[str, Any]:
    """A prompt: what a person would say."""
    return {"messages": [{"role": "user", "content": content} for content in contents]}


RESOURCES: Final[list[dict[str, Any]]] = [
    {"uri": "test://static-text", "name": "Text", "description": "A text that never changes", "mimeType": "text/plain"},
    {"uri": "test://static-binary", "name": "Picture", "description": "One pixel", "mimeType": "image/png"},
    {"uri": "test://watched-resource", "name": "Watched", "description": "Can be subscribed to", "mimeType": "text/plain"},
]
TEMPLATE: Final = {
    "uriTemplate": "test://template/{id}/data",
    "name": "Data by id",
    "description": "Says its id",
    "mimeType": "application/json",
}


def resource(uri: str) -> dict[str, Any] | None:
    """What stands at an address, if anything does."""
    if uri == "test://static-text":
        return {"uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource."}
    if uri == "test://static-binary":
        return {"uri": uri, "mimeType": "image/png", "blob": PICTURE}
    if uri == "test://watched-resource":
        return {"uri": uri, "mimeType": "text/plain", "text": "Watched resource content"}
    if uri.startswith("test://template/") and uri.endswith("/data"):
        number = uri.removeprefix("test://template/").removesuffix("/data")
        said = json.dumps({"id": number, "templateTest": True, "data": f"Data for ID: {number}"})
        return {"uri": uri, "mimeType": "application/json", "text": said}
    return None


def _argument(name: str) -> dict[str, Any]:
    return {"name": name, "description": f"The {name}", "required": True}


PROMPTS: Final[list[dict[str, Any]]] = [
    {"name": "test_simple_prompt", "description": "Has no arguments"},
    {"name": "test_prompt_with_arguments", "description": "Has two", "arguments": [_argument("arg1"), _argument("arg2")]},
    {
        "name": "test_prompt_with_embedded_resource",
        "description": "Embeds what it is given",
        "arguments": [_argument("resourceUri")],
    },
    {"name": "test_prompt_with_image", "description": "Shows a picture"},
    {"name": "test_input_required_result_prompt", "description": "Asks for its context"},
]


def prompt(name: str, arguments: Mapping[str, str]) -> dict[str, Any] | None:
    """The prompts that need nobody's answer."""
    if name == "test_simple_prompt":
        return spoken(text("This is a simple prompt for testing."))
    if name == "test_prompt_with_arguments":
        return spoken(text(f"Prompt with arguments: arg1='{arguments['arg1']}', arg2='{arguments['arg2']}'"))
    if name == "test_prompt_with_embedded_resource":
        held = embedded(arguments["resourceUri"], "Embedded resource content for testing.")
        return spoken(held, text("Please process the embedded resource above."))
    if name == "test_prompt_with_image":
        return spoken(picture(), text("Please analyze the image above."))
    return None
