"""The server that the conformance scenarios describe, with production's bridge, boundary and bearer check around it.

Production's own server is built first, for its middleware and its cache hints; then its handlers make room for these.
Handlers answer at once: without sessions nothing is sent while a tool is at work but its progress.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolRequestParams,
    CompleteRequestParams,
    GetPromptRequestParams,
    InputResponseRequestParams,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    SetLevelRequestParams,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)

from blueprints.mcp import server
from blueprints.mcp.endpoint import Check, Endpoint
from blueprints.mcp.registry import Catalogue
from models import opaque
from models.settings import settings
from tests.mcp.conformance import contents, rounds

Context = ServerRequestContext[Any, Any]
Result = Mapping[str, Any]
Handler = Callable[[Context, Any], Awaitable[Result]]

SAID: Final[dict[str, list[contents.Content]]] = {
    "test_simple_text": [contents.text("This is a simple text response for testing.")],
    "test_image_content": [contents.picture()],
    "test_audio_content": [contents.sound()],
    "test_embedded_resource": [contents.embedded("test://embedded-resource", "This is an embedded resource content.")],
    "test_multiple_content_types": [
        contents.text("Multiple content types test:"),
        contents.picture(),
        contents.embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json"),
    ],
    "test_logging_tool": [contents.text("Nothing to log.")],
    "test_tool_with_logging": [contents.text("Nothing to log.")],
    "test_tool_with_progress": [contents.text("Done.")],
    "test_missing_capability": [contents.text("Asked for nothing.")],
    "test_header_argument": [contents.text("The header said the same.")],
    "json_schema_2020_12_tool": [contents.text("Valid.")],
}
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    **{name: {"type": "object"} for name in (*SAID, "test_error_handling", *rounds.ROUNDS)},
    "test_header_argument": contents.MIRRORED_IN_A_HEADER,
    "json_schema_2020_12_tool": contents.RICH_SCHEMA,
}
CACHED: Final = ("prompts/list", "resources/list", "resources/templates/list", "resources/read")


def endpoint(check: Check) -> Endpoint:
    """What to serve at `/mcp` in place of our tools."""
    nothing = Catalogue(())
    audience = f"{settings().base_url}/mcp"
    built = server.build(nothing, version="1", audience=audience, state_key=opaque.key("mcp request state"))
    built.cache_hints.update({method: CacheHint(ttl_ms=60_000, scope="private") for method in CACHED})
    _serve_tools(built)
    _serve_resources(built)
    _serve(built, "prompts/list", PaginatedRequestParams, _list_prompts)
    _serve(built, "prompts/get", GetPromptRequestParams, _get_prompt)
    _serve(built, "completion/complete", CompleteRequestParams, _complete)
    built.add_request_handler("logging/setLevel", SetLevelRequestParams, _nothing)  # type: ignore[arg-type]
    return Endpoint(built, nothing, check)


def _serve(built: Server[Any], method: str, params_type: type[Any], handler: Handler) -> None:
    """Answer a method; the stateless revision wants every result to say that it is one."""

    async def answer(context: Context, params: Any) -> Result:
        return {"resultType": "complete", **await handler(context, params)}

    built.add_request_handler(method, params_type, answer)  # type: ignore[arg-type]


def _serve_tools(built: Server[Any]) -> None:
    built.get_tool_input_schema = SCHEMAS.get
    _serve(built, "tools/list", PaginatedRequestParams, _list_tools)
    _serve(built, "tools/call", CallToolRequestParams, _call_tool)


def _serve_resources(built: Server[Any]) -> None:
    _serve(built, "resources/list", PaginatedRequestParams, _list_resources)
    _serve(built, "resources/templates/list", PaginatedRequestParams, _list_templates)
    _serve(built, "resources/read", ReadResourceRequestParams, _read_resource)
    built.add_request_handler("resources/subscribe", SubscribeRequestParams, _nothing)  # type: ignore[arg-type]
    built.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, _nothing)  # type: ignore[arg-type]


async def _list_tools(context: Context, params: PaginatedRequestParams) -> Result:
    tools = [{"name": name, "description": f"For {name}", "inputSchema": schema} for name, schema in SCHEMAS.items()]
    return {"tools": tools}


async def _call_tool(context: Context, params: CallToolRequestParams) -> Result:
    if params.name in rounds.ROUNDS:
        return rounds.ROUNDS[params.name](_answers(params), params.request_state, _capabilities(context))
    if params.name == "test_error_handling":
        return {"isError": True, "content": [contents.text("This tool intentionally returns an error for testing")]}
    if params.name not in SAID:
        raise MCPError(code=INVALID_PARAMS, message="Unknown tool")
    if params.name == "test_missing_capability" and "sampling" not in _capabilities(context):
        raise MCPError(
            code=MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="This tool asks the client for a sample",
            data={"requiredCapabilities": {"sampling": {}}},
        )
    if params.name == "test_tool_with_progress":
        for done in (0, 50, 100):
            await context.session.report_progress(done, 100)
    return {"content": SAID[params.name]}


async def _list_resources(context: Context, params: PaginatedRequestParams) -> Result:
    return {"resources": contents.RESOURCES}


async def _list_templates(context: Context, params: PaginatedRequestParams) -> Result:
    return {"resourceTemplates": [contents.TEMPLATE]}


async def _read_resource(context: Context, params: ReadResourceRequestParams) -> Result:
    found = contents.resource(str(params.uri))
    if found is None:
        raise MCPError(code=INVALID_PARAMS, message="Resource not found", data={"uri": str(params.uri)})
    return {"contents": [found]}


async def _list_prompts(context: Context, params: PaginatedRequestParams) -> Result:
    return {"prompts": contents.PROMPTS}


async def _get_prompt(context: Context, params: GetPromptRequestParams) -> Result:
    if params.name == "test_input_required_result_prompt":
        return rounds.prompt(_answers(params))
    found = contents.prompt(params.name, params.arguments or {})
    if found is None:
        raise MCPError(code=INVALID_PARAMS, message="Unknown prompt")
    return found


async def _complete(context: Context, params: CompleteRequestParams) -> Result:
    return {"completion": {"values": [], "total": 0, "hasMore": False}}


async def _nothing(context: Context, params: Any) -> Result:
    return {}


def _answers(params: InputResponseRequestParams) -> Mapping[str, Any]:
    """The client's answers as they came, by the name of the question."""
    given = params.input_responses or {}
    return {key: answer.model_dump(by_alias=True) if hasattr(answer, "model_dump") else answer for key, answer in given.items()}


def _capabilities(context: Context) -> Mapping[str, Any]:
    declared = context.session.client_capabilities
    return cast(Mapping[str, Any], declared.model_dump(by_alias=True, exclude_none=True)) if declared is not None else {}
