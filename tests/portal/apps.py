"""Apps that people of the cast have allowed, put straight into the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import db, enter, new_id, writing
from models.oauth.client import Client, new_client_id
from models.oauth.client_metadata import fingerprint_of
from models.oauth.consent import Consent
from models.oauth.scope import Kind
from models.oauth.token_family import Held, TokenFamily
from tests.cast import Person, Place

CALLBACK = "https://claude.ai/api/mcp/auth_callback"


@dataclass(frozen=True)
class Connected:
    """A consent with one live family."""

    consent: str
    consent_id: int
    family_id: int
    client_id: str
    workspace_id: int


def make_client(app: Flask, name: str = "Claude", *, kind: Kind = "registered", redirect_uri: str = CALLBACK) -> str:
    """A client of this kind; one created in Settings → API comes from there."""
    with app.app_context(), writing():
        identity = "https://claude.ai/oauth/metadata" if kind == "published" else new_client_id()
        grants = ["authorization_code", "refresh_token"]
        made = Client(
            id=identity, kind=kind, name=name, redirect_uris=[redirect_uri], grant_types=grants, scope=None, scope_is_limit=False,
            auth_method="none", token_format="jwt", created_at=clock.now(),
            fingerprint=fingerprint_of(kind, identity, name, [redirect_uri], grants, "none"),
        )  # fmt: skip
        db.session.add(made)
    return identity


def connect(
    app: Flask, person: Person | None, place: Place, client_id: str, scopes: tuple[str, ...] = ("mcp.read", "mcp.write"),
    *, since: timedelta = timedelta(days=2),
) -> Connected:  # fmt: skip
    """Let a person allow a client in a workspace, some time ago, and redeem its code."""
    with clock.stopped(clock.now() - since), app.app_context(), writing():
        client = db.session.get_one(Client, client_id)
        by = Actor(kind="user", user_id=person.id if person else None)
        enter(place.id)
        consent = Consent.give(
            person.id if person else None, client, place.id, scopes, (), by, redirect_uri=client.redirect_uris[0]
        )
        held = Held(
            workspace_id=place.id, family_id=new_id(), consent_id=consent.id, client_id=client_id,
            user_id=person.id if person else None, scopes=frozenset(scopes), asked=None, audience="http://localhost/mcp",
            refreshable=True, destructive_until=None, ends_at=clock.now() + timedelta(days=180),
        )  # fmt: skip
        TokenFamily.begin(held, redirect_uri=client.redirect_uris[0])
        return Connected(consent.shown_id, consent.id, held.family_id, client_id, place.id)


def call(app: Flask, connected: Connected, tool: str = "search_members", outcome: audit_event.Outcome = "done") -> None:
    """One tool call under the consent, now."""
    by = Actor(kind="app", client_id=connected.client_id, consent_id=connected.consent_id)
    with app.app_context(), writing():
        enter(connected.workspace_id)
        audit_event.record(connected.workspace_id, "call", by, outcome=outcome, tool=tool, ms=12)
        Consent.used(connected.workspace_id, connected.consent_id)


def end_family(app: Flask, connected: Connected, why: str = "reuse") -> datetime:
    """End the family as reuse detection does."""
    with app.app_context(), writing():
        enter(connected.workspace_id)
        TokenFamily.end(connected.workspace_id, connected.family_id, why)  # type: ignore[arg-type]
        return clock.now()


def is_live(app: Flask, connected: Connected) -> bool:
    """Whether the consent and its family stand."""
    with app.app_context():
        enter(connected.workspace_id)
        consent = db.session.get_one(Consent, (connected.workspace_id, connected.consent_id))
        family = db.session.get_one(TokenFamily, (connected.workspace_id, connected.family_id))
        return consent.withdrawn_at is None and family.live


def destructive_until(consent: Consent) -> datetime | None:
    """Until when any family of a consent may cancel, refund and delete; in the workspace entered."""
    families = TokenFamily.of_consent(consent.workspace_id, consent.id)
    return max((each.destructive_until for each in families if each.destructive_until), default=None)
