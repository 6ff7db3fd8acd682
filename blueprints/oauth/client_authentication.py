"""Which client is calling: `none`, secrets by Basic or body, signed assertions; only by the method it registered.

Done before the endpoint's transaction: a key may have to be fetched, and an assertion is taken note of in a short
transaction of its own.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from blueprints.oauth.answers import NotAuthenticated, Refusal
from blueprints.oauth.checks import assertion as assertions
from blueprints.oauth.checks.published_identity import BadIdentity
from blueprints.oauth.identity import keys_of
from models.base import writing
from models.oauth.assertion_jti import remember_assertion
from models.oauth.client import Client
from models.oauth.client_metadata import Jwks
from models.settings import settings

SECRETS: Final = ("client_secret_basic", "client_secret_post")
_HEADER_MAX: Final = 6_000


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request says about its client."""

    client_id: str | None
    basic_secret: str | None
    body_secret: str | None
    assertion: str | None


def authenticate(header: str | None, parameters: dict[str, str], *, address: str | None) -> tuple[Client, str]:
    """The client of a request and the method it registered and used; raises Refusal.

    Basic and body credentials together are tolerated when they agree, as one widespread client sends both.
    """
    presented = _presented(header, parameters)
    if presented.client_id is None:
        raise NotAuthenticated("Say which client this is: client_id, or HTTP Basic.")
    client = Client.known(presented.client_id)
    secret = presented.basic_secret or presented.body_secret
    right = Client.is_secret_of(client, secret) if secret is not None else False
    if client is None or not client.live:
        raise NotAuthenticated("This client is not known here.")
    if presented.assertion is not None:
        _prove_assertion(client, presented.assertion, address)
        return client, "private_key_jwt"
    if secret is None:
        if client.auth_method != "none":
            raise NotAuthenticated("This client must authenticate.")
        return client, "none"
    _prove_secret(client, right, presented)
    return client, client.auth_method


def _presented(header: str | None, parameters: dict[str, str]) -> Presented:
    basic_id, basic_secret = _basic(header)
    body_id, body_secret = parameters.get("client_id"), parameters.get("client_secret")
    assertion = parameters.get("client_assertion")
    if assertion is not None or "client_assertion_type" in parameters:
        if parameters.get("client_assertion_type") != assertions.TYPE or assertion is None:
            raise Refusal("invalid_request", "client_assertion needs the client_assertion_type of RFC 7523.")
        if header is not None or body_secret is not None:
            raise Refusal("invalid_request", "Use one way to authenticate, not two.")
        return Presented(_same(body_id, assertions.claimed_client(assertion)), None, None, assertion)
    return Presented(_same(basic_id, body_id), _same(basic_secret, body_secret) if basic_secret else None, body_secret, None)


def _same(one: str | None, other: str | None) -> str | None:
    if one is not None and other is not None and one != other:
        raise Refusal("invalid_request", "The request names two clients, or two secrets.")
    return one if one is not None else other


def _basic(header: str | None) -> tuple[str | None, str | None]:
    """Id and secret of an Authorization header, form-decoded (RFC 6749 §2.3.1). The scheme's case does not count."""
    if header is None:
        return None, None
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > _HEADER_MAX:
        raise NotAuthenticated("The Authorization header must be HTTP Basic here.")
    try:
        decoded = base64.b64decode(encoded.strip().encode("ascii"), validate=True).decode("utf-8")
        client_id, colon, secret = decoded.partition(":")
        client_id, secret = (unquote_plus(part, errors="strict") for part in (client_id, secret))
    except (binascii.Error, ValueError) as error:
        raise NotAuthenticated("The HTTP Basic credentials cannot be read.") from error
    if not colon or not client_id:
        raise NotAuthenticated("The HTTP Basic credentials cannot be read.")
    return client_id, secret or None


def _prove_secret(client: Client, right: bool, presented: Presented) -> None:
    """A client made here or by the operator may use either way; a self-registered one the way it registered."""
    method = "client_secret_basic" if presented.basic_secret else "client_secret_post"
    either = client.kind in ("created", "static") and client.auth_method in SECRETS
    both = presented.basic_secret is not None and presented.body_secret is not None
    if client.auth_method not in SECRETS or not (either or both or client.auth_method == method):
        raise NotAuthenticated("This client must authenticate by the method it registered.")
    if not right:
        raise NotAuthenticated("The client secret is wrong.", guess=True)


def _prove_assertion(client: Client, assertion: str, address: str | None) -> None:
    audiences = (settings().base_url, f"{settings().base_url}/oauth/token")
    try:
        proven = assertions.verified(assertion, _keys(client, address), client.id, audiences)
    except assertions.BadAssertion as bad:
        raise NotAuthenticated(bad.message, guess=True) from bad
    with writing():
        is_new = remember_assertion(client.id, proven.jti, proven.expires_at)
    if not is_new:
        raise NotAuthenticated("The client assertion was used before.")


def _keys(client: Client, address: str | None) -> Jwks:
    """The client's public keys: registered with it; a published identity's are what it says now, not when somebody came by."""
    if client.kind == "published":
        try:
            return keys_of(client.id, address)
        except BadIdentity as bad:
            raise NotAuthenticated("The keys of this client could not be read.") from bad
    if client.auth_method != "private_key_jwt":
        raise NotAuthenticated("This client must authenticate by the method it registered.")
    keys: Jwks = client.keys or {"keys": []}
    return keys
