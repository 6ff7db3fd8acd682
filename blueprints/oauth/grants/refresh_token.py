"""RFC 6749 §6: a refresh token, spent and replaced (RFC 9700 §4.14.2). What rotation means is in models/oauth."""

from typing import Any

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin

from blueprints.oauth.answers import Refusal
from blueprints.oauth.grants.answer import same_audience, token_answer
from blueprints.oauth.incoming import incoming
from models.oauth.access_token import AccessToken
from models.oauth.refresh_token import RefreshRefused, RefreshToken, Reused
from models.oauth.scope import DESTRUCTIVE, OFFLINE
from models.oauth.scope_request import NothingLeft, OutsideGrant, narrowed

BAD_TOKEN = "The refresh token is not good, or no longer."


class RefreshTokenGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """Rotates a refresh token."""

    GRANT_TYPE = "refresh_token"

    def validate_token_request(self) -> None:
        """Whose token it is, the scope and the audience, and the access token signed: all before anything is spent."""
        sent, now = self.request.payload.data, incoming()
        if "refresh_token" not in sent:
            raise Refusal("invalid_request", "The parameter refresh_token is missing.")
        token = RefreshToken.presented(sent["refresh_token"])
        if token is None:
            raise Refusal("invalid_grant", BAD_TOKEN, guess=True)
        held = token.held
        now.workspace_id = held.workspace_id
        if held.client_id != now.client.id:
            raise Refusal("invalid_grant", BAD_TOKEN)
        family = held.scopes | {DESTRUCTIVE} if held.destructive else held.scopes
        try:
            scopes = narrowed(sent.get("scope"), family, now.client.asked_kind, now.client.ticked or ())
        except (NothingLeft, OutsideGrant) as refusal:
            raise Refusal.of("invalid_scope", refusal) from refusal
        self.scopes, self.token = scopes - {DESTRUCTIVE}, token
        self.audience = same_audience(sent.get("resource"), held.audience)
        if not token.stands:
            raise Refusal.of("invalid_grant", RefreshRefused())  # nothing is signed for it
        self.issued = AccessToken.make(
            held, now.client, self.scopes, audience=self.audience,
            asked=sent.get("scope"), narrowed=not scopes | {OFFLINE} >= family,
        )  # fmt: skip

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Rotate. A replay inside the window gets the identical token, a reuse ends the family and is refused.

        Without a savepoint: `rotate` raises before its first write or not at all.
        """
        now = incoming()
        try:
            outcome = self.token.rotate(self.scopes, self.audience, now.by)
        except RefreshRefused as refusal:
            raise Refusal.of("invalid_grant", refusal) from refusal
        now.noted = True
        if isinstance(outcome, Reused):
            raise Refusal("invalid_grant", BAD_TOKEN)
        self.issued.keep()
        return 200, token_answer(self.issued, outcome.successor), []
