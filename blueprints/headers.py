"""Security headers of every answer: an HTML page may load our own styles and two scripts, and nothing else.

The script hashes in `script-src` equal the `integrity` attributes in the page, so the policy admits these bytes and
no other; they are computed from the file when the program starts. `Integrity-Policy` refuses, without a word, any
script that lacks `integrity` or `crossorigin="anonymous"`.

Two things are left out on purpose. `form-action` on the consent page: Chromium applies it to the whole redirect
chain, and a client's callback may hop on to another origin. `Cross-Origin-Opener-Policy` anywhere: a client that
opened consent in a popup would never hear from it again.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha384
from pathlib import Path
from typing import NamedTuple

from flask import Flask, Response, g, request, url_for

HTMX_URL = "https://cdn.jsdelivr.net/npm/htmx.org@4.0.1/dist/htmx.min.js"
HTMX_INTEGRITY = "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn"
STYLES = ("tokens", "base", "page", "button", "form", "table", "card", "badge", "callout", "menu", "print")
"""Every page's sheets, in order; a layout adds its own (shell, counter, public), and a page what it names in `sheets`."""

_SHARED = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_YEAR = "public, max-age=31536000, immutable"


class Script(NamedTuple):
    """A script tag: its address and the hash of its bytes."""

    url: str
    integrity: str


def install(app: Flask) -> None:
    """Put the headers on every answer, and `stylesheets()` and `scripts()` into every template."""
    static = Path(app.static_folder or "")
    integrity = f"sha384-{b64encode(sha384((static / 'app.js').read_bytes()).digest()).decode()}"
    versions = {
        path.relative_to(static).as_posix(): sha384(path.read_bytes()).hexdigest()[:10]
        for path in static.rglob("*")
        if path.is_file()
    }
    page = _policy(
        {**_SHARED, "script-src": f"'{HTMX_INTEGRITY}' '{integrity}'", "connect-src": "'self'", "form-action": "'self'"}
    )
    consent = _policy({**_SHARED, "script-src": "'none'"})

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=versions[name])

    def stylesheets(*more: str) -> list[str]:
        return [asset(f"css/{name}.css") for name in (*STYLES, *more)]

    def scripts() -> list[Script]:
        return [Script(HTMX_URL, HTMX_INTEGRITY), Script(asset("app.js"), integrity)]

    app.jinja_env.globals.update(asset=asset, stylesheets=stylesheets, scripts=scripts)

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer" if _is_consent() else "same-origin"
        if response.mimetype != "text/html":
            headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
            if request.endpoint == "static" and request.args.get("v") == versions.get(_static_name()):
                headers["Cache-Control"] = _YEAR
            return response
        headers["Content-Security-Policy"] = consent if _is_consent() else page
        headers["Integrity-Policy"] = "blocked-destinations=(script)"
        headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("HX-Request", "HX-Request-Type"))
        return response


def consent_page() -> None:
    """Mark this answer as the consent page: no script, no `form-action`, no referrer. Call it in the view, on every path."""
    g.consent_page = True


def _is_consent() -> bool:
    return bool(g.get("consent_page", False))


def _static_name() -> str:
    return str((request.view_args or {}).get("filename", ""))


def _policy(directives: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())
