"""`POST /oauth/token` (RFC 6749 §3.2): one write transaction around the grant, so that a code or refresh token is spent
and replaced in one step, and a reuse that must leave a mark leaves it.
"""

from flask import Response, g

from blueprints.oauth.incoming import Incoming
from blueprints.oauth.reading import GUESSES, Call, answered
from blueprints.oauth.server import server
from models.accounts import throttle
from models.activity import audit_event
from models.base import enter, writing

VERB = "issue_token"


def token() -> Response:
    """Authenticate the client, run its grant, and keep what the outcome must leave behind."""
    return answered(VERB, _token, first=lambda sent: server.grant_of(sent.get("grant_type")))


def _token(call: Call) -> Response:
    now = g.incoming = Incoming(call.sent, call.client, call.by)
    with writing():
        call.client.used()  # first: whoever changes a client locks it before its codes, too
        response = server.create_token_response()
        if now.error is not None and not now.noted:
            _note(now)
    return response


def _note(now: Incoming) -> None:
    """The row of a grant's refusal: in the trail of the workspace that was found, with what the verbs wrote."""
    fields = {"error": now.error.error if now.error is not None else None}
    if getattr(now.error, "guess", False):
        throttle.count(GUESSES, now.by.address)
    if now.workspace_id is None:
        audit_event.record_security(VERB, "refused", now.by, fields)
        return
    enter(now.workspace_id)
    audit_event.record(now.workspace_id, VERB, now.by, outcome="refused", fields=fields)
