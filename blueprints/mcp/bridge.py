"""WSGI to the MCP SDK and back, in the request's own thread, for both eras of the protocol.

One message goes in and one answer comes out; neither era needs a session here, so a handler may block, and Flask's `g`
and the request's database session are simply there. The 2026-07-28 ladder (headers against body, version, capabilities)
and the kernel (validation, dispatch, the shape of results) are the SDK's; this file owns what its ASGI entry owns there:
which era a message belongs to, notifications, and the HTTP status of an error.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import serve_one
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    InboundModernRoute,
    classify_inbound_request,
    decode_header_value,
    unsupported_protocol_version_rejection,
    validate_mcp_param_headers,
)
from mcp.shared.jsonrpc_dispatcher import handler_exception_to_error_data, progress_token_from_params
from mcp.shared.message import MessageMetadata, ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import (
    DEFAULT_NEGOTIATED_VERSION,
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PROTOCOL_VERSION_META_KEY,
    ErrorData,
    ProgressToken,
    RequestId,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from blueprints.mcp import wire

logger = logging.getLogger(__name__)

ACCEPTED: Final = wire.Reply(202)
_PARAM_PREFIX: Final = MCP_PARAM_HEADER_PREFIX.lower()
_NO_STATE: Final[dict[str, Any]] = {}
_NOT_SO: Final = "is not as the protocol has it"
_EXPECTED: Final = {
    "missing": "is missing",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_type": "must be a string",
}
_threads = threading.local()


def answer(server: Server[Any], message: Mapping[str, Any], headers: Mapping[str, str], asking: Any) -> wire.Reply:
    """The HTTP answer to one well-formed message. `headers` have lower-case names; `asking` reaches the handlers
    as `ctx.request`."""
    version = headers.get(MCP_PROTOCOL_VERSION_HEADER)
    if _is_modern(message, version):
        return _answer_modern(server, message, headers, asking)
    if "id" not in message or "method" not in message:
        return ACCEPTED  # nothing waits for a notification, and no request of ours for a response
    return _serve(server, message, _legacy_connection(version), asking, headers)


def _is_modern(message: Mapping[str, Any], version: str | None) -> bool:
    """Whether the header names a revision without a handshake, or, where there is none, the body does."""
    if version is not None:
        return version not in HANDSHAKE_PROTOCOL_VERSIONS
    return PROTOCOL_VERSION_META_KEY in (_meta(message) or {})


def _meta(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    meta = (message.get("params") or {}).get("_meta")
    return meta if isinstance(meta, Mapping) else None


def _legacy_connection(version: str | None) -> Connection:
    """Born ready: without sessions every request stands alone, whether an `initialize` came before it or not."""
    return Connection.from_envelope(version or DEFAULT_NEGOTIATED_VERSION, None, None)


def _answer_modern(server: Server[Any], message: Mapping[str, Any], headers: Mapping[str, str], asking: Any) -> wire.Reply:
    version = headers.get(MCP_PROTOCOL_VERSION_HEADER, "")
    request_id = message.get("id")
    if version and (unserved := unsupported_protocol_version_rejection(version)) is not None:
        return _rejection(unserved, request_id)
    if "method" not in message:
        return wire.error(400, INVALID_REQUEST, "Clients send no responses in this protocol version", request_id)
    if request_id is None:
        return ACCEPTED
    verdict = classify_inbound_request(message, headers=headers)
    if isinstance(verdict, InboundModernRoute):
        odd = _faulty_parameter_header(server, message, headers)
        if odd is None:
            connection = Connection.from_envelope(verdict.protocol_version, verdict.client_info, verdict.client_capabilities)
            return _serve(server, message, connection, asking, headers)
        verdict = odd
    return _rejection(verdict, request_id)


def _faulty_parameter_header(
    server: Server[Any], message: Mapping[str, Any], headers: Mapping[str, str]
) -> InboundLadderRejection | None:
    """`Mcp-Param-*` headers must be readable, and agree with the arguments of a tool that declares them."""
    for header, value in headers.items():
        if header.startswith(_PARAM_PREFIX):
            decoded = decode_header_value(value)
            if decoded is None or not decoded.isprintable():
                return InboundLadderRejection(HEADER_MISMATCH, f"{header} header is malformed")
    lookup = server.get_tool_input_schema
    params = message.get("params") or {}
    name, arguments = params.get("name"), params.get("arguments")
    if message["method"] != "tools/call" or lookup is None or not isinstance(name, str):
        return None
    schema = lookup(name)
    if schema is None or not isinstance(arguments, Mapping | None):
        return None
    return validate_mcp_param_headers(schema, arguments or {}, headers)


def _rejection(rejection: InboundLadderRejection, request_id: RequestId | None) -> wire.Reply:
    status = ERROR_CODE_HTTP_STATUS.get(rejection.code, 400)
    return wire.error(status, rejection.code, rejection.message, request_id, rejection.data)


def _serve(
    server: Server[Any], message: Mapping[str, Any], connection: Connection, asking: Any, headers: Mapping[str, str]
) -> wire.Reply:
    """Run the SDK's kernel for one request, and word its outcome."""
    exchange = _Exchange(
        transport=TransportContext(kind="streamable-http", can_send_request=False, headers=headers),
        request_id=message["id"],
        message_metadata=ServerMessageMetadata(request_context=asking),
        progress_token=progress_token_from_params(message.get("params")),
    )
    modern = connection.protocol_version in MODERN_PROTOCOL_VERSIONS
    try:
        result = _loop().run_until_complete(
            serve_one(
                server,
                exchange,
                message["method"],
                message.get("params"),
                connection=connection,
                lifespan_state=_NO_STATE,
            )
        )
        reply = wire.result(exchange.request_id, result)
    except Exception as problem:  # noqa: BLE001 - the last boundary: whatever it was, the client gets JSON-RPC
        told = _told(problem)
        status = ERROR_CODE_HTTP_STATUS.get(told.code, 200) if modern else 200
        reply = wire.error(status, told.code, told.message, exchange.request_id, told.data)
    if exchange.sent and wire.EVENT_STREAM in headers.get("accept", "") and reply.status == 200:
        return wire.stream(exchange.sent, reply)
    return reply


