"""Cancel, refund and delete: a quarter of an hour from the consent, held by the family and read there (PRODUCT §3)."""

from datetime import timedelta

import pytest

from models import clock
from models.activity.actor import Actor
from models.base import writing
from models.oauth.access_token import check
from models.oauth.consent import Consent
from models.oauth.standing import StepUp
from tests.oauth.flow import connect, open_consent
from tests.oauth.made import created

pytestmark = pytest.mark.usefixtures("everything_served", "grown_up")
ALL = "mcp.read mcp.write mcp.destructive"


@pytest.fixture
def grown_up(with_settings):
    with_settings(quarantine_hours=0)


@pytest.fixture
def may(app):
    def ask(token, access="destructive"):
        with app.app_context():
            return check(token, slug=None, address=None, request_id=None).may("customers", access)

    return ask


def test_a_ticked_scope_holds_for_a_quarter_of_an_hour_and_then_the_same_token_lacks_it(claude, alice, may, app):
    start = clock.now()
    with clock.stopped(start):
        told = connect(claude, alice, workspace="lotus-spa", scope=ALL)
        assert told["scope"] == ALL
        assert may(told["access_token"])
    with clock.stopped(start + timedelta(minutes=10)):
        again = claude.refresh(told["refresh_token"]).json
        assert again["scope"] == ALL
        assert may(again["access_token"])
    with clock.stopped(start + timedelta(minutes=15, seconds=1)):
        assert not may(again["access_token"])
        assert may(again["access_token"], "write")
        with app.app_context():
            refusal = check(again["access_token"], slug=None, address=None, request_id=None).refusal("customers", "destructive")
        assert isinstance(refusal, StepUp)
        assert refusal.scope == "mcp.destructive"
        third = claude.refresh(again["refresh_token"], scope=ALL)
        assert third.status_code == 200
        assert third.json["scope"] == "mcp.read mcp.write"
        assert not may(third.json["access_token"])


def test_a_token_narrowed_at_refresh_never_has_it(claude, alice, may):
    told = connect(claude, alice, workspace="lotus-spa", scope=ALL)
    narrow = claude.refresh(told["refresh_token"], scope="mcp.read mcp.write").json
    assert narrow["scope"] == "mcp.read mcp.write"
    assert not may(narrow["access_token"])


def test_allowing_it_on_connected_apps_works_at_once_with_the_token_in_hand(claude, alice, may, app, cast):
    start = clock.now()
    with clock.stopped(start):
        told = connect(claude, alice, workspace="lotus-spa", scope="mcp.read")
        assert not may(told["access_token"])
        with app.app_context(), writing():
            consent = Consent.live_of(cast.alice.id, claude.id, cast.lotus.id)
            consent.allow_destructive(Actor("user", user_id=cast.alice.id))
        assert may(told["access_token"])
    with clock.stopped(start + timedelta(minutes=16)):
        assert claude.call(told["access_token"]).status_code == 401  # over anyway
        assert not may(claude.refresh(told["refresh_token"]).json["access_token"])


def test_introspection_names_it_no_longer_than_it_holds(app, cast, alice):
    script = created(app, cast.lotus, cast.alice, scopes=ALL.split(), token_format="opaque")  # lives for hours
    start = clock.now()
    with clock.stopped(start):
        token = connect(script, alice, scope=ALL)["access_token"]
    for minutes, scope in ((14, ALL), (16, "mcp.read mcp.write")):
        with clock.stopped(start + timedelta(minutes=minutes)):
            asked = {"client_id": script.id, "client_secret": script.secret, "token": token}
            assert script.http.post("/oauth/introspect", data=asked).json["scope"] == scope


def test_the_role_still_decides(claude, bob, browser_of, cast, may, app):
    told = connect(claude, bob, scope=ALL)
    assert not may(told["access_token"])  # staff never delete customers
    with app.app_context():
        assert check(told["access_token"], slug=None, address=None, request_id=None).may("bookings", "destructive")
    page = open_consent(browser_of(cast.vera), claude.question(scope=ALL))
    assert " disabled" in page.inputs("scope")["mcp.destructive"]


def test_a_scope_that_nothing_serves_is_neither_listed_nor_offered(client, claude, alice):
    from models.oauth import served

    served.serve("tests", ())
    try:
        listed = client.get("/.well-known/oauth-authorization-server").json["scopes_supported"]
        asked = list(open_consent(alice, claude.question(scope="mcp.read server.read erp.read")).inputs("scope"))
    finally:
        from models.oauth.scope import SCOPES

        served.serve("tests", frozenset().union(*(scope.own for scope in SCOPES.values())))
    assert "resources.read" not in listed
    assert "mcp.read" in asked
