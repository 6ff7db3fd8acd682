"""`POST /oauth/register` (RFC 7591) and `/oauth/register/<client_id>` (RFC 7592, for confidential registrations)."""

from typing import Any, Final

from flask import Response, request

from blueprints import doors
from blueprints.oauth.answers import Refusal, as_json, refused
from blueprints.oauth.checks.client_json import BadJson, TooLarge, read_object
from blueprints.oauth.checks.client_metadata import BadMetadata, registered
from blueprints.oauth.reading import calling
from models import opaque
from models.accounts import throttle
from models.accounts.throttle import TooManyGuesses
from models.activity import audit_event
from models.base import writing
from models.oauth import served
from models.oauth.block import Blocked
from models.oauth.client import Client
from models.oauth.client_metadata import ClientMetadata
from models.oauth.redirect_uri import BadRedirectUri
from models.oauth.registration import Registered, TooManyRegistrations, register, update_registration
from models.settings import settings

INVALID: Final = "registration"
_BEARER: Final = "bearer "


def new_registration() -> Response:
    """Register an app, or recognise one that registers anew (OAUTH §1, Self-registration)."""
    by = calling()
    try:
        throttle.check(INVALID, by.address)
        metadata = _metadata()
        with writing():
            made = register(metadata, by)
            return as_json(201, _answer(made, metadata))
    except Refusal as refusal:
        return _refused(refusal)
    except (TooManyRegistrations, TooManyGuesses) as many:
        return _refused(Refusal("temporarily_unavailable", many.message, status=429, retry_after=many.retry_after))
    except Blocked as blocked:
        return _refused(Refusal.of("invalid_client_metadata", blocked))


def read_registration(client_id: str) -> Response:
    """RFC 7592 §2.1."""
    client = _managed(client_id)
    return _not_yours() if client is None else as_json(200, _told(client))


def change_registration(client_id: str) -> Response:
    """RFC 7592 §2.2: replaces the whole; what the server decides (id, age, blocks) is not the client's to say."""
    client = _managed(client_id)
    if client is None:
        return _not_yours()
    try:
        metadata = _metadata(client)
        if metadata.auth_method != client.auth_method:
            raise Refusal("invalid_client_metadata", "The authentication method of a client cannot change; register a new one.")
        with writing():
            live = Client.registered(client_id)
            if live is not None:
                update_registration(live, metadata, calling())
        return as_json(200, _told(live)) if live is not None else _not_yours()
    except Refusal as refusal:
        return _refused(refusal)
    except Blocked as blocked:
        return _refused(Refusal.of("invalid_client_metadata", blocked))


def delete_registration(client_id: str) -> Response:
    """RFC 7592 §2.3: all its tokens die at their next call."""
    if _managed(client_id) is None:
        return _not_yours()
    with writing():
        client = Client.registered(client_id)
        if client is not None:
            client.revoke(calling())
    return as_json(204, None)


def _metadata(update_of: Client | None = None) -> ClientMetadata:
    """The body, checked; raises Refusal. An update must repeat its client id and may repeat its secret (RFC 7592 §2.2)."""
    if request.mimetype != "application/json":
        raise Refusal("invalid_client_metadata", "Send application/json.", status=415)
    try:
        sent = read_object(doors.whole_body())
        if update_of is not None:
            _names_itself(sent, update_of)
        return registered(sent, served.pairs())
    except BadMetadata as bad:
        raise Refusal.of(bad.error, bad) from bad
    except BadRedirectUri as bad:
        raise Refusal.of("invalid_redirect_uri", bad) from bad
    except TooLarge as large:
        raise Refusal.of("invalid_client_metadata", large, status=413) from large
    except (BadJson, doors.CutShort) as bad:
        raise Refusal.of("invalid_client_metadata", bad) from bad


def _names_itself(sent: dict[str, Any], client: Client) -> None:
    """Whether an update's id and secret, if there is one, are this client's; raises BadJson."""
    if sent.get("client_id") != client.id:
        raise BadJson("An update must hold the client_id.")
    secret = sent.get("client_secret")
    if secret is not None and not (isinstance(secret, str) and client.has_secret(secret)):
        raise BadJson("The client_secret is not the one of this client.")


def _answer(made: Registered, metadata: ClientMetadata) -> dict[str, Any]:
    """RFC 7591 §3.2.1: what is stored, a shared client's as its first registrant said it; only the redirect URIs are
    this request's, whose loopback ports may differ."""
    client = made.client
    answer = {**_stored(client), "redirect_uris": list(metadata.redirect_uris)}
    if made.secret is not None:
        answer |= {"client_secret": made.secret, "client_secret_expires_at": 0}
    if made.registration_token is not None:
        answer |= {"registration_access_token": made.registration_token, "registration_client_uri": _uri(client)}
    return answer


def _told(client: Client) -> dict[str, Any]:
    """What a registration stands at now; the secret was told once."""
    return {**_stored(client), "registration_client_uri": _uri(client)}


def _stored(client: Client) -> dict[str, Any]:
    members = {
        "redirect_uris": list(client.redirect_uris), "grant_types": list(client.grant_types), "response_types": ["code"],
        "token_endpoint_auth_method": client.auth_method, "scope": client.scope, "jwks": client.keys,
        "jwks_uri": client.keys_uri, **(client.about or {}),
    }  # fmt: skip
    return {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        **{name: value for name, value in members.items() if value is not None},
    }


def _uri(client: Client) -> str:
    return f"{settings().base_url}/oauth/register/{client.id}"


def _managed(client_id: str) -> Client | None:
    """The client whose registration access token was sent; None for a stranger's, a blocked or a revoked one."""
    client = Client.known(client_id)
    header = request.headers.get("Authorization", "")
    token = header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""
    right = opaque.same(token, client.registration_token_hash if client and client.registration_token_hash else "-")
    return client if client is not None and client.live and right else None


def _not_yours() -> Response:
    """401 alike for no token, a wrong one and no such client (RFC 7592 §2)."""
    response = refused(Refusal("invalid_token", "Send the registration access token of this client.", status=401))
    response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    _note("manage_client", "invalid_token")
    return response


def _refused(refusal: Refusal) -> Response:
    _note("register_client", refusal.error, counts=refusal.status_code in (400, 413, 415))
    return refused(refusal)


def _note(verb: str, error: str | None, *, counts: bool = False) -> None:
    by = calling()
    with writing(relaxed=True):
        if counts:
            throttle.count(INVALID, by.address)
        audit_event.record_security(verb, "refused", by, {"error": error})
