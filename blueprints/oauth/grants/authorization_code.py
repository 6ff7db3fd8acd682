"""RFC 6749 §4.1: a code, good once, for tokens; PKCE S256 for every client (RFC 7636), one audience (RFC 8707)."""

from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.grants.base import AuthorizationEndpointMixin

from blueprints.oauth.answers import Refusal
from blueprints.oauth.checks.pkce import proves
from blueprints.oauth.grants.answer import same_audience, token_answer
from blueprints.oauth.incoming import incoming
from models.activity import audit_event
from models.base import savepoint
from models.oauth.access_token import AccessToken
from models.oauth.authorization_code import AuthorizationCode, CodeOver, Redeemed
from models.oauth.refresh_token import RefreshToken

BAD_CODE = "The authorization code is not good, or no longer."


class AuthorizationCodeGrant(BaseGrant, AuthorizationEndpointMixin, TokenEndpointMixin):  # type: ignore[misc]
    """Redeems a code; authorize.py issues it."""

    GRANT_TYPE = "authorization_code"
    RESPONSE_TYPES: ClassVar[set[str]] = {"code"}

    def validate_token_request(self) -> None:
        """Whose code it is, where it was sent, the verifier, the audience: all before anything is spent."""
        sent, now = self.request.payload.data, incoming()
        if "code" not in sent:
            raise Refusal("invalid_request", "The parameter code is missing.")
        code = AuthorizationCode.presented(sent["code"])
        if code is None:
            raise Refusal("invalid_grant", BAD_CODE, guess=True)
        now.workspace_id = code.workspace_id
        if code.client_id != now.client.id:
            raise Refusal("invalid_grant", BAD_CODE)
        if not code.goes_to(sent.get("redirect_uri")):
            raise Refusal("invalid_grant", "The redirect_uri is not the one of the authorization request.")
        if "code_verifier" not in sent:
            raise Refusal("invalid_request", "The parameter code_verifier is missing.")
        if not proves(sent["code_verifier"], code.challenge):
            raise Refusal("invalid_grant", "The code_verifier does not belong to the challenge.")
        same_audience(sent.get("resource"), code.audience)
        self.code = code

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Redeem, and issue what the family's first answer holds."""
        now = incoming()
        try:
            with savepoint():
                outcome = self.code.redeem(now.client, now.by)
        except CodeOver as over:
            raise Refusal.of("invalid_grant", over) from over
        if not isinstance(outcome, Redeemed):
            now.noted = True
            raise Refusal("invalid_grant", BAD_CODE)
        held = outcome.held
        issued = AccessToken.issue(held, now.client, held.scopes, audience=held.audience)
        refresh = RefreshToken.first(held) if held.refreshable else None
        audit_event.record(
            held.workspace_id, "issue_token", now.by.acting_as(consent_id=held.consent_id, user_id=held.user_id),
            entity="token_family", entity_id=held.family_id, fields={"grant": self.GRANT_TYPE, "scope": issued.scope},
        )  # fmt: skip
        return 200, token_answer(issued, refresh), []
