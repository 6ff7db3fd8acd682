"""The consent page and its form: what is shown, what was picked, and the yes that follows (PRODUCT §7)."""

from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from blueprints.oauth.checks.authorization import Asked
from blueprints.oauth.offer import Offer, WorkspaceChoice, offer_of
from blueprints.pages.words_of_time import length_of
from models import clock
from models.accounts.user import User
from models.activity.actor import Actor
from models.oauth.authorization_code import AuthorizationCode
from models.oauth.client import Client
from models.oauth.consent import Consent
from models.oauth.redirect_uri import Destination, destination
from models.oauth.scope import OFFLINE
from models.settings import settings


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person picked; or `again`, the page with what is missing; or `refused`, what this page never offered."""

    workspace: WorkspaceChoice | None = None
    scopes: frozenset[str] = frozenset()
    unticked: frozenset[str] = frozenset()
    offline: bool = True
    again: dict[str, Any] | None = None
    refused: str | None = None

    @property
    def right(self) -> bool:
        """Whether it can be given as it is."""
        return self.again is None and self.refused is None


@dataclass(frozen=True, slots=True)
class Caution:
    """At most one, scaled to the risk."""

    tone: str
    text: str


def page(
    handle: str,
    asked: Asked,
    client: Client,
    person: User,
    *,
    chosen: dict[str, Any] | None = None,
    switched: bool = False,
    status: int = 200,
) -> Response:
    """The page, always whole and always a page of its own: never reached by a redirect out of another form's POST."""
    goes_to = destination(asked.redirect_uri)
    shown = render_template(
        "oauth/consent.html",
        handle=handle,
        client=client,
        person=person,
        destination=goes_to,
        offer=offer_of(asked, client, person, chosen),
        warning=_warning(client, goes_to),
        switched=switched,
        lasts=_lasts(asked, client),
    )
    response = make_response(shown, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def read(form: MultiDict[str, str], asked: Asked, client: Client, person: User) -> Choice:
    """What the form says, against what may be offered at this moment; a hidden field more changes nothing."""
    offer = offer_of(asked, client, person)
    slug = form.get("workspace")
    workspace = offer.workspace(slug)
    if slug and workspace is None:
        return Choice(refused=gettext("You cannot connect an app to this workspace."))
    offered = frozenset(choice.name for choice in offer.scopes)
    sent = frozenset(form.getlist("scope")) & offered
    locked = frozenset(workspace.locks) if workspace is not None else frozenset()
    scopes = sent - locked
    problems = _problems(offer, workspace, scopes)
    if problems:
        return Choice(again={"workspace": slug, "scopes": sent, "problems": problems})
    unticked = offered - sent - locked
    return Choice(workspace, scopes, unticked, offline=OFFLINE not in unticked)


def give(choice: Choice, asked: Asked, client: Client, by: Actor) -> str:
    """The consent and its code. Under `writing()`."""
    if choice.workspace is None:
        raise ValueError("A consent needs its workspace.")
    consent = Consent.give(
        by.user_id, client, choice.workspace.id, choice.scopes, choice.unticked, by, redirect_uri=asked.redirect_uri
    )
    return AuthorizationCode.issue(
        consent,
        client,
        challenge=asked.challenge,
        redirect_uri=asked.redirect_uri,
        redirect_named=asked.redirect_named,
        audience=asked.audience,
        scopes=choice.scopes,
        asked=asked.asked,
        refreshable=choice.offline,
    )


def _lasts(asked: Asked, client: Client) -> str:
    """For how long what is allowed here holds."""
    once = length_of(max(1, client.token_lifetime() // 60))
    if not client.allows("refresh_token"):
        return str(gettext("It stays connected for %(time)s, and then asks again.", time=once))
    longest = length_of(max(1, settings().refresh_family_ttl // 60))
    said = [gettext("It stays connected until you revoke it on Connected apps, at most %(time)s.", time=longest)]
    if OFFLINE in asked.scopes:
        said.append(gettext("Without “Stay connected” it is %(time)s.", time=once))
    return " ".join(said)


def _problems(offer: Offer, workspace: WorkspaceChoice | None, scopes: frozenset[str]) -> dict[str, str]:
    problems = {}
    if workspace is None:
        problems["workspace"] = gettext("Pick the workspace that the app may use.")
    elif not scopes - {OFFLINE}:
        names = [choice.name for choice in offer.scopes if choice.name in workspace.locks]
        locked = gettext("In this workspace that is locked now; tick something else, or press Deny.")
        problems["scope"] = locked if names else gettext("Tick at least one thing that the app may do, or press Deny.")
    return problems


def _warning(client: Client, goes_to: Destination) -> Caution | None:
    """How far this app is known, in one sentence; nothing where somebody here made it."""
    if client.kind == "registered":
        age = max(0, int((clock.now() - client.created_at).total_seconds() // 60))
        if age < 1:
            text = gettext("This app registered itself just now. Nobody has checked it.")
        elif age < 60:
            text = ngettext(
                "This app registered itself %(num)d minute ago. Nobody has checked it.",
                "This app registered itself %(num)d minutes ago. Nobody has checked it.",
                age,
            )
        else:
            text = gettext("This app registered itself. Nobody has checked its name.")
        return Caution("warn", text)
    if client.kind == "published" and goes_to.kind == "computer":
        text = gettext(
            "Any program here can say that it is %(host)s. Go on only if you started this yourself.", host=client.publisher
        )
        return Caution("warn", text)
    if client.kind == "published" and client.quarantined:
        return Caution("info", gettext("This app is published by %(host)s. Nobody here has checked it.", host=client.publisher))
    return None
