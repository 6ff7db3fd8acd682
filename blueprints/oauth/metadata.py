"""Discovery (RFC 8414, RFC 9728): generated from what is registered and enforced, and equal whoever asks."""

from typing import Any

from flask import Response, abort

from blueprints.oauth.answers import CACHED, as_json
from blueprints.oauth.checks import assertion, pkce
from blueprints.oauth.server import server
from models.accounts.workspace import SLUG
from models.oauth import served
from models.oauth.client_metadata import AUTH_METHODS
from models.oauth.scope import listed, listed_for_resource
from models.oauth.signing_key import SigningKey
from models.settings import settings


def authorization_server() -> Response:
    """`/.well-known/oauth-authorization-server`."""
    base = settings().base_url
    confidential = [method for method in AUTH_METHODS if method != "none"]
    body: dict[str, Any] = {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "registration_endpoint": f"{base}/oauth/register",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "jwks_uri": f"{base}/oauth/jwks",
        "scopes_supported": list(listed(served.pairs())),
        "response_types_supported": server.response_types,
        "response_modes_supported": ["query"],
        "grant_types_supported": server.grant_types,
        "code_challenge_methods_supported": list(pkce.METHODS),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(assertion.ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(assertion.ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": list(assertion.ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "service_documentation": f"{base}/support",
        "op_policy_uri": f"{base}/privacy",
        "op_tos_uri": f"{base}/terms",
    }
    return as_json(200, body, CACHED)


def protected_resource(slug: str | None = None, *, bare: bool = False) -> Response:
    """`/.well-known/oauth-protected-resource`, `…/mcp` and `…/mcp/<slug>`: each names its own URL (RFC 9728 §3.3).

    A slug that no workspace has is answered alike, so that nobody can list workspaces.
    """
    if slug is not None and not SLUG.fullmatch(slug):
        abort(404)
    base = settings().base_url
    resource = base if bare else f"{base}/mcp" + (f"/{slug}" if slug else "")
    body: dict[str, Any] = {
        "resource": resource,
        "authorization_servers": [base],
        "scopes_supported": list(listed_for_resource(served.pairs())),
        "bearer_methods_supported": ["header"],
        "resource_name": "Frontdesk",
        "resource_documentation": f"{base}/support",
    }
    return as_json(200, body, CACHED)


def jwks() -> Response:
    """`/oauth/jwks` (RFC 7517 §5): public parts only, of every key that a live token may be signed with."""
    return as_json(200, {"keys": SigningKey.published()}, CACHED)
