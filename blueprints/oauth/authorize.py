"""`GET /oauth/authorize` and the decision (RFC 6749 §4.1, RFC 9207): asked every time, of every client.

Once somebody is signed in, the request is kept here and the page holds only its handle; hidden fields decide nothing.
"""

from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Response, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestURITooLarge

from blueprints import doors
from blueprints.access import acting, actor, csrf, is_signed_in, to_sign_in, user
from blueprints.headers import consent_page
from blueprints.oauth import consent_form
from blueprints.oauth.answers import Refusal
from blueprints.oauth.asking_client import SignInFirst, asking_client, refuse_blocked
from blueprints.oauth.browser import browser, mark, new_mark
from blueprints.oauth.checks.authorization import SILENT, Asked, Unanswerable, asked, prompt_of, redirect_of, state_of
from blueprints.oauth.checks.parameters import Unreadable, of_text
from blueprints.pages.sentences import sentence_of
from models.accounts.sign_in import SignedOut
from models.activity import audit_event
from models.base import writing
from models.errors import NotAllowed
from models.oauth import served
from models.oauth.authorization_request import AuthorizationRequest
from models.oauth.client import Client
from models.oauth.redirect_uri import matches
from models.settings import settings

VERB = "authorize"
TIME_UP = "This request was answered already, or its ten minutes are over. Go back to the app and connect again."
TOO_LONG = "The app's request is too long to be kept while you sign in. Sign in here first, then connect again from the app."


def authorize() -> ResponseReturnValue:
    """Check the request, ask for a sign-in, keep the request, and show the page."""
    consent_page()
    try:
        sent = of_text(request.query_string)
        silent = prompt_of(sent) == SILENT
        client = asking_client(sent, silent=silent)
        where = redirect_of(client, sent)
        refuse_blocked(client, where[0])
        wanted = asked(client, sent, where, settings().base_url, served.pairs())
        if silent:
            needed = "consent_required" if is_signed_in() else "login_required"
            raise Refusal(needed, "This server always asks the person.", redirect_uri=where[0], state=state_of(sent))
    except SignInFirst:
        return _sign_in_first()
    except (Unanswerable, Unreadable) as unanswerable:
        return _page_of_refusal(unanswerable.message)
    except OAuth2Error as refusal:
        _note(refusal.error, client.id)
        return back_to_client(refusal.redirect_uri, refusal.state, error=refusal.error, error_description=refusal.description)
    if not is_signed_in():
        return _sign_in_first()
    return _ask(client, wanted)


def resume(handle: str) -> ResponseReturnValue:
    """The page of a kept request again: after a sign-in, a switch of accounts, a reload."""
    consent_page()
    kept = AuthorizationRequest.of_browser(handle, browser())
    if kept is None:
        return _page_of_refusal(TIME_UP)
    if not is_signed_in():
        return to_sign_in(url_for("oauth.resume", handle=handle))
    wanted = Asked.of(kept.asked)
    client = _still(wanted, Client.known(wanted.client_id))
    if client is None:
        return _page_of_refusal(TIME_UP)
    _show_to_this_user(handle)
    return consent_form.page(handle, wanted, client, user())


def decide(handle: str) -> ResponseReturnValue:
    """Authorize or Deny. A form from elsewhere, another person's or an old one decides nothing."""
    consent_page()
    try:
        doors.whole_body(keep=True)
    except doors.CutShort:
        return _page_of_refusal("The form did not arrive whole. Go back and send it again.")
    kept = AuthorizationRequest.of_browser(handle, browser())
    if kept is None:
        return _page_of_refusal(TIME_UP)
    if not is_signed_in():
        return to_sign_in(url_for("oauth.resume", handle=handle))
    wanted = Asked.of(kept.asked)
    client = _still(wanted, Client.known(wanted.client_id))
    if client is None:
        return _page_of_refusal(TIME_UP)
    if kept.user_id != user().id:
        _show_to_this_user(handle)
        return consent_form.page(handle, wanted, client, user(), switched=True)
    csrf.protect()  # type: ignore[no-untyped-call]
    decision = request.form.get("decision")
    if decision not in ("authorize", "deny"):
        return _page_of_refusal("Press Authorize or Deny.")
    try:
        return _deny(handle, wanted) if decision == "deny" else _authorize(handle, wanted)
    except SignedOut:
        return to_sign_in(url_for("oauth.resume", handle=handle))
    except NotAllowed as refused:
        return _page_of_refusal(sentence_of(refused), 403)


