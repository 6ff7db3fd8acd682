"""`/api/server`: a workspace's connection settings as JSON, for scripts (PRODUCT §2). Never counted against the quota."""

from dataclasses import asdict
from typing import Any

from flask import Response, g, request

from blueprints import doors
from blueprints.access import address
from blueprints.doors import plain
from blueprints.errors import note_refusal
from blueprints.oauth.answers import as_json
from blueprints.oauth.checks.client_json import TooLarge, read_object
from models.accounts import usage
from models.base import enter, writing
from models.errors import Invalid
from models.oauth.access_token import stands
from models.oauth.connection import ConnectionSettings, change
from models.oauth.scope import Access
from models.oauth.standing import Standing, StepUp
from models.settings import settings

VERB = "connection_settings"


def show_connection() -> Response:
    """Name, address, plan, use, and what can be changed."""
    standing = _caller("read")
    return standing if isinstance(standing, Response) else as_json(200, _told(standing))


def change_connection() -> Response:
    """Change what the body names, and answer with everything as it stands then."""
    standing = _caller("write")
    if isinstance(standing, Response):
        return standing
    if request.mimetype != "application/json":
        return _refused(415, "invalid_request", "Send application/json.")
    try:
        changes = read_object(doors.whole_body())
        with writing():
            after = change(standing.workspace.id, standing.actor, changes)
    except TooLarge as too_large:
        return _refused(413, "invalid_request", too_large.message)
    except Invalid as invalid:
        return _refused(400, "invalid_request", invalid.message)
    return as_json(200, _told(standing, after))


def _caller(access: Access) -> Standing | Response:
    """Who calls, or the refusal: 401 with the challenge, 403 where the scope or the role is missing."""
    token = doors.presented_token()
    standing = stands(token, address=address(), request_id=g.get("request_id")) if token else None
    if standing is None:
        response = _refused(401, "invalid_token" if token is not None else "unauthorized", "Send an access token or an API key.")
        error = 'error="invalid_token", ' if token is not None else ""
        metadata = f'resource_metadata="{doors.metadata_of(None)}"'
        response.headers["WWW-Authenticate"] = f"Bearer {error}{metadata}"
        return response
    g.standing = standing  # whose trail holds what is refused from here on
    enter(standing.workspace.id)
    refusal = standing.refusal("server", access)
    if refusal is None:
        return standing
    if isinstance(refusal, StepUp):
        note_refusal(VERB, status=403, error=refusal.code)
        response = doors.step_up(None, standing.scope, refusal)
        response.headers["Cache-Control"] = "no-store"
        return response
    return _refused(403, refusal.code, refusal.message)


def _told(standing: Standing, now: ConnectionSettings | None = None) -> dict[str, Any]:
    place = standing.workspace
    connection = now or ConnectionSettings.of(place.settings)
    return {
        "name": place.name,
        "slug": place.slug,
        "mcp_url": f"{settings().base_url}/mcp/{place.slug}",
        "plan": place.plan_code,
        "usage": {metric: asdict(use) for metric, use in usage.uses_of(place.id, place.plan_code, place.timezone).items()},
        "read_only": connection.read_only,
        "capabilities": list(connection.capabilities),
    }


def _refused(status: int, error: str, sentence: str) -> Response:
    note_refusal(VERB, status=status, error=error)
    return as_json(status, {"error": error, "error_description": plain(sentence)})
