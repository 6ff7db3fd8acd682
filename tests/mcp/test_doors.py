"""Who may come in: origins, hosts, tokens, audiences, and the challenges that tell a client what to do."""

import re
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from models import clock
from models.oauth.scope import pairs_of
from tests.mcp.desk import TOKEN, Desk

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
DOCUMENT = "http://localhost/.well-known/oauth-protected-resource/mcp"


def post(desk: Desk, path: str = "/mcp", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return desk.app.test_client().post(path, json=LIST, headers=named)


def challenge_of(answer: TestResponse) -> dict[str, str]:
    scheme, _, rest = answer.headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


@pytest.mark.threat("MC01")
@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://localhost.evil.test", "http://localhost:81", "https://localhost", ""]
)
def test_a_page_of_another_origin_is_403_before_any_work(desk: Desk, origin: str) -> None:
    assert post(desk, Origin=origin, Authorization=f"Bearer {TOKEN}").status_code == 403
    assert post(desk, Origin=origin).status_code == 403


@pytest.mark.threat("MC01")
@pytest.mark.parametrize("origin", ["http://localhost", "http://127.0.0.1", "http://[::1]", "HTTP://LOCALHOST"])
def test_our_own_origin_may_ask_under_each_loopback_spelling(desk: Desk, origin: str) -> None:
    assert post(desk, Origin=origin, Authorization=f"Bearer {TOKEN}").status_code == 200


@pytest.mark.threat("MC02")
@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "localhost:81", "169.254.169.254"])
def test_a_host_that_is_not_ours_is_421(desk: Desk, host: str) -> None:
    assert post(desk, Host=host, Authorization=f"Bearer {TOKEN}").status_code == 421


@pytest.mark.threat("RS01")
def test_without_a_token_the_challenge_is_bare(desk: Desk) -> None:
    answer = post(desk)
    assert answer.status_code == 401
    assert challenge_of(answer) == {"resource_metadata": DOCUMENT, "scope": "mcp.read mcp.write"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.threat("RS02")
@pytest.mark.parametrize(
    "header", ["Bearer nobody", "Bearer ", "Bearer", "Basic YTpi", "Bearer a b", "bearer\tx", "Bearer " + "x" * 5000, "é"]
)
def test_a_token_that_is_no_good_is_invalid(desk: Desk, header: str) -> None:
    answer = post(desk, Authorization=header)
    assert answer.status_code == 401
    assert challenge_of(answer)["error"] == "invalid_token"
    assert challenge_of(answer)["resource_metadata"] == DOCUMENT


def test_the_scheme_is_read_in_any_case(desk: Desk) -> None:
    assert post(desk, Authorization=f"bEaReR {TOKEN}").status_code == 200


def test_a_token_in_the_address_or_body_is_no_token(desk: Desk) -> None:
    assert post(desk, f"/mcp?access_token={TOKEN}").status_code == 401


@pytest.mark.threat("RS16")
def test_a_signed_in_browser_is_nobody_here(desk: Desk, alice: Any) -> None:
    assert alice.post("/mcp", json=LIST).status_code == 401


def test_the_challenge_of_a_workspace_names_its_own_document(desk: Desk) -> None:
    assert challenge_of(post(desk, "/mcp/harbour-tutoring"))["resource_metadata"] == f"{DOCUMENT}/harbour-tutoring"
    assert challenge_of(post(desk, "/mcp/no-such-place"))["resource_metadata"] == f"{DOCUMENT}/no-such-place"


def test_a_token_of_another_workspace_is_401_at_this_address(desk: Desk) -> None:
    assert post(desk, "/mcp/lotus-spa", Authorization=f"Bearer {TOKEN}").status_code == 200
    assert post(desk, "/mcp/harbour-tutoring", Authorization=f"Bearer {TOKEN}").status_code == 401


@pytest.mark.parametrize("path", ["/mcp/Lotus", '/mcp/a"b', "/mcp/-a", "/mcp/" + "a" * 60, "/mcp/a/b", "/mcp/%0d%0a"])
def test_what_is_no_workspace_address_is_404(desk: Desk, path: str) -> None:
    assert post(desk, path).status_code == 404


@pytest.mark.threat("RS11")
@pytest.mark.parametrize("modern", [True, False])
def test_a_missing_scope_that_consent_could_give_is_403_and_the_tool_does_not_run(desk: Desk, modern: bool, rows: Any) -> None:
    desk.admit("reader", scopes=("mcp.read",))
    answer = desk.caller("reader", modern=modern).send(
        "tools/call", {"name": "rename_workspace", "arguments": {"name": "Stolen"}}
    )
    assert answer.status_code == 403
    told = challenge_of(answer)
    assert told["error"] == "insufficient_scope"
    assert told["scope"] == "mcp.read mcp.write"
    assert told["resource_metadata"] == DOCUMENT
    assert "Connect again" in told["error_description"]
    assert rows("SELECT name FROM workspace WHERE slug = 'lotus-spa'") == [{"name": "Lotus Spa"}]
    place = desk.workspace.id
    kept = rows(
        "SELECT tool, outcome FROM audit_event WHERE consent_id = 7 AND workspace_id = :place", place=place, workspace=place
    )
    assert kept == [{"tool": "rename_workspace", "outcome": "refused"}]


def test_the_scopes_held_stand_in_the_challenge_as_they_were_answered(desk: Desk) -> None:
    desk.admit("aliased", scopes=("mcp:tools:read", "offline_access"))
    answer = desk.caller("aliased").send("tools/call", {"name": "close_workspace", "arguments": {"name": "x"}})
    assert challenge_of(answer)["scope"] == "mcp:tools:read offline_access mcp.destructive"


@pytest.mark.threat("RS12")
def test_a_quarantined_app_is_told_when_it_may_write_and_keeps_its_token(desk: Desk, told: Any) -> None:
    desk.admit("new", scopes=("mcp.read",), grantable=frozenset(), unlocks_at=clock.now() + timedelta(hours=20))
    said = told(desk.caller("new").result("rename_workspace", {"name": "Stolen"}))
    assert said["code"] == "quarantined"
    assert said["unlocks_at"].endswith("+08:00")
    assert "only read until" in said["message"]


@pytest.mark.threat("RS14")
def test_a_lowered_role_is_told_as_a_result(desk: Desk, told: Any) -> None:
    desk.admit("viewer", role="viewer")
    said = told(desk.caller("viewer").result("rename_workspace", {"name": "Stolen"}))
    assert (said["code"], "role viewer" in said["message"]) == ("forbidden", True)


def test_what_no_consent_can_give_is_told_as_a_result(desk: Desk, told: Any) -> None:
    desk.admit("script", scopes=("crm.read",), role=None, grantable=frozenset())
    assert told(desk.caller("script").result("find_thing", {"thing_id": "x"}))["code"] == "forbidden"


def test_a_list_needs_only_a_token(desk: Desk) -> None:
    desk.admit("guide", scopes=("resources.read",), grantable=pairs_of(()))
    assert desk.caller("guide").send("tools/list").status_code == 200


def test_a_bad_token_leaves_a_security_event_and_a_first_knock_none(desk: Desk, rows: Any) -> None:
    post(desk)
    post(desk, Authorization="Bearer nobody")
    assert rows("SELECT verb, outcome, fields FROM security_event") == [
        {"verb": "mcp_call", "outcome": "refused", "fields": None}
    ]
