"""RFC 6749 §4.4: an app made in Settings → API, acting as a service principal of its workspace (PRODUCT §3).

No user and no refresh token; one consent row and one standing family, which revoking the row ends.
"""

from typing import Any

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin

from blueprints.oauth.answers import Refusal
from blueprints.oauth.checks.resource import InvalidTarget, audience
from blueprints.oauth.grants.answer import token_answer
from blueprints.oauth.incoming import incoming
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.base import db, enter, savepoint
from models.oauth import served
from models.oauth.access_token import AccessToken
from models.oauth.scope import OFFLINE
from models.oauth.scope_request import NothingLeft, asked_for
from models.oauth.service_principal import ServiceDisabled, standing_family
from models.settings import settings


class ClientCredentialsGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """Issues a token to a script."""

    GRANT_TYPE = "client_credentials"

    def validate_token_request(self) -> None:
        """Its workspace, the scope within its ticked ones, and the audience."""
        sent, client = self.request.payload.data, incoming().client
        workspace = db.session.get(Workspace, client.workspace_id) if client.workspace_id is not None else None
        if workspace is None or not workspace.live:
            raise Refusal("unauthorized_client", "The workspace of this client is not open.")
        incoming().workspace_id = workspace.id
        try:
            asked = asked_for(sent.get("scope"), "client_credentials", served.pairs(), ticked=client.ticked)
            self.scopes = asked - {OFFLINE}
            named = audience(settings().base_url, sent.get("resource"))
        except NothingLeft as refusal:
            raise Refusal.of("invalid_scope", refusal) from refusal
        except InvalidTarget as bad:
            raise Refusal.of("invalid_target", bad) from bad
        if named.slug not in (None, workspace.slug):
            raise Refusal("invalid_target", "The client belongs to another workspace.")
        self.audience, self.workspace_id = named.url, workspace.id

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """A token of the standing family, unless somebody revoked its row on Connected apps."""
        now = incoming()
        enter(self.workspace_id)
        try:
            with savepoint():
                held = standing_family(now.client, self.workspace_id, now.by)
        except ServiceDisabled as disabled:
            raise Refusal.of("unauthorized_client", disabled) from disabled
        sent_scope = self.request.payload.data.get("scope")
        issued = AccessToken.issue(held, now.client, self.scopes, audience=self.audience, asked=sent_scope)
        audit_event.record(
            held.workspace_id, "issue_token", now.by.acting_as(consent_id=held.consent_id),
            entity="token_family", entity_id=held.family_id, fields={"grant": self.GRANT_TYPE, "scope": issued.scope},
        )  # fmt: skip
        return 200, token_answer(issued, None), []
