"""From an error to an answer in the endpoint's own form: a page, a fragment, or JSON.

Tool results are made in blueprints/mcp; OAuth errors in blueprints/oauth. Nothing the caller sent is echoed. Whatever is
turned away leaves one row: a door that answers for itself calls `note_refusal`, all else passes through `refused`.
"""

import logging
import traceback
from http import HTTPStatus

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from blueprints import doors, htmx
from blueprints.access import actor, forget_who_asks, is_signed_in, to_sign_in
from blueprints.htmx import go, is_htmx, stale_form
from blueprints.pages.sentences import sentence_of
from blueprints.ways import page_above
from models.accounts.throttle import TooManyGuesses
from models.activity import audit_event
from models.base import db, is_busy
from models.errors import Conflict, DomainError, Invalid, LimitReached, NotAllowed, NotFound

log = logging.getLogger(__name__)

STATUS_OF: dict[type[DomainError], int] = {
    Invalid: 422,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    LimitReached: 409,
    TooManyGuesses: 429,
}
NOTED = (403, 404, 429)
"""Which refusals by a rule are noted: what a form asks to be put right is no attack."""
JSON_ROOTS = ("/oauth/", "/api/", "/.well-known/", "/mcp", "/token", "/register", "/webhooks/", "/healthz", "/readyz")
PAGES_AMONG_THEM = ("/oauth/authorize", "/oauth/consent")
OAUTH_ERRORS = {429: "temporarily_unavailable", 500: "server_error", 503: "temporarily_unavailable"}

SENTENCES = {
    400: "Something in the request was missing or malformed. Go back and try again.",
    403: "Your account may not do this.",
    404: "The page or record does not exist, or it is not yours to see.",
    405: "This address answers to other kinds of requests.",
    413: "What was sent is larger than this address accepts.",
    414: "The address is too long. Go back to where you came from and try with a shorter one.",
    415: "This address accepts another content type.",
    421: "This server does not answer for that host name.",
    429: "Wait a little and try again.",
    500: "The error was logged. Nothing was changed; try again.",
    503: "The database is busy. Try again in a moment.",
}


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _fault)


def refused(status: int, message: str | None = None, *, code: str | None = None, **fields: object) -> Response:
    """Turn a request away: one row of what was tried, and the answer in the form of the address."""
    note_refusal("send_request", status=status, **fields)
    return answer(status, message, code=code)


def note_refusal(verb: str, **fields: object) -> None:
    """Leave the one row of this request's refusal: in the trail of the workspace whose member or app asked, else among
    the security events.

    `fields` hold codes of ours, nothing that was sent. Never inside `writing()`. A database that cannot take the row
    changes no answer.
    """
    if g.get("refusal_noted", False):
        return
    g.refusal_noted = True
    told = {name: value for name, value in {"endpoint": request.endpoint, **fields}.items() if value is not None}
    outcome: audit_event.Outcome = "not_found" if fields.get("status") == 404 else "refused"
    try:
        known = g.get("standing")
        by, place = (known.actor, known.workspace.id) if known is not None else (actor(), _workspace_of_the_seat())
        audit_event.note_refusal(verb, by, told, workspace_id=place, outcome=outcome)
    except SQLAlchemyError:
        log.exception("a refusal at %s could not be noted", request.endpoint)


def _workspace_of_the_seat() -> int | None:
    seat = g.get("seat")
    return seat.workspace_id if seat is not None else None


def answer(status: int, message: str | None = None, *, code: str | None = None) -> Response:
    """The error answer of the address that was called, in its own form, never cached."""
    sentence = message or SENTENCES.get(status) or HTTPStatus(status).phrase
    if speaks_json():
        error = code or OAUTH_ERRORS.get(status, "invalid_request")
        response = jsonify({"error": error, "error_description": doors.plain(sentence)})
        response.headers["Pragma"] = "no-cache"
    elif is_htmx():
        return htmx.refused(sentence, status)
    else:
        response = make_response(_page(status, message))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(status: int, message: str | None) -> str:
    """The page, with the menu of whoever is signed in unless the database cannot say who that is."""
    try:
        return render_template("errors/error.html", status=status, message=message)
    except SQLAlchemyError:
        log.exception("an error page was made for nobody")
        forget_who_asks()
        return render_template("errors/error.html", status=status, message=message)


def speaks_json() -> bool:
    """Whether the address called is one that programs call."""
    return is_for_programs(request.path)


def is_for_programs(path: str) -> bool:
    """Whether programs call this address, so that its errors are JSON."""
    return path.startswith(JSON_ROOTS) and not path.startswith(PAGES_AMONG_THEM)


def _domain_error(error: DomainError) -> Response:
    status = next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)
    say = refused if status in NOTED else answer
    response = say(status, error.message if speaks_json() else sentence_of(error), code=error.code)
    if isinstance(error, TooManyGuesses):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _csrf_error(error: CSRFError) -> Response:
    if _sign_in_ended():
        return to_sign_in()
    note_refusal("send_request", status=400, error="csrf")
    if is_htmx():
        return stale_form()
    return answer(400, "This page was open for too long or came from elsewhere. Load it again and repeat.")


def _sign_in_ended() -> bool:
    """Whether the form is one for people who are signed in, and nobody is any more: its token went with the sign-in."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "asks", None) is not None and not is_signed_in()


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return Response(status=error.response.status_code, headers=dict(error.response.headers))
    if isinstance(error, MethodNotAllowed) and request.method in ("GET", "HEAD") and not speaks_json():
        return go(page_above(request.path))  # a form's own address, loaded again or taken from the history
    status = error.code or 500
    said = error.description if error.description != type(error).description else None
    response = (refused if 400 <= status < 500 else answer)(status, said)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _database_error(error: SQLAlchemyError) -> Response:
    """A database that is busy is said to be; any other error of it is a fault of ours."""
    busy = is_busy(error)
    db.session.rollback()
    said = str(getattr(error, "orig", error)).partition("\n")[0]  # PostgreSQL's second line quotes the row
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("database error on %s %s: %s\n%s", request.method, request.url_rule, said, where)
    response = answer(503 if busy else 500)
    if busy:
        response.headers["Retry-After"] = "1"
    return response


def _fault(error: Exception) -> Response:
    db.session.rollback()
    log.exception("unexpected error on %s %s", request.method, request.url_rule)
    return answer(500)
