"""A wrong argument is an error result that names the field, says the bound, and repeats nothing that was sent."""

from typing import Any

import pytest

from tests.cheaply import cheaply
from tests.mcp.desk import TOKEN, Desk


@pytest.mark.threat("MC11")
@pytest.mark.parametrize(
    ("tool", "arguments", "field", "why"),
    [
        ("list_things", {"limit": 0}, "limit", "must be at least 1 and at most 100"),
        ("list_things", {"limit": 101}, "limit", "must be at most 100"),
        ("list_things", {"limit": 10**9}, "limit", "must be at most 100"),
        ("list_things", {"limit": "10"}, "limit", "must be a whole number"),
        ("list_things", {"limit": 1.5}, "limit", "must be a whole number"),
        ("list_things", {"limit": True}, "limit", "must be a whole number"),
        ("list_things", {"limit": None}, "limit", "must be a whole number"),
        ("list_things", {"limit": [1]}, "limit", "must be a whole number"),
        ("list_things", {"kind": 7}, "kind", "must be text"),
        ("list_things", {"kind": "A"}, "kind", "is not valid"),
        ("list_things", {"cursor": "x" * 900_000}, "cursor", "must have at most 1000 characters"),
        ("list_things", {"workspace_id": 1}, "workspace_id", "is no argument of this tool"),
        ("list_things", {"__proto__": {}}, "__proto__", "is no argument of this tool"),
        ("list_things", {"%(field)2000000000s": 1}, "%(field)2000000000s", "is no argument of this tool"),
        ("list_things", {"%(nothing)s": 1}, "%(nothing)s", "is no argument of this tool"),
        ("list_things", {"constructor": 1}, "constructor", "is no argument of this tool"),
        ("rename_workspace", {}, "name", "is required"),
        ("rename_workspace", {"name": ""}, "name", "must have at least 1 characters"),
        ("rename_workspace", {"name": "x", "dry_run": "yes"}, "dry_run", "must be true or false"),
        ("rename_workspace", {"name": "x", "idempotency_key": "short"}, "idempotency_key", "must have at least 8"),
        ("rename_workspace", {"name": "x", "idempotency_key": "with a blank"}, "idempotency_key", "is not valid"),
        ("rename_workspace", {"name": "x", "confirm_token": "y"}, "confirm_token", "is no argument of this tool"),
    ],
)
def test_each_wrong_argument_is_named(desk: Desk, told: Any, tool: str, arguments: dict[str, Any], field: str, why: str) -> None:
    with cheaply():
        said = told(desk.caller().result(tool, arguments))
    assert (said["code"], said["field"]) == ("invalid", field)
    assert why in said["fields"][field]
    assert said["message"].startswith(f"{field} {said['fields'][field]}")
    assert "x" * 100 not in said["message"]


def test_all_wrong_arguments_are_named_at_once(desk: Desk, told: Any) -> None:
    said = told(desk.caller().result("list_things", {"limit": 0, "kind": 7, "extra": 1}))
    assert set(said["fields"]) == {"limit", "kind", "extra"}


def test_a_flood_of_unknown_arguments_is_answered_shortly(desk: Desk, told: Any) -> None:
    said = told(desk.caller().result("list_things", {f"a{number}": 1 for number in range(5000)}))
    assert len(said["message"]) < 1200
    assert len(said["fields"]) == 8


def test_refused_arguments_are_audited_and_not_counted(desk: Desk, rows: Any) -> None:
    desk.caller().result("list_things", {"limit": 0})
    place = desk.workspace.id
    kept = rows(
        "SELECT tool, outcome FROM audit_event WHERE consent_id = 7 AND workspace_id = :place", place=place, workspace=place
    )
    assert kept == [{"tool": "list_things", "outcome": "refused"}]
    assert rows("SELECT used FROM usage_counter WHERE metric = 'mcp_calls'", workspace=place) == []


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("arguments", [[], "text", 7])
def test_arguments_that_are_no_object_are_invalid_params_and_named(desk: Desk, modern: bool, arguments: Any) -> None:
    answer = desk.caller(modern=modern).send("tools/call", {"name": "list_things", "arguments": arguments})
    said = "Invalid request parameters: params.arguments must be an object"
    assert answer.get_json()["error"] == {"code": -32602, "message": said}


CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


@pytest.mark.parametrize(
    ("modern", "meta", "said"),
    [
        (False, 7, "params._meta must be an object"),
        (False, {"progressToken": []}, "params._meta.progressToken is not as the protocol has it"),
        (True, {CAPABILITIES: 7}, f"params._meta.{CAPABILITIES} must be an object"),
        (True, {CAPABILITIES: {"experimental": {"own words": 7}}}, f"params._meta.{CAPABILITIES} is not as the protocol has it"),
    ],
)
def test_meta_that_is_not_as_it_should_be_is_named_by_the_protocols_own_words(
    desk: Desk, modern: bool, meta: Any, said: str
) -> None:
    version = "2026-07-28" if modern else "2025-11-25"
    if modern:
        meta = {"io.modelcontextprotocol/protocolVersion": version} | meta
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    headers = {"Authorization": f"Bearer {TOKEN}", "MCP-Protocol-Version": version, "Mcp-Method": "tools/list"}
    answer = desk.app.test_client().post("/mcp", json=message, headers=headers)
    assert answer.get_json()["error"] == {"code": -32602, "message": f"Invalid request parameters: {said}"}
