"""`POST /oauth/token` (RFC 6749 §3.2). A grant looks at what was presented first, without a lock; then one write
transaction spends and replaces it in one step. A reuse that must leave a mark leaves it there.
"""

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Response, g

from blueprints.oauth.answers import as_json, refused
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
    try:
        grant = server.looked_at()
    except OAuth2Error as error:
        with writing():
            now.client.used()
            return _refused(now, error)
    with writing():
        now.client.used()  # first: whoever changes a client locks it before its codes, too
        try:
            status, body, _ = grant.create_token_response()
        except OAuth2Error as error:
            return _refused(now, error)
    return as_json(status, body)


def _refused(now: Incoming, error: OAuth2Error) -> Response:
    """The answer of a grant's refusal, and its row in the trail of the workspace that was found, beside what the verbs wrote."""
    if now.noted:
        return refused(error)
    fields = {"error": error.error}
    if getattr(error, "guess", False):
        throttle.count(GUESSES, now.by.address)
    if now.workspace_id is None:
        audit_event.record_security(VERB, "refused", now.by, fields)
    else:
        enter(now.workspace_id)
        audit_event.record(now.workspace_id, VERB, now.by, outcome="refused", fields=fields)
    return refused(error)
