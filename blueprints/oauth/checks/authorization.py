"""Is this authorization request right? In the order that keeps an error from ever travelling to a stranger:
client, then redirect URI, then everything else (RFC 6749 §4.1.2.1; RFC 9700 §4.11).
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from blueprints.oauth.answers import Refusal
from blueprints.oauth.checks import pkce
from blueprints.oauth.checks.parameters import Parameters, Unreadable
from blueprints.oauth.checks.resource import InvalidTarget, audience
from models.errors import Invalid
from models.oauth import redirect_uri
from models.oauth.client import Client
from models.oauth.scope import Pair, canonical, canonical_order, words
from models.oauth.scope_request import NothingLeft, asked_for

SILENT: Final = "none"
ASKED_MAX: Final = 1000


class Unanswerable(Invalid):
    """Client or redirect URI are not proven: a page for the person here, and no redirect anywhere."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is right in every part, as it is kept while a person decides."""

    client_id: str
    redirect_uri: str
    redirect_named: bool
    state: str | None
    challenge: str
    audience: str
    slug: str | None
    scopes: tuple[str, ...]
    asked: str | None
    """The names the client used, those of them that mean something."""

    def kept(self) -> dict[str, Any]:
        """As a JSON document."""
        return {**asdict(self), "scopes": list(self.scopes)}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        """From a JSON document."""
        return cls(**{**kept, "scopes": tuple(kept["scopes"])})


def redirect_of(client: Client, sent: Parameters) -> tuple[str, bool]:
    """Where the answer goes, and whether the request named it; raises Unanswerable (RFC 6749 §3.1.2.3)."""
    try:
        named = sent.once("redirect_uri")
    except Unreadable as unreadable:
        raise Unanswerable(unreadable.message) from unreadable
    if named is None:
        only = client.only_redirect_uri
        if only is None:
            raise Unanswerable("The request does not say where the answer should go (redirect_uri).")
        return only, False
    if not redirect_uri.matches(client.redirect_uris, named):
        raise Unanswerable("The answer would go to an address that this app has not registered.")
    return named, True


def state_of(sent: Parameters) -> str | None:
    """The state, to be echoed exactly; None where it was repeated or unclean, which is an error of its own."""
    return sent.values.get("state") if "state" not in sent.repeated | sent.unclean else None


def asked(client: Client, sent: Parameters, where: tuple[str, bool], base_url: str, served: Collection[Pair]) -> Asked:
    """Everything else; raises Refusal with the redirect URI, which is proven by now."""
    uri, named = where
    state = state_of(sent)

    def refuse(error: str, reason: Invalid) -> Refusal:
        return Refusal.of(error, reason, redirect_uri=uri, state=state)

    try:
        given = {name: sent.once(name) for name in (*sent.values, *sent.repeated)}
        _response(given)
        challenge = pkce.challenge_of(given.get("code_challenge"), given.get("code_challenge_method"))
    except _Unsupported as unsupported:
        raise refuse("unsupported_response_type", unsupported) from unsupported
    except (Unreadable, pkce.BadChallenge) as bad:
        raise refuse("invalid_request", bad) from bad
    if not client.allows("authorization_code"):
        raise refuse("unauthorized_client", Invalid("This app may not use this response type."))
    try:
        target = audience(base_url, given.get("resource"))
        scopes = asked_for(given.get("scope"), client.asked_kind, served, registered=client.scope, ticked=client.ticked)
    except InvalidTarget as bad:
        raise refuse("invalid_target", bad) from bad
    except NothingLeft as nothing:
        raise refuse("invalid_scope", nothing) from nothing
    names = _names(given.get("scope"), client)
    return Asked(client.id, uri, named, state, challenge, target.url, target.slug, canonical_order(scopes), names)


def prompt_of(sent: Parameters) -> str | None:
    """`none` where the client asks for no page at all; every other word is fine, since every request gets the page."""
    found = (sent.values.get("prompt") or "").split()
    return SILENT if SILENT in found else None


class _Unsupported(Invalid):
    """`unsupported_response_type` (RFC 6749 §4.1.2.1)."""


def _response(given: dict[str, str | None]) -> None:
    kind = given.get("response_type")
    if kind is None:
        raise Unreadable("The parameter response_type is missing.")
    if kind != "code":
        raise _Unsupported("Only the response type code is supported.")
    if given.get("response_mode") not in (None, "query"):
        raise Unreadable("Only the response mode query is supported.")


def _names(scope: str | None, client: Client) -> str | None:
    """The words of `scope` that name something, so that the token answer uses the same."""
    kept = " ".join(word for word in words(scope) if canonical(word, client.ticked or ()) is not None)
    return kept[:ASKED_MAX].rsplit(" ", 1)[0] if len(kept) > ASKED_MAX else kept or None
