"""Where a browser is sent on to: always an address of ours, and never one too long to be asked for again."""

from urllib.parse import urlencode, urlsplit

from flask import current_app, request
from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestURITooLarge
from werkzeug.routing import RequestRedirect

ADDRESS_MAX = 8_000
"""Characters of path and query that the server reads in one line, with room for the rest of it (commands/edge.py)."""


def local(target: str | None) -> str:
    """The target if it is a path on this server, else nothing: whatever a browser could take for another origin is dropped."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return ""
    if any(ord(letter) < 32 for letter in target) or urlsplit(target).netloc:
        return ""
    return target


def place_of(url: str) -> tuple[str, str]:
    """The host of an address that a browser says it is at, and its path and query; nothing for what is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:  # http://[
        return "", ""
    return parts.netloc, parts.path + (f"?{parts.query}" if parts.query else "")


def and_back(address: str, back: str) -> str:
    """An address that leads on to `back` by its parameter `next`. Raises RequestURITooLarge where nobody could follow it."""
    url = f"{address}?{urlencode({'next': back})}" if back else address
    if len(url) > ADDRESS_MAX:
        raise RequestURITooLarge
    return url


def page_of_the_form() -> str:
    """The page that a POST was sent from: by its Referer, else the page that its address lies under."""
    host, page = place_of(request.headers.get("Referer", ""))
    return (local(page) if host == request.host else "") or page_above(request.path)


def page_above(path: str) -> str:
    """The nearest address above a path that can be looked at: a form's own address often cannot."""
    routes = current_app.create_url_adapter(request)
    assert routes is not None
    while path := path.rstrip("/").rpartition("/")[0]:
        for candidate in (path, f"{path}/"):
            try:
                routes.match(candidate, method="GET")
            except (NotFound, MethodNotAllowed, RequestRedirect):
                continue
            return candidate
    return "/"
