"""Which browser it is: a cookie of its own, so that a kept request outlives signing out and in again (OAUTH §1)."""

from flask import Response, request

from models import opaque
from models.settings import settings


def browser() -> str | None:
    """The browser's mark, None before it was given one."""
    mark = request.cookies.get(_name(), "")
    return mark if mark.startswith("crmbr_") and len(mark) < 100 else None


def new_mark() -> str:
    """A mark for a browser that has none."""
    return opaque.make("crmbr")


def mark(response: Response, value: str) -> Response:
    """Give the browser its mark, for as long as it stays open."""
    response.set_cookie(_name(), value, secure=settings().https, httponly=True, samesite="Lax", path="/")
    return response


def _name() -> str:
    return "__Host-frontdesk-browser" if settings().https else "frontdesk-browser"
