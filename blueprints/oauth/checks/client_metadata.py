"""What a client says about itself when it registers or publishes its identity (RFC 7591 §2; CIMD draft §4).

Unknown members are ignored, server-made ones (client_id, client_secret, times) too: nothing but the members of
`Sent` has a way in. URIs of logo, home, terms and policy are kept only when they are https, and never fetched.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from blueprints.oauth.checks import client_keys, client_name
from models.errors import Invalid
from models.oauth import redirect_uri
from models.oauth.client_metadata import AUTH_METHODS, RESPONSE_TYPES, AuthMethod, ClientMetadata
from models.oauth.scope import Pair
from models.oauth.scope_request import NothingLeft, kept_at_registration
from models.oauth.uri import BadUri, parse

Kind = Literal["registered", "published"]

PUBLISHED_METHODS: Final[tuple[AuthMethod, ...]] = ("none", "private_key_jwt")
GRANT_TYPES: Final = ("authorization_code", "refresh_token")
# One client asks for this when it could not read what we serve; it never uses it with us, and is answered without it.
LEFT_OUT_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"

_Line = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")]
_Names = Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=20)]


class BadMetadata(Invalid):
    """A registration error; `error` is its code of RFC 7591 §3.2.2, the message plain ASCII without any input."""

    def __init__(self, error: Literal["invalid_client_metadata", "invalid_redirect_uri"], message: str) -> None:
        super().__init__(message)
        self.error = error


def registered(sent: Mapping[str, Any], served: Collection[Pair]) -> ClientMetadata:
    """The metadata of a self-registration; raises BadMetadata. `served`: what the tools of today need of scopes."""
    return accepted(read(sent), "registered", served)


class Sent(BaseModel):
    """The members that are read, with their types; all others are ignored, a statement of software among them."""

    model_config = ConfigDict(strict=True, extra="ignore")

    redirect_uris: list[str] = []
    client_name: str | None = None
    grant_types: _Names = ["authorization_code"]
    response_types: _Names = ["code"]
    token_endpoint_auth_method: str = "none"
    scope: Annotated[str, Field(max_length=10_000)] | None = None
    client_uri: str | None = None
    logo_uri: str | None = None
    tos_uri: str | None = None
    policy_uri: str | None = None
    contacts: Annotated[list[_Line], Field(max_length=10)] = []
    software_id: _Line | None = None
    software_version: _Line | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None


def read(sent: Mapping[str, Any]) -> Sent:
    """Check the types of what was sent; raises BadMetadata. A null member counts as one that was not sent."""
    try:
        return Sent.model_validate({name: value for name, value in sent.items() if value is not None})
    except ValidationError as error:
        member = str(error.errors(include_input=False, include_url=False)[0]["loc"][0])
        if member == "redirect_uris":
            raise BadMetadata("invalid_redirect_uri", "redirect_uris must be a list of strings.") from error
        raise BadMetadata("invalid_client_metadata", f"The member {member} is malformed.") from error


def accepted(sent: Sent, kind: Kind, served: Collection[Pair]) -> ClientMetadata:
    """Apply every rule to what was sent; raises BadMetadata."""
    try:
        uris = redirect_uri.all_registrable(sent.redirect_uris)
    except redirect_uri.BadRedirectUri as error:
        raise BadMetadata("invalid_redirect_uri", error.message) from error
    try:
        method = _auth_method(sent, kind)
        return ClientMetadata(
            redirect_uris=uris,
            name=client_name.clean(sent.client_name),
            grant_types=_grant_types(sent, kind),
            auth_method=method,
            scope=_scope(sent, kind, served),
            client_uri=_https(sent.client_uri),
            logo_uri=_https(sent.logo_uri),
            tos_uri=_https(sent.tos_uri),
            policy_uri=_https(sent.policy_uri),
            contacts=tuple(sent.contacts),
            software_id=sent.software_id,
            software_version=sent.software_version,
            jwks=None if sent.jwks is None else client_keys.public_keys(sent.jwks),
            jwks_uri=sent.jwks_uri,
        )
    except (client_name.BadName, client_keys.BadKeys, NothingLeft, _Inconsistent) as error:
        raise BadMetadata("invalid_client_metadata", error.message) from error


class _Inconsistent(Invalid):
    """Members that do not go together, or a value that is not served."""


def _grant_types(sent: Sent, kind: Kind) -> tuple[str, ...]:
    """What may be registered: the code grant, with or without refresh, and its response type (RFC 7591 §2.1)."""
    asked = tuple(dict.fromkeys(name for name in sent.grant_types if name != LEFT_OUT_GRANT))
    responses = set(sent.response_types)
    if kind == "published":  # one document speaks to every server: what we do not serve is not for us
        asked = tuple(name for name in asked if name in GRANT_TYPES)
        responses &= set(RESPONSE_TYPES)
    if not set(asked) <= set(GRANT_TYPES):
        raise _Inconsistent("Only the grant types authorization_code and refresh_token can be registered.")
    if "authorization_code" not in asked or responses != set(RESPONSE_TYPES):
        raise _Inconsistent("The grant type authorization_code and the response type code are needed, together.")
    return asked


def _scope(sent: Sent, kind: Kind, served: Collection[Pair]) -> str | None:
    try:
        return " ".join(kept_at_registration(sent.scope, kind, served)) or None
    except NothingLeft:
        if kind == "published":
            return None
        raise


def _auth_method(sent: Sent, kind: Kind) -> AuthMethod:
    """The one method this client authenticates by; omitted means `none` (our choice, said in the answer)."""
    method = sent.token_endpoint_auth_method
    if method not in (AUTH_METHODS if kind == "registered" else PUBLISHED_METHODS):
        raise _Inconsistent("This token_endpoint_auth_method is not supported.")
    if sent.jwks is not None and sent.jwks_uri is not None:
        raise _Inconsistent("Send jwks or jwks_uri, not both.")
    if sent.jwks_uri is not None and _https(sent.jwks_uri) is None:
        raise _Inconsistent("jwks_uri must be an https URL.")
    if method == "private_key_jwt" and sent.jwks is None and (kind == "registered" or sent.jwks_uri is None):
        raise _Inconsistent("private_key_jwt needs its public keys in jwks.")
    return method


def _https(text: str | None) -> str | None:
    try:
        uri = parse(text)
    except BadUri:
        return None
    return uri.text if uri.scheme == "https" else None
