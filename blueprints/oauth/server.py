"""Read this first: every grant of the authorization server is registered here, and nowhere else.

Authlib's AuthorizationServer dispatches; what is true is decided in models/oauth. Metadata is derived from what is
registered, so that discovery cannot drift from behaviour.
"""

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer as FlaskAuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import Flask

from blueprints.oauth.answers import Refusal
from blueprints.oauth.grants.authorization_code import AuthorizationCodeGrant
from blueprints.oauth.grants.client_credentials import ClientCredentialsGrant
from blueprints.oauth.grants.refresh_token import RefreshTokenGrant
from blueprints.oauth.incoming import incoming


class AuthorizationServer(FlaskAuthorizationServer):  # type: ignore[misc]
    """Authlib's server, strict about requests and plain in its answers."""

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """The parameters that `checks/parameters` has read; where we are is a setting, never the request's word."""
        made = OAuth2Request("POST", "https://token", headers={})
        made.payload = BasicOAuth2Payload(incoming().parameters)
        made.client = incoming().client
        return made

    def grant_of(self, grant_type: str | None) -> Any:
        """The class that serves a grant type; raises Refusal. The caller's word for it is never echoed."""
        if grant_type is None:
            raise Refusal("invalid_request", "The parameter grant_type is missing.")
        for grant, _ in self._token_grants:
            if grant_type == grant.GRANT_TYPE:
                return grant
        raise Refusal("unsupported_grant_type", "This grant type is not supported.")

    def get_token_grant(self, request: OAuth2Request) -> Any:
        """The grant for this request, if its client may use it (RFC 6749 §5.2)."""
        grant = self.grant_of(request.payload.grant_type)
        if not request.client.allows(grant.GRANT_TYPE):
            raise Refusal("unauthorized_client", "This client may not use this grant type.")
        return grant(request, self)

    def looked_at(self) -> Any:
        """The grant of this request, which has looked at what was presented and found it good; raises OAuth2Error."""
        grant = self.get_token_grant(self.create_oauth2_request(None))
        grant.validate_token_request()
        return grant

    @property
    def grant_types(self) -> list[str]:
        """What metadata lists."""
        return [grant.GRANT_TYPE for grant, _ in self._token_grants]

    @property
    def response_types(self) -> list[str]:
        """What authorize answers."""
        return sorted({kind for grant, _ in self._authorization_grants for kind in grant.RESPONSE_TYPES})


server = AuthorizationServer()
server.register_grant(AuthorizationCodeGrant)
server.register_grant(RefreshTokenGrant)
server.register_grant(ClientCredentialsGrant)


def install(app: Flask) -> None:
    """Attach the server to an app."""
    server.init_app(app)
