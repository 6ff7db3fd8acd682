"""What stands before a message: where it comes from, and the challenges of RFC 6750 and RFC 9728."""

import re
from typing import Final

from flask import Response, jsonify, request

from models.errors import Invalid
from models.oauth import api_key
from models.oauth.scope import CHALLENGE, words
from models.oauth.standing import StepUp
from models.settings import settings

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE)
TOKEN_MAX: Final = 4096
_PLAIN: Final = str.maketrans({"…": "...", "’": "'", "‘": "'", "→": ">", "“": "'", "”": "'", '"': "'", "\\": "/", "–": "-"})
_PRINTABLE: Final = frozenset(map(chr, range(0x20, 0x7F)))


def from_elsewhere() -> bool:
    """Whether a page of another origin sent this (DNS rebinding, MCP transports): programs send no Origin."""
    origin = request.headers.get("Origin")
    return origin is not None and origin.lower() not in settings().origins


def presented_token() -> str | None:
    """The token or key of the request: the Authorization header, or a key in `X-API-Key`; never the address, never a cookie.

    Something unreadable there is a token too, just not a good one: an empty string.
    """
    header = request.headers.get("Authorization")
    if header is None:
        key = request.headers.get("X-API-Key")
        return key if key is None or key.startswith(f"{api_key.PREFIX}_") else ""
    found = _BEARER.fullmatch(header) if len(header) <= TOKEN_MAX else None
    return found[1] if found is not None else ""


def plain(sentence: str) -> str:
    """RFC 6749 §5.2, RFC 6750 §3: a description holds printable ASCII without quotes and backslashes, and nothing else."""
    return "".join(letter for letter in sentence.translate(_PLAIN) if letter in _PRINTABLE)


class CutShort(Invalid):
    """The connection ended before the body did, which the server below us lets pass."""

    def __init__(self) -> None:
        super().__init__("The body is shorter than its Content-Length.")


def whole_body(*, keep: bool = False) -> bytes:
    """The body of the request, all of it; raises CutShort. `keep` leaves it to be read as a form."""
    body = request.get_data(cache=keep, parse_form_data=False)
    if request.content_length is not None and len(body) != request.content_length:
        raise CutShort
    return body


def challenge(slug: str | None, *, token_sent: bool) -> Response:
    """401: where to get a token. `error` only when one was sent (RFC 6750 §3.1)."""
    parts = [f'resource_metadata="{metadata_of(slug)}"', f'scope="{CHALLENGE}"']
    if token_sent:
        parts.insert(0, 'error="invalid_token"')
        said = "The access token is missing its mark, expired, revoked, or made for another address."
        return _refuse(401, "invalid_token", said, parts)
    return _refuse(401, "unauthorized", "Send an access token: Authorization: Bearer ...", parts)


def step_up(slug: str | None, held: str, refusal: StepUp) -> Response:
    """403: which scopes to ask for, those held under the names they were answered with first (OAUTH §1)."""
    scope = " ".join(dict.fromkeys((*words(held), refusal.scope)))
    parts = [
        'error="insufficient_scope"',
        f'scope="{scope}"',
        f'resource_metadata="{metadata_of(slug)}"',
        f'error_description="{plain(refusal.message)}"',
    ]
    return _refuse(403, "insufficient_scope", plain(refusal.message), parts)


def _refuse(status: int, error: str, description: str, parts: list[str]) -> Response:
    response = jsonify({"error": error, "error_description": description})
    response.status_code = status
    response.headers["WWW-Authenticate"] = "Bearer " + ", ".join(parts)
    return response


def metadata_of(slug: str | None) -> str:
    """The protected-resource document of the address that was called (RFC 9728 §3.1)."""
    return f"{settings().base_url}/.well-known/oauth-protected-resource/mcp{f'/{slug}' if slug else ''}"
