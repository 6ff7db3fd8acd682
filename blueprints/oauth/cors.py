"""Which answers a page of another origin may read: discovery, keys, and the endpoints of browser clients. Never
authorize, never the portal, and never with cookies (TK16).
"""

from typing import Final

from flask import Flask, Response, request

READABLE: Final = (
    "/.well-known/", "/oauth/jwks", "/oauth/token", "/oauth/register", "/oauth/revoke", "/api/oauth/", "/token", "/register",
)  # fmt: skip
METHODS: Final = "GET, POST, PUT, DELETE, OPTIONS"
HEADERS: Final = "Authorization, Content-Type, Accept, MCP-Protocol-Version"
_DAY: Final = "86400"


def install(app: Flask) -> None:
    """Mark every answer of those addresses, errors too, and answer their preflights."""
    app.before_request(_preflight)
    app.after_request(_mark)


def _readable() -> bool:
    return request.path.startswith(READABLE)


def _preflight() -> Response | None:
    if request.method != "OPTIONS" or not _readable():
        return None
    allowed = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Allow-Headers": HEADERS, "Access-Control-Max-Age": _DAY}
    return Response(status=204, headers=allowed)


def _mark(response: Response) -> Response:
    if _readable():
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
    return response
