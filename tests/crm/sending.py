"""How the tests of pages send forms, as htmx does and as a browser does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass(frozen=True)
class Post:
    """Send a form to a page of a workspace: `post(alice, "/tags", {"name": "vip"}, htmx=True)`; the token is that of `page`."""

    submit: Callable[..., TestResponse]

    def __call__(
        self,
        browser: FlaskClient,
        path: str,
        data: dict[str, Any],
        *,
        htmx: bool = False,
        page: str = "/customers/new",
        slug: str = "lotus-spa",
    ) -> TestResponse:
        headers = HTMX if htmx else {}
        return self.submit(browser, f"/w/{slug}{path}", data, page=f"/w/{slug}{page}", headers=headers)
