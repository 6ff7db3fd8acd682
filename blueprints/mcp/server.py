"""The SDK server: what we advertise, and the two handlers behind it."""

from collections.abc import Mapping
from typing import Any, Final

from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolRequestParams, PaginatedRequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from blueprints.mcp.asking import Asking
from blueprints.mcp.registry import Catalogue
from blueprints.mcp.writes import Form, answered_yes

NAME: Final = "frontdesk"
LIST_TTL_MS: Final = 3_600_000
"""An hour: the list changes with a release only, never with the workspace or the scope."""


Context = ServerRequestContext[Any, Asking]


def build(catalogue: Catalogue, *, version: str, audience: str, state_key: bytes) -> Server[Any]:
    """The server of a process. `state_key` is shared by all workers, so that any of them can take up a confirmation."""
    server: Server[Any] = Server(
        NAME,
        version=version,
        title="Frontdesk",
        cache_hints={
            "tools/list": CacheHint(ttl_ms=LIST_TTL_MS, scope="private"),
            "server/discover": CacheHint(ttl_ms=LIST_TTL_MS, scope="private"),
        },
        get_tool_input_schema=catalogue.header_schema,
        on_list_tools=_list_tools,  # type: ignore[arg-type]
        on_call_tool=_call_tool,  # type: ignore[arg-type]
    )
    security = RequestStateSecurity(keys=[state_key], ttl=300.0, bind_principal=_principal)
    server.middleware[:] = [RequestStateBoundary(security, default_audience=audience)]
    return server


def _asking(context: Context) -> Asking:
    if context.request is None:
        raise TypeError("A message reached the server without its caller.")
    return context.request


def _principal(context: Context) -> str:
    return _asking(context).principal


async def _list_tools(context: Context, params: PaginatedRequestParams | None) -> Mapping[str, Any]:
    if params is not None and params.cursor is not None:
        raise MCPError(code=INVALID_PARAMS, message="The list has one page; leave out cursor")
    return {"resultType": "complete", "tools": _asking(context).catalogue.listed}


async def _call_tool(context: Context, params: CallToolRequestParams) -> Mapping[str, Any]:
    result = _asking(context).call(params.name, params.arguments or {}, _form(context, params))
    if result is None:
        raise MCPError(code=INVALID_PARAMS, message="Unknown tool")
    return result


def _form(context: Context, params: CallToolRequestParams) -> Form:
    return Form(_may_ask(context), params.request_state, answered_yes(params.input_responses))


def _may_ask(context: Context) -> bool:
    """Whether this call may be answered with a form: only in the stateless revision, and only to a client with forms."""
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return False
    declared = context.session.client_capabilities
    elicitation = declared.elicitation if declared is not None else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)
