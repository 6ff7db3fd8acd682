"""The two applications of the conformance runs, for gunicorn: `served:fixture()` and `served:unmodified()`.

The suite cannot send a bearer token, so a wrapper in front of the app adds the one that the run obtained (its file is named
by CONFORMANCE_TOKEN); the production checks decide on it as on any other.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app import create_app
from models.oauth import access_token
from tests.mcp.conformance.fixture import endpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WithToken:
    """Adds the run's token to every MCP request that carries none."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app
        self.token = Path(os.environ["CONFORMANCE_TOKEN"])

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/mcp") and "HTTP_AUTHORIZATION" not in environ and self.token.exists():
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token.read_text()}"
        return self.app(environ, start_response)


def unmodified() -> "WSGIApplication":
    """Frontdesk as it is."""
    return WithToken(create_app())


def fixture() -> "WSGIApplication":
    """Frontdesk with the scenarios' tools, resources and prompts in place of its own."""
    app = create_app()
    app.extensions["mcp"] = endpoint(access_token.check)
    return WithToken(app)
