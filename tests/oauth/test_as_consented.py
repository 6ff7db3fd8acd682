"""A consent is to what a person saw: its name, where it returns to, its first day. Nothing the app does later changes that."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blueprints.outbound import LookUpFailed
from models import clock
from models.oauth.quarantine import is_trusted
from tests.cast import Cast
from tests.oauth import acts
from tests.oauth.flow import CALLBACK, App, connect, open_consent

CLAUDE_AI = "https://claude.ai/api/mcp/auth_callback"
CLAUDE_CODE = "https://claude.ai/oauth/claude-code-client-metadata"
LOOPBACK = ["http://localhost/callback", "http://127.0.0.1/callback"]
DOCUMENT = {
    "client_id": CLAUDE_CODE, "client_name": "Claude Code", "redirect_uris": LOOPBACK,
    "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "token_endpoint_auth_method": "none",
}  # fmt: skip


@pytest.fixture
def documents(app: Flask) -> Iterator[dict[str, dict[str, Any]]]:
    """What published identities say: URL → document."""
    found = {CLAUDE_CODE: DOCUMENT}

    class Network:
        def get(self, url: str, *, asked_by: str, no_older_than: float | None = None) -> bytes:
            if url not in found:
                raise LookUpFailed("dns")
            return json.dumps(found[url]).encode()

    before, app.extensions["outbound"] = app.extensions["outbound"], Network()
    yield found
    app.extensions["outbound"] = before


@pytest.fixture
def managed(app: Flask) -> tuple[App, dict[str, str]]:
    """A confidential self-registered app, and the header of its registration token."""
    made = App(app.test_client())
    answer = made.register(client_name="Harmless", token_endpoint_auth_method="client_secret_post")
    return made, {"Authorization": f"Bearer {answer.json['registration_access_token']}"}


def update(managed: tuple[App, dict[str, str]], **changes: Any) -> Any:
    app, header = managed
    body = {
        "client_id": app.id, "client_name": "Harmless", "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "client_secret_post",
    }  # fmt: skip
    return app.http.put(f"/oauth/register/{app.id}", headers=header, json=body | changes)


def page_of(browser: FlaskClient, path: str = "/connected-apps") -> str:
    return browser.get(path).get_data(as_text=True)


def test_connected_apps_shows_where_this_consent_returns_to_not_what_the_app_registered_first(
    app: Flask, cast: Cast, new_app: Callable[..., App], alice: FlaskClient
) -> None:
    forged = new_app(client_name="Claude", redirect_uris=[CLAUDE_AI, "https://evil.test/cb"])
    forged.redirect_uri = "https://evil.test/cb"
    connect(forged, alice, workspace="lotus-spa")
    row = f"/connected-apps/{acts.row_of(app, cast.alice, forged, cast.lotus)}"
    for path in ("/connected-apps", row, f"{row}/revocation"):
        assert "evil.test" in page_of(alice, path), path
        assert "claude.ai" not in page_of(alice, path), path


def test_a_later_connection_to_an_honest_address_does_not_hide_the_live_one_elsewhere(
    app: Flask, cast: Cast, new_app: Callable[..., App], alice: FlaskClient
) -> None:
    forged = new_app(client_name="Claude", redirect_uris=[CLAUDE_AI, "https://evil.test/cb"])
    for uri in ("https://evil.test/cb", CLAUDE_AI):
        forged.redirect_uri = uri
        told = connect(forged, alice, workspace="lotus-spa")
    assert "evil.test, claude.ai" in page_of(alice)
    detail = page_of(alice, f"/connected-apps/{acts.row_of(app, cast.alice, forged, cast.lotus)}")
    assert detail.count("evil.test") == detail.count("claude.ai") == 2  # the fact and the connection
    forged.revoke(told["refresh_token"])
    assert "claude.ai" not in page_of(alice)


def test_an_app_that_renames_itself_keeps_the_name_it_was_allowed_by_and_loses_what_it_was_allowed(
    app: Flask, cast: Cast, managed: tuple[App, dict[str, str]], alice: FlaskClient, sql: Any
) -> None:
    told = connect(managed[0], alice, workspace="lotus-spa")
    waiting = open_consent(alice, managed[0].question()).authorize()
    assert update(managed, client_name="Claude · claude.ai").status_code == 200
    assert managed[0].call(told["access_token"]).status_code == 401
    assert managed[0].refresh(told["refresh_token"]).json["error"] == "invalid_grant"
    assert managed[0].redeem(waiting).json["error"] == "invalid_grant"
    assert "Harmless" in page_of(alice) and "Claude" not in page_of(alice)
    ended = sql("SELECT client_id, fields FROM audit_event WHERE verb = 'end_families'", workspace=cast.lotus.id)
    assert [(row["client_id"], "changed" in str(row["fields"])) for row in ended] == [(managed[0].id, True)]


def test_an_app_that_renamed_itself_waits_its_first_day_anew(
    managed: tuple[App, dict[str, str]], alice: FlaskClient
) -> None:
    connect(managed[0], alice, workspace="lotus-spa")
    with clock.stopped(clock.now() + timedelta(hours=25)):
        assert " disabled" not in open_consent(alice, managed[0].question()).inputs("scope")["mcp.write"]
        update(managed, client_name="Claude")
        assert " disabled" in open_consent(alice, managed[0].question()).inputs("scope")["mcp.write"]
        assert connect(managed[0], alice, workspace="lotus-spa")["scope"] == "mcp.read"


def test_an_update_that_changes_nothing_people_saw_ends_nothing(
    managed: tuple[App, dict[str, str]], alice: FlaskClient
) -> None:
    told = connect(managed[0], alice, workspace="lotus-spa")
    assert update(managed, client_uri="https://app.example/", client_secret=managed[0].secret).status_code == 200
    assert managed[0].call(told["access_token"]).status_code == 200


@pytest.mark.threat("RG15")
@pytest.mark.parametrize("secret", ["crmcs_another", "", 7])
def test_an_update_with_another_secret_than_the_clients_is_refused(managed: tuple[App, dict[str, str]], secret: Any) -> None:
    answer = update(managed, client_name="Changed", client_secret=secret)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")
    assert managed[0].http.get(f"/oauth/register/{managed[0].id}", headers=managed[1]).json["client_name"] == "Harmless"


def test_a_pending_request_does_not_answer_to_an_address_that_the_app_has_taken_back(
    managed: tuple[App, dict[str, str]], alice: FlaskClient
) -> None:
    page = open_consent(alice, managed[0].question())
    update(managed, redirect_uris=["https://app.example/other"])
    for decision in ("authorize", "deny"):
        answer = page.decide(decision)
        assert answer.status_code == 400
        assert "Location" not in answer.headers
    assert alice.get(page.action).status_code == 400


@pytest.mark.threat("AU13")
@pytest.mark.parametrize("copy", ["registered", "published"])
def test_a_copy_of_a_trusted_apps_metadata_waits_its_own_first_day(
    app: Flask, new_app: Callable[..., App], alice: FlaskClient, documents: dict[str, dict[str, Any]], copy: str
) -> None:
    claude_code = App(app.test_client(), id=CLAUDE_CODE, redirect_uri="http://localhost:3118/callback")
    assert connect(claude_code, alice, workspace="lotus-spa")["scope"] == "mcp.read mcp.write"
    with clock.stopped(clock.now() + timedelta(days=2)):
        if copy == "registered":
            other = new_app(client_name="Claude Code", redirect_uris=LOOPBACK)
        else:
            identity = "https://evil.example/client.json"
            documents[identity] = DOCUMENT | {"client_id": identity}
            other = App(app.test_client(), id=identity)
        other.redirect_uri = "http://localhost:4000/callback"
        page = open_consent(alice, other.question())
        assert " disabled" in page.inputs("scope")["mcp.write"]
        assert other.redeem(page.authorize(scope=["mcp.read", "mcp.write"])).json["scope"] == "mcp.read"


def test_a_published_app_that_renames_itself_is_told_of_and_shown_as_it_was_allowed(
    app: Flask, alice: FlaskClient, bob: FlaskClient, documents: dict[str, dict[str, Any]], sql: Any
) -> None:
    one = App(app.test_client(), id=CLAUDE_CODE, redirect_uri="http://localhost:3118/callback")
    told = connect(one, alice, workspace="lotus-spa")
    documents[CLAUDE_CODE] = DOCUMENT | {"client_name": "Frontdesk Support"}
    connect(one, bob, workspace="lotus-spa")
    assert one.call(told["access_token"]).status_code == 200
    page = page_of(alice)
    assert "Claude Code" in page and "Frontdesk Support" in page
    kept = "SELECT verb, outcome, fields FROM security_event WHERE client_id = :id AND verb LIKE '%client' ORDER BY id"
    events = sql(kept, id=one.id)
    assert [(row["verb"], row["outcome"]) for row in events] == [("publish_client", "done"), ("update_client", "done")]
    assert "name" in str(events[1]["fields"])


@pytest.mark.parametrize(
    ("identity", "trusted"),
    [
        ("https://claude.ai/c.json", True), ("https://claude.ai:8443/c.json", False),
        ("https://claude.ai.evil.test/c.json", False), ("https://sub.claude.ai/c.json", False),
    ],
)  # fmt: skip
def test_trust_is_for_a_host_and_its_own_port(app: Flask, identity: str, trusted: bool) -> None:
    assert is_trusted(identity) is trusted


def test_the_detail_page_says_when_the_app_last_exchanged_a_refresh_token(
    app: Flask, cast: Cast, claude: App, alice: FlaskClient
) -> None:
    start = clock.now()
    with clock.stopped(start):
        told = connect(claude, alice, workspace="lotus-spa")
        detail = f"/connected-apps/{acts.row_of(app, cast.alice, claude, cast.lotus)}"
        assert 'data-label="Last refresh">never<' in page_of(alice, detail)
    with clock.stopped(start + timedelta(hours=2)):
        assert claude.refresh(told["refresh_token"]).status_code == 200
    with clock.stopped(start + timedelta(hours=5)):
        assert "3 hours ago" in page_of(alice, detail).split('data-label="Last refresh">')[1].split("</td>")[0]


@pytest.mark.threat("AU05")
def test_an_app_that_anybody_shares_must_say_which_port_of_this_computer_it_listens_on(
    new_app: Callable[..., App], alice: FlaskClient
) -> None:
    first = new_app(client_name="Tool", redirect_uris=["http://127.0.0.1:5001/cb"])
    second = new_app(client_name="Tool", redirect_uris=["http://127.0.0.1:6001/cb"])
    assert first.id == second.id
    answer = alice.get(second.question(redirect_uri=None))
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert open_consent(alice, second.question()).decide("authorize").location.startswith("http://127.0.0.1:6001/cb?")


def test_an_app_with_a_registration_of_its_own_may_leave_its_one_loopback_address_out(
    new_app: Callable[..., App], alice: FlaskClient
) -> None:
    own = new_app(redirect_uris=["http://127.0.0.1:5001/cb"], token_endpoint_auth_method="client_secret_post")
    assert open_consent(alice, own.question(redirect_uri=None)).decide("deny").location.startswith("http://127.0.0.1:5001/cb?")