def _told(problem: Exception) -> ErrorData:
    """What a client may know of a fault: its own, in full; ours, that there was one."""
    told = handler_exception_to_error_data(problem)
    if told is not None and isinstance(problem, ValidationError):
        return ErrorData(code=told.code, message=_wrong(told.message, problem))
    if told is not None:
        return told
    logger.error("A request handler failed", exc_info=problem)
    return ErrorData(code=INTERNAL_ERROR, message="Internal server error")


def _wrong(message: str, problem: ValidationError) -> str:
    """Which member of a request is not as the protocol has it, by the protocol's names and nothing that was sent."""
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    named = [str(part) for part in first["loc"]]
    deep = 3 if "_meta" in named[:2] else 2  # beyond stand names of the client's own choosing
    if named[0:1] != ["params"]:
        return message
    expected = _EXPECTED.get(first["type"], _NOT_SO) if len(named) <= deep else _NOT_SO
    return f"{message}: {'.'.join(named[:deep])} {expected}"


def _loop() -> asyncio.AbstractEventLoop:
    """This thread's event loop. Only the SDK's own bookkeeping runs on it; nothing ever waits there."""
    loop: asyncio.AbstractEventLoop | None = getattr(_threads, "loop", None)
    if loop is None or loop.is_closed():
        loop = _threads.loop = asyncio.new_event_loop()
    return loop


@dataclass
class _Exchange:
    """One request and its answer, as the SDK's `DispatchContext`: no way back to the client but this answer."""

    transport: TransportContext
    request_id: RequestId
    message_metadata: MessageMetadata
    progress_token: ProgressToken | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)
    can_send_request: bool = field(default=False, init=False)

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        self.sent.append({"method": method, **({"params": dict(params)} if params is not None else {})})

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        if self.progress_token is not None:
            known = {"progressToken": self.progress_token, "progress": progress, "total": total, "message": message}
            await self.notify("notifications/progress", {k: v for k, v in known.items() if v is not None})
