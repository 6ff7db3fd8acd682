"""What happens between a request's look at its sign-in and its transaction counts: nothing is done in an ended one's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from blueprints import access
from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.oauth.client import Client
from models.oauth.consent import Consent
from tests.cast import Cast, Person
from tests.oauth import acts
from tests.oauth.flow import App, connect, open_consent
from tests.portal import apps

API = "/w/lotus-spa/settings/api"
NEW_CLIENT = {"name": "n8n", "kind": "confidential", "scopes": "mcp.read", "token_format": "jwt"}
Meanwhile = Callable[[Callable[[], None]], list[str]]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, app: Flask) -> Meanwhile:
    """Let something happen once, after a request has looked and before its transaction begins."""

    def arrange(act: Callable[[], None]) -> list[str]:
        happened: list[str] = []

        @contextmanager
        def late(**options: Any) -> Iterator[None]:
            monkeypatch.setattr(access, "writing", writing)
            with app.app_context():
                act()
                db.session.remove()
            happened.append("it")
            with writing(**options):
                yield

        monkeypatch.setattr(access, "writing", late)
        return happened

    return arrange


def test_a_password_reset_while_authorize_is_on_its_way_leaves_no_code_and_no_consent(
    app: Flask, cast: Cast, claude: App, alice: FlaskClient, meanwhile: Meanwhile, sql: Any
) -> None:
    page = open_consent(alice, claude.question())
    happened = meanwhile(lambda: acts.reset_password(app, cast.alice))
    answer = page.decide("authorize")
    assert happened
    assert answer.status_code == 303
    assert answer.location.startswith("/login?next=")
    assert sql("SELECT count(*) AS n FROM consent")[0]["n"] == 0
    assert sql("SELECT count(*) AS n FROM authorization_code", workspace=cast.lotus.id)[0]["n"] == 0


def test_an_app_that_takes_its_redirect_uri_back_while_authorize_is_on_its_way_gets_no_code(
    app: Flask, cast: Cast, claude: App, alice: FlaskClient, meanwhile: Meanwhile, sql: Any
) -> None:
    def take_back() -> None:
        with writing():
            db.session.get_one(Client, claude.id).redirect_uris = ["https://app.example/other"]

    page = open_consent(alice, claude.question())
    happened = meanwhile(take_back)
    answer = page.decide("authorize")
    assert happened
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert sql("SELECT count(*) AS n FROM authorization_code", workspace=cast.lotus.id)[0]["n"] == 0


@pytest.mark.parametrize("what", ["client", "key", "secret", "destructive"])
@pytest.mark.parametrize("how", ["reset", "demotion"])
def test_what_is_made_for_a_person_is_not_made_when_their_sign_in_or_role_ends_on_the_way(
    app: Flask, cast: Cast, browser_of: Callable[[Person], FlaskClient], meanwhile: Meanwhile, everything_served: None,
    what: str, how: str,
) -> None:  # fmt: skip
    dana = browser_of(cast.dana)  # a manager here
    mine = apps.connect(app, cast.dana, cast.lotus, apps.make_client(app))
    with app.app_context(), writing():
        enter(cast.lotus.id)
        made = Client.create(cast.lotus, SYSTEM, name="Old", scopes=["mcp.read"], confidential=True).client
        client_id, secret_hash = made.id, made.secret_hash
    path, data = {
        "client": (f"{API}/clients", NEW_CLIENT),
        "key": (f"{API}/keys", {"key-name": "cron", "key-scopes": "mcp.read"}),
        "secret": (f"{API}/clients/{client_id}/secret", {}),
        "destructive": (f"/connected-apps/{mine.consent}/destructive", {}),
    }[what]
    owner = browser_of(cast.alice)
    act = {
        "reset": lambda: acts.reset_password(app, cast.dana),
        "demotion": lambda: acts.change_role(owner, cast.lotus, cast.dana, "viewer"),
    }[how]
    happened = meanwhile(act)
    answer = acts.send(dana, "/workspaces/new", path, data)
    assert happened
    assert answer.status_code == 403, answer.get_data(as_text=True)
    with app.app_context():
        enter(cast.lotus.id)
        assert db.session.scalar(select(func.count()).select_from(Client).where(Client.kind == "created")) == 1
        assert db.session.get_one(Client, client_id).secret_hash == secret_hash
        consent = db.session.get_one(Consent, (cast.lotus.id, mine.consent_id))
        assert apps.destructive_until(consent) is None


def test_a_consent_given_just_after_its_seat_was_taken_away_is_none(
    cast: Cast, claude: App, bob: FlaskClient, alice: FlaskClient, meanwhile: Meanwhile, sql: Any
) -> None:
    page = open_consent(bob, claude.question())
    happened = meanwhile(lambda: acts.remove(alice, cast.lotus, cast.bob))
    answer = page.decide("authorize")
    assert happened
    assert answer.status_code == 403
    assert sql("SELECT count(*) AS n FROM consent WHERE withdrawn_at IS NULL")[0]["n"] == 0


def test_a_seat_given_back_revives_no_app(
    app: Flask, cast: Cast, claude: App, bob: FlaskClient, alice: FlaskClient, sql: Any
) -> None:
    told = connect(claude, bob, workspace="lotus-spa")
    acts.remove(alice, cast.lotus, cast.bob)
    sql("UPDATE consent SET withdrawn_at = NULL")  # as one stood that was given in the gap
    with app.app_context(), writing():
        enter(cast.lotus.id)
        Seat.give(db.session.get_one(Workspace, cast.lotus.id), db.session.get_one(User, cast.bob.id), "staff", SYSTEM)
    assert claude.call(told["access_token"]).status_code == 401
    assert claude.refresh(told["refresh_token"]).status_code == 400
    assert "No app is connected yet" in bob.get("/connected-apps").get_data(as_text=True)
