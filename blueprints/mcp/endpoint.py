"""`POST /mcp` and `POST /mcp/<slug>`: who may come in, what may come in, and then the bridge.

In this order: Host (app-wide), Origin, token, size and form of the body, the JSON-RPC message, scope. Without sessions
and server-sent streams there is nothing to GET or DELETE: both are 405 in either era.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, Response, abort, current_app, g, request
from mcp.server.lowlevel import Server
from mcp_types import INTERNAL_ERROR

from blueprints import doors
from blueprints.access import address
from blueprints.mcp import bridge, pipeline, wire
from blueprints.mcp.asking import Asking
from blueprints.mcp.registry import Catalogue
from models.accounts.workspace import SLUG
from models.activity.actor import Actor
from models.activity.audit_event import note_refusal
from models.base import enter
from models.oauth.standing import Standing, StepUp

bp = Blueprint("mcp", __name__)


class Check(Protocol):
    """The bearer check: what a token stands for at this address now, or None."""

    def __call__(self, token: str, *, slug: str | None, address: str | None, request_id: str | None) -> Standing | None:
        """`slug` is the workspace in the address, None at `/mcp`."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a process serves at `/mcp`."""

    server: Server[Any]
    catalogue: Catalogue
    check: Check


@bp.post("/mcp", provide_automatic_options=False, defaults={"slug": None})
@bp.post("/mcp/<slug>", provide_automatic_options=False)
def message(slug: str | None) -> Response:
    """One JSON-RPC message in, one answer out."""
    response = _answer(slug)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(slug: str | None) -> Response:
    if doors.from_elsewhere():
        abort(403, "This address answers programs, not pages of other origins.")
    if slug is not None and not SLUG.fullmatch(slug):
        abort(404)
    endpoint: Endpoint = current_app.extensions["mcp"]
    token = doors.presented_token()
    standing = _standing(endpoint, token, slug)
    if standing is None:
        return doors.challenge(slug, token_sent=token is not None)
    enter(standing.workspace.id)
    g.standing = standing  # whose trail holds what is refused from here on
    try:
        received = wire.read(_body())
    except wire.Unreadable as unreadable:
        return _respond(unreadable.reply, standing)
    refused = _short_of_scope(endpoint, standing, received)
    if refused is not None:
        return doors.step_up(slug, standing.scope, refused)
    headers = {name.lower(): value for name, value in request.headers.items()}
    asking = Asking(endpoint.catalogue, standing)
    return _respond(bridge.answer(endpoint.server, received, headers, asking), standing)


def _standing(endpoint: Endpoint, token: str | None, slug: str | None) -> Standing | None:
    """Who calls. A token that is no good leaves a security event; a first call without one is how clients begin."""
    if token is None:
        return None
    request_id: str | None = g.get("request_id")
    found = endpoint.check(token, slug=slug, address=address(), request_id=request_id) if token else None
    if found is None:
        note_refusal("mcp_call", Actor("public", address=address(), request_id=request_id))
    return found


def _body() -> bytes:
    """The whole body, plain JSON of at most a megabyte; what is cut short on the way is refused, not guessed at."""
    if request.mimetype not in ("", wire.JSON_TYPE):
        abort(415, f"Send {wire.JSON_TYPE}.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        abort(415, "Send the body uncompressed.")
    request.max_content_length = wire.BODY_MAX + 1  # a chunked body is cut at its limit, so one byte more tells
    try:
        body = doors.whole_body()
    except doors.CutShort as short:
        abort(400, short.message)
    if len(body) > wire.BODY_MAX:
        abort(413)
    return body


def _short_of_scope(endpoint: Endpoint, standing: Standing, received: Mapping[str, Any]) -> StepUp | None:
    """The scope that a tool call lacks and that asking the user again could give (RFC 6750 §3.1)."""
    if received.get("method") != "tools/call" or "id" not in received:
        return None
    name = (received.get("params") or {}).get("name")
    tool = endpoint.catalogue.get(name) if isinstance(name, str) else None
    refusal = standing.refusal(tool.capability, tool.access) if tool is not None else None
    if tool is None or not isinstance(refusal, StepUp):
        return None
    pipeline.turn_away(tool, standing, refusal)
    return refusal


def _respond(reply: wire.Reply, standing: Standing) -> Response:
    """The answer; a message that the protocol refuses leaves its audit row here, a tool call left its own."""
    if reply.code is not None and reply.code != INTERNAL_ERROR:
        pipeline.note_refused_message(standing, reply.code)
    response = Response(reply.body, status=reply.status, content_type=reply.content_type)
    if not reply.body:
        del response.headers["Content-Type"]  # nothing is of no type
    return response
