"""`POST /oauth/introspect` (RFC 7662): a confidential client asks about its own tokens; of others it learns nothing."""

from typing import Any

from flask import Response

from blueprints.oauth.answers import NotAuthenticated, Refusal, as_json
from blueprints.oauth.reading import Call, answered, note_refusal
from models.activity import audit_event
from models.oauth.introspection import introspected
from models.settings import settings

VERB = "introspect_token"


def introspect() -> Response:
    """Authenticate a confidential client and say whether its token is live, and what it is for."""
    return answered(VERB, _introspect)


def _introspect(call: Call) -> Response:
    if call.method == "none":
        raise NotAuthenticated("Only a client that authenticates may introspect.")
    found = introspected(call.needs("token"), call.client)
    if found.is_guess:
        note_refusal(VERB, Refusal("invalid_token", "This token is not known.", guess=True), call.by)
    elif found.anothers is not None:
        audit_event.note_refusal(VERB, call.by, {"error": "anothers"}, workspace_id=found.anothers)
    answer: dict[str, Any] = {"active": False}
    return as_json(200, answer if found.told is None else {"active": True, "iss": settings().base_url, **found.told})
