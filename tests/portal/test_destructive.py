"""A quarter of an hour to cancel, refund and delete, given on Connected apps (PRODUCT §3, gate 2)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import clock
from models.accounts.seat import Seat
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.oauth import served
from models.oauth.token_family import TokenFamily
from tests.cast import Cast, Person
from tests.portal import apps
from tests.portal.apps import Connected

Submit = Callable[..., TestResponse]
BUTTON = "Allow cancel, refund and delete for 15 minutes"


@pytest.fixture
def spa(app: Flask, cast: Cast) -> Connected:
    return apps.connect(app, cast.alice, cast.lotus, apps.make_client(app))


def page_of(browser: FlaskClient, connected: Connected) -> str:
    return browser.get(f"/connected-apps/{connected.consent}").get_data(as_text=True)


def allow(submit: Submit, browser: FlaskClient, connected: Connected) -> TestResponse:
    return submit(browser, f"/connected-apps/{connected.consent}/destructive", {}, page="/workspaces/new")


def held(app: Flask, connected: Connected) -> bool:
    """Whether the family may be destructive now."""
    with app.app_context():
        enter(connected.workspace_id)
        until = db.session.get_one(TokenFamily, (connected.workspace_id, connected.family_id)).destructive_until
        return until is not None and until > clock.now()


def test_it_is_not_offered_while_no_tool_needs_it(
    app: Flask, alice: FlaskClient, submit: Submit, spa: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "_served", {"tools": frozenset({("customers", "read")})})
    assert BUTTON not in page_of(alice, spa)
    assert allow(submit, alice, spa).status_code == 404
    assert not held(app, spa)


def test_it_holds_for_a_quarter_of_an_hour(
    app: Flask, alice: FlaskClient, submit: Submit, spa: Connected, everything_served: None
) -> None:
    assert BUTTON in page_of(alice, spa)
    assert allow(submit, alice, spa).location == f"/connected-apps/{spa.consent}"
    assert held(app, spa)
    page = page_of(alice, spa)
    assert "It may cancel, refund and delete until" in page and BUTTON not in page
    assert "mcp.destructive" in alice.get("/connected-apps").get_data(as_text=True)
    with clock.stopped(clock.now() + timedelta(minutes=14)):
        assert held(app, spa)
    with clock.stopped(clock.now() + timedelta(minutes=16)):
        assert not held(app, spa)
        assert "mcp.destructive" not in alice.get("/connected-apps").get_data(as_text=True)


def test_it_asks_for_a_recent_sign_in(
    app: Flask, alice: FlaskClient, submit: Submit, spa: Connected, everything_served: None
) -> None:
    with clock.stopped(clock.now() + timedelta(minutes=6)):
        answer = allow(submit, alice, spa)
        assert answer.location == f"/login/confirmation?next=/connected-apps/{spa.consent}"
        assert not held(app, spa)


def test_only_whoever_allowed_the_app_can_give_it(
    app: Flask,
    cast: Cast,
    alice: FlaskClient,
    charlie: FlaskClient,
    browser_of: Callable[[Person], FlaskClient],
    submit: Submit,
    everything_served: None,
) -> None:
    bobs = apps.connect(app, cast.bob, cast.lotus, apps.make_client(app))
    assert BUTTON not in page_of(alice, bobs)
    assert allow(submit, alice, bobs).status_code == 403
    assert allow(submit, charlie, bobs).status_code == 404
    assert not held(app, bobs)
    assert allow(submit, browser_of(cast.bob), bobs).status_code == 303  # staff cancel bookings
    assert held(app, bobs)


def test_quarantine_a_viewers_role_and_an_ended_connection_each_refuse_it(
    app: Flask,
    cast: Cast,
    browser_of: Callable[[Person], FlaskClient],
    alice: FlaskClient,
    submit: Submit,
    everything_served: None,
) -> None:
    fresh = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app, "Fresh"), since=timedelta(hours=1))
    ended = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app, "Ended"))
    apps.end_family(app, ended)
    vera = browser_of(cast.vera)
    viewers = apps.connect(app, cast.vera, cast.lotus, apps.make_client(app, "Viewed"))
    for browser, refused, why in (
        (alice, fresh, "can only read for now"), (alice, ended, "not connected at the moment"), (vera, viewers, "Your role"),
    ):  # fmt: skip
        page = page_of(browser, refused)
        assert BUTTON not in page and why in page
        answer = allow(submit, browser, refused)
        assert answer.status_code == 403 and why in answer.get_data(as_text=True)
        assert not held(app, refused)


def test_an_app_made_without_it_cannot_be_given_it(
    app: Flask, cast: Cast, alice: FlaskClient, submit: Submit, everything_served: None
) -> None:
    from models.oauth.client import Client

    with app.app_context(), writing():
        enter(cast.lotus.id)
        made = Client.create(
            cast.lotus, SYSTEM, name="Limited", scopes=["mcp.write"], confidential=False, redirect_uris=["https://a.example/cb"]
        )
        client_id = made.client.id
    limited = apps.connect(app, cast.alice, cast.lotus, client_id, ("mcp.write",))
    assert "made without cancel, refund and delete" in page_of(alice, limited)
    assert allow(submit, alice, limited).status_code == 403


def test_a_seat_taken_away_leaves_nothing_to_give(
    app: Flask, cast: Cast, browser_of: Callable[[Person], FlaskClient], submit: Submit, everything_served: None
) -> None:
    bobs = apps.connect(app, cast.bob, cast.lotus, apps.make_client(app))
    with app.app_context(), writing():
        enter(cast.lotus.id)
        db.session.get_one(Seat, (cast.lotus.id, cast.bob.id)).revoke(SYSTEM)
    bob = browser_of(cast.bob)
    assert allow(submit, bob, bobs).status_code == 404  # the consent went with the seat
    assert not held(app, bobs)
