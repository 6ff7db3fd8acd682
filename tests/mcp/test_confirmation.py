"""Gate 4: a destructive call shows what it would do and waits for a yes, in a form or with a token."""

from datetime import timedelta
from typing import Any

import pytest

from models import clock
from tests.mcp.desk import Caller, Desk

CLOSE = {"name": "Gone Spa"}


@pytest.fixture
def name(desk: Desk, rows: Any) -> Any:
    """The workspace's name as it stands."""
    return lambda: rows("SELECT name FROM workspace WHERE slug = 'lotus-spa'")[0]["name"]


def with_forms(desk: Desk, token: str | None = None) -> Caller:
    caller = desk.caller(token) if token else desk.caller()
    caller.capabilities = {"elicitation": {}}
    return caller


def yes(**content: Any) -> dict[str, Any]:
    return {"confirm": {"action": "accept", "content": {"confirm": True, **content}}}


@pytest.mark.threat("RS13")
@pytest.mark.parametrize("modern", [True, False])
def test_nothing_changes_until_the_call_is_repeated_with_its_token(desk: Desk, modern: bool, name: Any) -> None:
    caller = desk.caller(modern=modern)
    asked = caller.done("close_workspace", CLOSE)
    assert (asked["status"], asked["summary"], name()) == ("needs_confirmation", "Close the workspace?", "Lotus Spa")
    assert asked["about"] == {"workspace": "Lotus Spa"}
    assert asked["expires_at"].endswith("+08:00")
    done = caller.done("close_workspace", {**CLOSE, "confirm_token": asked["confirm_token"]})
    assert (done["status"], done["was"], name()) == ("done", "Lotus Spa", "Gone Spa")


@pytest.mark.threat("MC22")
def test_the_same_confirmed_call_sent_twice_has_one_effect(desk: Desk) -> None:
    token = desk.caller().done("close_workspace", CLOSE)["confirm_token"]
    first = desk.caller().done("close_workspace", {**CLOSE, "confirm_token": token})
    second = desk.caller().done("close_workspace", {**CLOSE, "confirm_token": token})
    assert (second["repeated"], second["audit_id"]) == (True, first["audit_id"])


@pytest.mark.threat("MC22")
def test_asked_twice_on_purpose_it_is_done_twice(desk: Desk) -> None:
    tokens = [desk.caller().done("close_workspace", CLOSE)["confirm_token"] for _ in range(2)]
    done = [desk.caller().done("close_workspace", {**CLOSE, "confirm_token": token}) for token in tokens]
    assert [each["was"] for each in done] == ["Lotus Spa", "Gone Spa"]
    assert done[0]["audit_id"] != done[1]["audit_id"]


def test_a_token_is_for_these_arguments_this_app_and_five_minutes(desk: Desk, told: Any, name: Any) -> None:
    desk.admit("other", consent=8)
    token = desk.caller().done("close_workspace", CLOSE)["confirm_token"]
    confirmed = {**CLOSE, "confirm_token": token}
    assert told(desk.caller().result("close_workspace", {**confirmed, "name": "Other"}))["field"] == "confirm_token"
    assert told(desk.caller("other").result("close_workspace", confirmed))["field"] == "confirm_token"
    with clock.stopped(clock.now() + timedelta(minutes=5, seconds=1)):
        assert told(desk.caller().result("close_workspace", confirmed))["field"] == "confirm_token"
    assert name() == "Lotus Spa"
    assert desk.caller().done("close_workspace", confirmed)["status"] == "done"


def test_a_dry_run_needs_no_yes(desk: Desk, name: Any) -> None:
    assert desk.caller().done("close_workspace", {**CLOSE, "dry_run": True})["status"] == "dry_run"
    assert name() == "Lotus Spa"


def test_a_key_that_was_answered_is_not_asked_about_again(desk: Desk) -> None:
    key = {"idempotency_key": "key-of-the-tests"}
    token = desk.caller().done("close_workspace", {**CLOSE, **key})["confirm_token"]
    first = desk.caller().done("close_workspace", {**CLOSE, **key, "confirm_token": token})
    assert desk.caller().done("close_workspace", {**CLOSE, **key})["audit_id"] == first["audit_id"]


def test_a_client_with_forms_is_asked_in_one(desk: Desk, name: Any) -> None:
    caller = with_forms(desk)
    asked = caller.result("close_workspace", CLOSE)
    assert asked["resultType"] == "input_required"
    form = asked["inputRequests"]["confirm"]
    assert (form["method"], form["params"]["message"]) == ("elicitation/create", "Close the workspace?\nworkspace: Lotus Spa")
    assert "crmcf_" not in asked["requestState"]
    assert name() == "Lotus Spa"
    done = caller.result("close_workspace", CLOSE, inputResponses=yes(), requestState=asked["requestState"])
    assert (done["structuredContent"]["status"], name()) == ("done", "Gone Spa")


def test_only_the_new_era_and_only_a_client_with_forms_gets_one(desk: Desk) -> None:
    links_only = desk.caller()
    links_only.capabilities = {"elicitation": {"url": {}}}
    assert links_only.done("close_workspace", CLOSE)["status"] == "needs_confirmation"
    assert desk.caller(modern=False).done("close_workspace", CLOSE)["status"] == "needs_confirmation"


@pytest.mark.parametrize(
    "answer", [{"action": "decline"}, {"action": "cancel"}, {"action": "accept", "content": {"confirm": False}}]
)
def test_a_no_changes_nothing_and_cannot_be_turned_into_a_yes(desk: Desk, told: Any, name: Any, answer: Any) -> None:
    caller = with_forms(desk)
    state = caller.result("close_workspace", CLOSE)["requestState"]
    said = told(caller.result("close_workspace", CLOSE, inputResponses={"confirm": answer}, requestState=state))
    assert (said["code"], said["reason"]) == ("blocked", "declined")
    late = told(caller.result("close_workspace", CLOSE, inputResponses=yes(), requestState=state))
    assert (late["field"], name()) == ("confirm_token", "Lotus Spa")


@pytest.mark.threat("MC13")
def test_a_request_state_is_bound_to_its_app_its_arguments_and_is_unforgeable(desk: Desk, name: Any) -> None:
    desk.admit("other", consent=8)
    state = with_forms(desk).result("close_workspace", CLOSE)["requestState"]
    for caller, arguments, sent in (
        (with_forms(desk, "other"), CLOSE, state),
        (with_forms(desk), {"name": "Other"}, state),
        (with_forms(desk), CLOSE, state[:-2] + ("AA" if state[-2:] != "AA" else "BB")),
        (with_forms(desk), CLOSE, "v1.forged"),
    ):
        params = {"name": "close_workspace", "arguments": arguments, "inputResponses": yes(), "requestState": sent}
        assert caller.send("tools/call", params).get_json()["error"]["code"] == -32602
    assert name() == "Lotus Spa"
