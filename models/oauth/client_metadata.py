"""What a client says about itself, accepted (RFC 7591 §2), and what makes two of them the same app."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from models.oauth import redirect_uri
from models.oauth.scope import Kind

AuthMethod = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
AUTH_METHODS: Final[tuple[AuthMethod, ...]] = get_args(AuthMethod)
RESPONSE_TYPES: Final = ("code",)
Jwks = dict[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """The accepted metadata of one client. `scope` holds the names that stay, as they were spelled."""

    redirect_uris: tuple[str, ...]
    name: str | None
    grant_types: tuple[str, ...]
    auth_method: AuthMethod
    scope: str | None = None
    client_uri: str | None = None
    logo_uri: str | None = None
    tos_uri: str | None = None
    policy_uri: str | None = None
    contacts: tuple[str, ...] = ()
    software_id: str | None = None
    software_version: str | None = None
    jwks: Jwks | None = None
    jwks_uri: str | None = None

    @property
    def title(self) -> str:
        """What to call the client on a page: its own name, else where its first answer goes."""
        return self.name or redirect_uri.destination(self.redirect_uris[0]).shown

    @property
    def registration_digest(self) -> str:
        """The parts of a self-registered app's fingerprint and the scope: equal public registrations share one client."""
        return _digest([*self._identity(), sorted((self.scope or "").split())])

    def fingerprint(self, kind: Kind, client_id: str) -> str:
        """Which app this is, for the quarantine clock."""
        return fingerprint_of(kind, client_id, self.title, self.redirect_uris, self.grant_types, self.auth_method)

    def about(self) -> dict[str, Any]:
        """What it says of itself beyond the columns of its row, without members that are not set."""
        told = ("client_uri", "logo_uri", "tos_uri", "policy_uri", "contacts", "software_id", "software_version", "client_name")
        return {name: value for name, value in self.members().items() if name in told}

    def members(self) -> dict[str, Any]:
        """The members of a registration's answer (RFC 7591 §3.2.1), without those that are not set."""
        members: dict[str, Any] = {
            "redirect_uris": list(self.redirect_uris),
            "client_name": self.name,
            "grant_types": list(self.grant_types),
            "response_types": list(RESPONSE_TYPES),
            "token_endpoint_auth_method": self.auth_method,
            "scope": self.scope,
            "client_uri": self.client_uri,
            "logo_uri": self.logo_uri,
            "tos_uri": self.tos_uri,
            "policy_uri": self.policy_uri,
            "contacts": list(self.contacts) or None,
            "software_id": self.software_id,
            "software_version": self.software_version,
            "jwks": self.jwks,
            "jwks_uri": self.jwks_uri,
        }
        return {name: value for name, value in members.items() if value is not None}

    def _identity(self) -> list[Any]:
        return _identity(self.name, self.redirect_uris, self.grant_types, self.auth_method)


def fingerprint_of(
    kind: Kind, client_id: str, name: str, redirect_uris: Collection[str], grant_types: Collection[str], auth_method: str
) -> str:
    """Same name, redirect URIs (a set, no loopback ports), grant types and method: the same app (PRODUCT §3, Quarantine).

    And of the same kind, a published one by the same host: anybody can copy the rest, loopback URIs above all, and would
    inherit the first day of an app that nobody had to wait for.
    """
    publisher = urlsplit(client_id).netloc if kind == "published" else None
    return _digest([kind, publisher, *_identity(name, redirect_uris, grant_types, auth_method)])


def _identity(
    name: str | None, redirect_uris: Collection[str], grant_types: Collection[str], auth_method: str
) -> list[Any]:
    uris = sorted({redirect_uri.without_loopback_port(uri) for uri in redirect_uris})
    return [name, uris, sorted(set(grant_types)), auth_method]


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
