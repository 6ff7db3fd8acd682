"""Connected apps: what is shown, who may end what, with htmx and without scripts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import clock
from models.activity.audit_event import AuditEvent
from models.base import db, enter
from tests.cast import Cast
from tests.portal import apps
from tests.portal.apps import Connected

Submit = Callable[..., TestResponse]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def claude(app: Flask) -> str:
    return apps.make_client(app)


@pytest.fixture
def spa(app: Flask, cast: Cast, claude: str) -> Connected:
    """Alice allowed Claude in Lotus Spa."""
    return apps.connect(app, cast.alice, cast.lotus, claude)


@pytest.fixture
def gym(app: Flask, cast: Cast, claude: str) -> Connected:
    """Alice allowed Claude in Peak Fitness too."""
    return apps.connect(app, cast.alice, cast.peak, claude)


def page_of(browser: FlaskClient, path: str = "/connected-apps") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def revoke(submit: Submit, browser: FlaskClient, app: Connected, where: str = "everywhere", **options: object) -> TestResponse:
    return submit(browser, f"/connected-apps/{app.consent}/revocation", {"where": where}, **options)


def test_a_row_names_app_workspace_scopes_and_use(alice: FlaskClient, spa: Connected, app: Flask) -> None:
    apps.call(app, spa)
    page = page_of(alice)
    for fact in ("Claude", "claude.ai", "Self-registered", "Lotus Spa", "by you", "mcp.read", "mcp.write", "1 call in 30 days"):
        assert fact in page, fact


def test_without_apps_the_page_says_how_to_connect_one(alice: FlaskClient, charlie: FlaskClient) -> None:
    assert "Connect an app to Lotus Spa" in page_of(alice)
    assert "Lotus Spa" not in page_of(charlie)


def test_one_sees_ones_own_and_managers_those_of_their_workspace(
    app: Flask, cast: Cast, alice: FlaskClient, bob: FlaskClient, browser_of: Callable[..., FlaskClient], gym: Connected
) -> None:
    bobs = apps.connect(app, cast.bob, cast.lotus, apps.make_client(app, "Cursor"))
    assert "by Bob" in page_of(alice) and "Cursor" in page_of(alice)
    assert "Cursor" in page_of(bob) and "Peak Fitness" not in page_of(bob)
    dana = browser_of(cast.dana)  # a manager there, and the owner of Peak Fitness
    assert "by Bob" in page_of(dana) and "by Alice" in page_of(dana)
    assert "by Bob" not in page_of(browser_of(cast.vera))
    assert bobs.consent not in page_of(browser_of(cast.charlie))


@pytest.mark.parametrize("path", ["", "/revocation"])
def test_a_strangers_app_is_answered_like_none(charlie: FlaskClient, bob: FlaskClient, spa: Connected, path: str) -> None:
    for browser in (charlie, bob):
        foreign = browser.get(f"/connected-apps/{spa.consent}{path}")
        absent = browser.get(f"/connected-apps/con_0000000000001{path}")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.data == absent.data
    for odd in ("con_", "mem_0000000000001", "con_zzzzzzzzzzzzzz", "x" * 400, "1"):
        assert charlie.get(f"/connected-apps/{odd}{path}").status_code == 404


def test_a_stranger_cannot_revoke_and_nothing_changes(app: Flask, charlie: FlaskClient, submit: Submit, spa: Connected) -> None:
    answer = submit(charlie, f"/connected-apps/{spa.consent}/revocation", {}, page="/workspaces/new")
    assert answer.status_code == 404
    assert apps.is_live(app, spa)


def test_revoking_without_scripts_goes_by_a_page_that_names_what_ends(
    app: Flask, alice: FlaskClient, submit: Submit, spa: Connected
) -> None:
    confirmation = page_of(alice, f"/connected-apps/{spa.consent}/revocation")
    assert "Revoke Claude?" in confirmation and "Lotus Spa" in confirmation and "Revoke access" in confirmation
    assert apps.is_live(app, spa)
    answer = revoke(submit, alice, spa)
    assert (answer.status_code, answer.location) == (303, "/connected-apps")
    page = page_of(alice)
    assert "Revoked: Claude can no longer use Lotus Spa." in page and spa.consent not in page
    assert not apps.is_live(app, spa)
    assert "Revoked" in page_of(alice, f"/connected-apps/{spa.consent}")
    assert alice.get(f"/connected-apps/{spa.consent}/revocation").status_code == 404


def test_to_htmx_the_row_asks_and_the_list_comes_back_without_it(
    app: Flask, alice: FlaskClient, submit: Submit, spa: Connected
) -> None:
    asked = alice.get(f"/connected-apps/{spa.consent}/revocation", headers=HTMX).get_data(as_text=True)
    assert asked.lstrip().startswith(f'<tr id="{spa.consent}">') and "Revoke access" in asked
    answer = revoke(submit, alice, spa, headers=HTMX)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.lstrip().startswith('<div class="stack" id="connected-apps">')
    assert 'id="status" data-hx-swap-oob="innerHTML"' in text and "can no longer use" in text
    assert spa.consent not in text
    assert not apps.is_live(app, spa)


def test_ones_own_app_ends_everywhere_unless_only_here_is_chosen(
    app: Flask, alice: FlaskClient, submit: Submit, spa: Connected, gym: Connected
) -> None:
    page = page_of(alice, f"/connected-apps/{spa.consent}/revocation")
    assert "In all my workspaces: Lotus Spa, Peak Fitness" in page
    assert 'value="everywhere" checked' in page
    revoke(submit, alice, spa, "here")
    assert not apps.is_live(app, spa) and apps.is_live(app, gym)


def test_ending_it_everywhere_ends_every_consent_of_that_person_and_no_others(
    app: Flask, cast: Cast, alice: FlaskClient, submit: Submit, spa: Connected, gym: Connected, claude: str
) -> None:
    bobs = apps.connect(app, cast.bob, cast.lotus, claude)
    revoke(submit, alice, spa)
    assert not apps.is_live(app, spa) and not apps.is_live(app, gym)
    assert apps.is_live(app, bobs)


def test_an_owner_ends_a_colleagues_app_in_their_own_workspace_only(
    app: Flask, cast: Cast, browser_of: Callable[..., FlaskClient], submit: Submit, spa: Connected, gym: Connected
) -> None:
    dana = browser_of(cast.dana)
    page = page_of(dana, f"/connected-apps/{gym.consent}/revocation")
    assert "which Alice allowed" in page and "everywhere" not in page
    revoke(submit, dana, gym)
    assert not apps.is_live(app, gym) and apps.is_live(app, spa)
    with app.app_context():
        enter(cast.peak.id)
        ended = select(AuditEvent).where(AuditEvent.workspace_id == cast.peak.id, AuditEvent.verb == "withdraw_consent")
        event = db.session.scalars(ended).one()
        assert (event.actor_id, event.entity_id) == (f"user:{cast.dana.id}", gym.consent_id)


def test_a_reused_token_shows_in_red_until_the_app_is_connected_anew(
    app: Flask, cast: Cast, alice: FlaskClient, spa: Connected, claude: str
) -> None:
    apps.end_family(app, spa)
    assert "Ended: a token was used twice" in page_of(alice) and "Reconnect" in page_of(alice)
    detail = page_of(alice, f"/connected-apps/{spa.consent}")
    assert 'class="is-bad"' in detail and "A spent token was presented again" in detail
    again = apps.connect(app, cast.alice, cast.lotus, claude, since=timedelta(0))
    assert again.consent == spa.consent
    assert "Ended: a token was used twice" not in page_of(alice)


def test_the_detail_page_lists_connections_calls_and_the_quarantine_clock(
    app: Flask, cast: Cast, alice: FlaskClient, spa: Connected
) -> None:
    for outcome in ("done", "refused", "error"):
        apps.call(app, spa, "attach_tags", outcome)
    page = page_of(alice, f"/connected-apps/{spa.consent}")
    for fact in ("attach_tags", "Refused", "Failed", ">12<", "Live", "Calls in 30 days", "Nobody has checked it"):
        assert fact in page, fact
    assert "can only read until" not in page
    fresh = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app, "Fresh"), since=timedelta(minutes=1))
    assert "can only read until" in page_of(alice, f"/connected-apps/{fresh.consent}")
    assert "Reads only for now" in page_of(alice)


def test_only_the_last_fifty_calls_are_listed(app: Flask, alice: FlaskClient, spa: Connected) -> None:
    for number in range(52):
        apps.call(app, spa, f"tool_{number:02}")
    page = page_of(alice, f"/connected-apps/{spa.consent}")
    assert "tool_51" in page and "tool_02" in page and "tool_01" not in page
    assert "52 calls in 30 days" in page_of(alice)


def test_calls_of_long_ago_do_not_count_and_an_unused_app_says_so(
    app: Flask, cast: Cast, alice: FlaskClient, claude: str
) -> None:
    old = apps.connect(app, cast.alice, cast.lotus, claude, since=timedelta(days=100))
    with clock.stopped(clock.now() - timedelta(days=70)):
        apps.call(app, old)
    page = page_of(alice)
    assert "0 calls in 30 days" in page and "Unused for 60 days" in page


def test_a_service_principal_has_no_user(app: Flask, cast: Cast, alice: FlaskClient, bob: FlaskClient) -> None:
    apps.connect(app, None, cast.lotus, apps.make_client(app, "Nightly report"))
    assert "no user" in page_of(alice)
    assert "Nightly report" not in page_of(bob)


def test_a_name_that_is_markup_is_text(app: Flask, cast: Cast, alice: FlaskClient) -> None:
    hostile = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app, "<script>alert(1)</script>\u202e"))
    for path in ("/connected-apps", f"/connected-apps/{hostile.consent}", f"/connected-apps/{hostile.consent}/revocation"):
        assert "<script>alert" not in page_of(alice, path)


def test_the_list_comes_in_pages_and_a_foreign_cursor_is_refused(
    app: Flask, cast: Cast, alice: FlaskClient, browser_of: Callable[..., FlaskClient]
) -> None:
    for number in range(27):
        apps.connect(app, cast.alice, cast.lotus, apps.make_client(app, f"App {number:02}"))
    first = page_of(alice)
    assert first.count("calls in 30 days") == 25
    following = first.split('rel="next" href="')[1].split('"')[0]
    assert page_of(alice, following).count("calls in 30 days") == 2
    assert browser_of(cast.dana).get(following).status_code == 422
    assert alice.get("/connected-apps?cursor=nonsense").status_code == 422