def back_to_client(redirect_uri: str, state: str | None, **answer: str) -> Response:
    """The answer in the redirect URI's query, with `state` verbatim and `iss` (RFC 9207); 303 to a form's POST."""
    said = {**answer, **({"state": state} if state is not None else {}), "iss": settings().base_url}
    separator = "&" if "?" in redirect_uri else "?"
    status = 303 if request.method == "POST" else 302
    headers = {"Location": f"{redirect_uri}{separator}{urlencode(said)}", "Cache-Control": "no-store"}
    return Response(status=status, headers=headers)


def _sign_in_first() -> Response:
    """To the sign-in and back to this request, unless the address that leads back would be too long to be read."""
    try:
        return to_sign_in()
    except RequestURITooLarge:
        return _page_of_refusal(TOO_LONG, 414)


def _ask(client: Client, wanted: Asked) -> Response:
    person = user().id
    own = browser() or new_mark()
    with writing():
        handle = AuthorizationRequest.keep(own, client.id, person, wanted.kept())
    return mark(consent_form.page(handle, wanted, client, user()), own)


def _still(wanted: Asked, client: Client | None) -> Client | None:
    """The client, if it is live and has not taken the redirect URI back since it asked."""
    stands = client is not None and client.live and matches(client.redirect_uris, wanted.redirect_uri)
    return client if stands else None


def _show_to_this_user(handle: str) -> None:
    person = user().id
    with writing():
        kept = AuthorizationRequest.of_browser(handle, browser())
        if kept is not None:
            kept.show_to(person)


def _deny(handle: str, wanted: Asked) -> Response:
    with acting() as by:
        taken = _still(wanted, Client.hold(wanted.client_id)) is not None and _take(handle)
        if taken:
            audit_event.record_security(VERB, "denied", by.acting_as(client_id=wanted.client_id))
    if not taken:
        return _page_of_refusal(TIME_UP)
    said = {"error": "access_denied", "error_description": "The person denied the request."}
    return back_to_client(wanted.redirect_uri, wanted.state, **said)


def _authorize(handle: str, wanted: Asked) -> ResponseReturnValue:
    """What the form says is held against what may be offered inside the transaction that gives it."""
    code = None
    with acting() as by:
        client = _still(wanted, Client.hold(wanted.client_id))
        choice = consent_form.read(request.form, wanted, client, user()) if client is not None else None
        if client is not None and choice is not None and choice.right and _take(handle):
            code = consent_form.give(choice, wanted, client, by)
    if code is not None:
        return back_to_client(wanted.redirect_uri, wanted.state, code=code)
    if client is None or choice is None or choice.right:
        return _page_of_refusal(TIME_UP)
    if choice.refused is not None:
        return _page_of_refusal(choice.refused, 403)
    return consent_form.page(handle, wanted, client, user(), chosen=choice.again, status=422)


def _take(handle: str) -> bool:
    """Take the one decision of a kept request; False where it was taken before."""
    kept = AuthorizationRequest.of_browser(handle, browser())
    return kept is not None and kept.decide()


def _page_of_refusal(sentence: str, status: int = 400) -> Response:
    """A page without a Location: nobody but the person here learns of it."""
    _note("invalid_request", None)
    response = make_response(render_template("oauth/refused.html", sentence=sentence), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _note(error: str, client_id: str | None) -> None:
    g.refusal_noted = True  # the one row of this request
    audit_event.note_refusal(VERB, actor().acting_as(client_id=client_id), {"error": error})
