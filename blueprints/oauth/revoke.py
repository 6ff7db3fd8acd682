"""`POST /oauth/revoke` (RFC 7009): a refresh token ends its family, an access token only itself.

Unknown, expired, another client's: 200 and nothing happens, alike, so that nobody learns which tokens exist. The type
hint is only a hint and is not needed here: a token's form says what it is.
"""

from flask import Response

from blueprints.oauth.answers import NEVER, Refusal, as_json
from blueprints.oauth.reading import Call, answered, note_refusal
from models.base import writing
from models.oauth.revocation import Outcome, revoke_token

VERB = "revoke_token"


def revoke() -> Response:
    """Authenticate the client, then end the token if it is that client's."""
    return answered(VERB, _revoke)


def _revoke(call: Call) -> Response:
    token = call.needs("token")
    with writing():
        outcome = revoke_token(token, call.client.id, call.by)
    if outcome is Outcome.UNKNOWN:
        note_refusal(VERB, Refusal("invalid_grant", "This token is not known.", guess=True), call.by)
    return as_json(200, None, NEVER)
