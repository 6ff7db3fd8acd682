"""One address, two answers: a whole page for a browser, a fragment for htmx 4.

Every view answers in one of two ways: `page_or_fragment` for a look, `changed` for a change. The rest of this file
says the same things (gone elsewhere, refused, signed out) to both kinds of caller.

htmx 4 swaps 4xx answers and fetch() follows redirects unseen, so an htmx request never gets a 303, and an error
carries its sentence out of band with nothing to swap.
"""

from typing import Any

from flask import Response, make_response, redirect, render_template, request

from blueprints.ways import and_back, local, place_of

STATUS = "_status.html"


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page; a request for the whole body says `full`."""
    return is_htmx() and request.headers.get("HX-Request-Type") == "partial"


def is_htmx() -> bool:
    """Whether htmx sent this request."""
    return request.headers.get("HX-Request") == "true"


def page_or_fragment(page: str, fragment: str, /, **context: Any) -> Response:
    """The page, or only the fragment that the page itself includes."""
    return _private(make_response(render_template(fragment if wants_fragment() else page, **context)))


def unprocessable(page: str, fragment: str, /, **context: Any) -> Response:
    """The same form again with its errors: 422, which htmx swaps like a 200."""
    response = page_or_fragment(page, fragment, **context)
    response.status_code = 422
    return response


def changed(fragment: str | None, /, *, back_to: str, **context: Any) -> Response:
    """What a change answers: 303 to `back_to`, or to htmx the fragment with the flashed messages out of band.

    Without a fragment only the messages are sent: the row vanishes by its own `data-hx-swap="delete"`.
    """
    if not wants_fragment():
        return go(back_to)
    body = render_template(fragment, **context) if fragment else ""
    return _private(make_response(body + render_template(STATUS)))


def go(url: str, /) -> Response:
    """On to another page: 303, or to htmx 204 with the address in `HX-Redirect`."""
    if is_htmx():
        return _private(Response(status=204, headers={"HX-Redirect": url}))
    response = redirect(url, code=303, Response=Response)
    assert isinstance(response, Response)
    return _private(response)


def refused(sentence: str, code: int, /) -> Response:
    """An error answered to htmx: the sentence in the status line, nothing swapped (blueprints/errors.py decides when)."""
    response = _private(make_response(render_template(STATUS, sentence=sentence), code))
    response.headers["HX-Reswap"] = "none"
    return response


def signed_out(login_url: str, /) -> Response:
    """The sign-in ended while a page stood open: 401, and the browser goes to sign in and back to that page."""
    _, page = place_of(request.headers.get("HX-Current-URL", ""))
    return _private(Response(status=401, headers={"HX-Redirect": and_back(login_url, local(page))}))


def stale_form() -> Response:
    """The CSRF token no longer holds: 400, and the page is loaded again with a fresh one."""
    return _private(Response(status=400, headers={"HX-Refresh": "true"}))


def _private(response: Response) -> Response:
    """Never cached, and told apart by both headers that choose between page and fragment."""
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response
