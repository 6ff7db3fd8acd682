"""Connected apps: every app the user allowed, over all workspaces, and every app of the workspaces they manage (PRODUCT §7)."""

from flask import abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints.access import acting, show_times_in, signed_in, user
from blueprints.htmx import changed, go, page_or_fragment
from blueprints.portal.blueprint import bp
from blueprints.portal.names import SCOPES_IN_SHORT, STANDING_SENTENCES, STANDINGS, WHY_ENDED
from blueprints.portal.sign_ins import ask_again
from models.accounts.seat import Seat
from models.errors import Invalid, NotAllowed
from models.oauth import app_history, connected_app, destructive
from models.oauth.consent import Consent
from models.oauth.scope import SCOPES

WORDS = {"standings": STANDINGS, "short": SCOPES_IN_SHORT, "sentences": SCOPES}


@bp.get("/connected-apps")
@signed_in
def connected_apps() -> ResponseReturnValue:
    """The list, newest first."""
    return page_or_fragment("portal/connected_apps/index.html", "portal/connected_apps/_list.html", **_listed())


@bp.get("/connected-apps/<consent_id>")
@signed_in
def connected_app_detail(consent_id: str) -> ResponseReturnValue:
    """One app in one workspace: connections, calls, what is locked and until when, what went wrong."""
    consent = _find(consent_id)
    show_times_in(consent.workspace.timezone)
    app = connected_app.of_consent(consent, user())
    return page_or_fragment(
        "portal/connected_apps/show.html",
        "portal/connected_apps/_calls.html",
        app=app,
        connections=app_history.connections(consent),
        calls=app_history.last_calls(consent),
        destructive_offered=destructive.is_served() and app.own and not app.ended_at,
        destructive_refused=destructive.why_not(consent, user()),
        about=STANDING_SENTENCES,
        whys=WHY_ENDED,
        **WORDS,
    )


@bp.get("/connected-apps/<consent_id>/revocation")
@signed_in
def confirm_revocation(consent_id: str) -> ResponseReturnValue:
    """What ends, in words, and the button that ends it."""
    consent = _live(consent_id)
    return page_or_fragment(
        "portal/connected_apps/revocation.html",
        "portal/connected_apps/_confirm.html",
        app=connected_app.of_consent(consent, user()),
        places=connected_app.places_of(consent, user()),
        **WORDS,
    )


@bp.post("/connected-apps/<consent_id>/revocation")
@signed_in
def withdraw_consent(consent_id: str) -> ResponseReturnValue:
    """End it: every token of it is refused at its next call."""
    consent = _live(consent_id)
    own, name, place, number = consent.user_id == user().id, consent.app_name, consent.workspace.name, consent_id
    everywhere = own and request.form.get("where", "everywhere") == "everywhere"
    with acting() as by:
        ended = _find(number).withdraw(by, everywhere=everywhere)
    if len(ended) > 1:
        flash(gettext("Revoked: %(app)s can no longer use any of your workspaces.", app=name))
    else:
        flash(gettext("Revoked: %(app)s can no longer use %(workspace)s.", app=name, workspace=place))
    return changed("portal/connected_apps/_list.html", back_to=url_for(".connected_apps"), **_listed())


@bp.post("/connected-apps/<consent_id>/destructive")
@signed_in
def allow_destructive(consent_id: str) -> ResponseReturnValue:
    """Let this app cancel, refund and delete for 15 minutes: a fresh consent, given here (PRODUCT §3, gate 2)."""
    consent = _live(consent_id)
    page = url_for(".connected_app_detail", consent_id=consent_id)
    if not destructive.is_served():
        abort(404)
    refused = destructive.why_not(consent, user())
    if refused is not None:
        raise NotAllowed(refused)
    if stale := ask_again(page):
        return stale
    name = consent.app_name
    with acting() as by:
        consent = _live(consent_id)
        refused = destructive.why_not(consent, user())
        if refused is not None:
            raise NotAllowed(refused)
        consent.allow_destructive(by)
    flash(gettext("%(app)s may cancel, refund and delete for 15 minutes.", app=name))
    return go(page)


def _listed() -> dict[str, object]:
    cursor = request.args.get("cursor")
    page = connected_app.for_user(user(), cursor)
    keys = [] if cursor else connected_app.keys_managed_by(user())
    seats = Seat.all_of(user())
    return {"apps": page.items, "keys": keys, "next_cursor": page.next_cursor, "first": not cursor, "seats": seats, **WORDS}


def _find(consent_id: str) -> Consent:
    """A consent that the user may see; a malformed id is answered like a stranger's."""
    try:
        return Consent.reachable(user(), consent_id)
    except Invalid:
        raise Consent.not_found() from None


def _live(consent_id: str) -> Consent:
    consent = _find(consent_id)
    if consent.withdrawn_at is not None:
        raise Consent.not_found()
    return consent
