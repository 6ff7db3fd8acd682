"""Answers that programs read: ASCII JSON, never cached, and refusals of RFC 6749 §5.2 in one form."""

import json
from typing import Any, Final

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Response

from blueprints.doors import plain
from models.errors import DomainError

NEVER: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CACHED: Final = {"Cache-Control": "public, max-age=300"}


class Refusal(OAuth2Error):  # type: ignore[misc]
    """An OAuth error. With `redirect_uri` it goes back to the client, else it is answered here.

    `guess` marks a value that nobody could have had from us: a wrong secret, an unknown code or token. Only those
    count against the address.
    """

    def __init__(
        self,
        error: str,
        description: str,
        *,
        status: int = 400,
        redirect_uri: str | None = None,
        state: str | None = None,
        guess: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(plain(description), error=error, status_code=status, redirect_uri=redirect_uri, state=state)
        self.guess = guess
        self.retry_after = retry_after

    @classmethod
    def of(cls, error: str, reason: DomainError, **more: Any) -> "Refusal":
        """The OAuth error that a rule's refusal is on the wire."""
        return cls(error, reason.message, **more)


class NotAuthenticated(Refusal):
    """`invalid_client`: nobody we know, or not by the method it registered (RFC 6749 §5.2)."""

    def __init__(self, description: str, *, guess: bool = False) -> None:
        super().__init__("invalid_client", description, status=401, guess=guess)


def as_json(status: int, body: dict[str, Any] | None, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer in ASCII; without `headers` never cached. None is an empty body."""
    text = "" if body is None else json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    response = Response(text, status=status, content_type="application/json")
    response.headers.update(NEVER if headers is None else headers)
    return response


def refused(error: OAuth2Error) -> Response:
    """An error as JSON; a 401 names the scheme, a 429 the seconds to wait."""
    response = as_json(error.status_code or 400, {"error": error.error, "error_description": error.description or ""})
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Frontdesk"'
    if getattr(error, "retry_after", None):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
