"""One endpoint, two eras: the handshake revisions and 2026-07-28, without sessions in either."""

import json
from typing import Any

import pytest

from tests.mcp.desk import TOKEN, Desk

ERAS = pytest.mark.parametrize("modern", [True, False], ids=["2026-07-28", "2025-11-25"])
LEGACY = {"Authorization": f"Bearer {TOKEN}"}
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def initialize(version: str) -> dict[str, Any]:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}


@ERAS
def test_a_tool_call_answers_with_content_and_the_same_as_text(desk: Desk, modern: bool) -> None:
    result = desk.caller(modern=modern).result("list_things", {"limit": 2})
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
    assert [row["id"] for row in result["structuredContent"]["items"]] == ["thg_0", "thg_1"]
    assert result["structuredContent"]["workspace"] == {"name": "Lotus Spa", "slug": "lotus-spa"}
    assert result["structuredContent"]["as_of"].endswith("+08:00")


@ERAS
def test_the_list_shows_titles_hints_and_both_schemas(desk: Desk, modern: bool) -> None:
    tools = desk.caller(modern=modern).send("tools/list").get_json()["result"]["tools"]
    assert [each["name"] for each in tools] == ["close_workspace", "find_thing", "list_things", "rename_workspace"]
    for each in tools:
        assert each["title"] and each["description"] and each["inputSchema"] and each["outputSchema"]
        assert set(each["annotations"]) >= {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}


def test_discover_says_what_there_is_and_that_it_is_private(desk: Desk) -> None:
    result = desk.caller().send("server/discover").get_json()["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert set(result["capabilities"]) == {"tools"}
    assert result["cacheScope"] == "private"
    assert result["ttlMs"] > 0
    assert result["resultType"] == "complete"


@pytest.mark.threat("MC04")
@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_every_handshake_revision_is_served_and_gets_no_session(desk: Desk, version: str) -> None:
    browser = desk.app.test_client()
    answer = browser.post("/mcp", json=initialize(version), headers=LEGACY)
    assert answer.get_json()["result"]["protocolVersion"] == version
    assert "Mcp-Session-Id" not in answer.headers
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert browser.post("/mcp", json=ready, headers=LEGACY | {"MCP-Protocol-Version": version}).status_code == 202
    ping = {"jsonrpc": "2.0", "id": "p", "method": "ping"}
    assert browser.post("/mcp", json=ping, headers=LEGACY).get_json() == {"jsonrpc": "2.0", "id": "p", "result": {}}


@pytest.mark.threat("MC04")
def test_a_session_id_proves_nothing(desk: Desk) -> None:
    browser = desk.app.test_client()
    answer = browser.post("/mcp", json=initialize("2025-11-25"), headers={"Mcp-Session-Id": TOKEN})
    assert answer.status_code == 401


def test_a_future_handshake_is_answered_with_the_latest_of_ours(desk: Desk) -> None:
    answer = desk.app.test_client().post("/mcp", json=initialize("2031-01-01"), headers=LEGACY)
    assert answer.get_json()["result"]["protocolVersion"] == "2025-11-25"


@pytest.mark.threat("MC03")
@pytest.mark.parametrize("enveloped", [True, False])
def test_an_unsupported_version_is_400_and_names_those_served(desk: Desk, enveloped: bool) -> None:
    version = "1999-01-01"
    params = {"_meta": META | {"io.modelcontextprotocol/protocolVersion": version}} if enveloped else {}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
    headers = LEGACY | {"MCP-Protocol-Version": version, "Mcp-Method": "tools/list"}
    answer = desk.app.test_client().post("/mcp", json=message, headers=headers)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == -32022
    assert answer.get_json()["error"]["data"] == {"supported": ["2026-07-28"], "requested": version}


@pytest.mark.parametrize(
    "headers",
    [{"Mcp-Method": "tools/call"}, {"Mcp-Method": ""}, {"MCP-Protocol-Version": ""}],
    ids=["another method", "no method", "no version"],
)
def test_a_header_that_differs_from_the_body_is_400(desk: Desk, headers: dict[str, str]) -> None:
    sent = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"} | headers
    sent = {name: value for name, value in sent.items() if value}
    message = {"jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": {"_meta": META}}
    answer = desk.app.test_client().post("/mcp", json=message, headers=LEGACY | sent)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == -32020
    assert answer.get_json()["id"] == 5


def test_another_name_in_the_header_is_400(desk: Desk) -> None:
    answer = desk.caller().send("tools/call", {"name": "list_things"}, headers={"Mcp-Name": "find_thing"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, -32020)


@pytest.mark.threat("MC20")
@pytest.mark.parametrize("value", ["=?base64?DQpTZXQtQ29va2llOiBh?=", "=?base64?not base64?=", "=?base64?/w==?="])
def test_a_parameter_header_that_hides_a_line_break_or_nonsense_is_400(desk: Desk, value: str) -> None:
    answer = desk.caller().send("tools/call", {"name": "list_things"}, headers={"Mcp-Param-Kind": value})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, -32020)
    answer = desk.caller().send("tools/call", {"name": "list_things"}, headers={"Mcp-Name": value})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, -32020)


@pytest.mark.threat("MC05")
def test_an_unknown_method_is_404_in_the_new_era_and_200_in_the_old(desk: Desk) -> None:
    new = desk.caller(modern=True).send("tools/cancel")
    old = desk.caller(modern=False).send("tools/cancel")
    assert (new.status_code, new.get_json()["error"]["code"]) == (404, -32601)
    assert (old.status_code, old.get_json()["error"]["code"]) == (200, -32601)


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "subscriptions/listen", "resources/list"])
def test_what_the_new_era_dropped_and_what_we_do_not_offer_is_not_found(desk: Desk, method: str) -> None:
    assert desk.caller().send(method).status_code in (400, 404)


@pytest.mark.threat("MC10")
@ERAS
@pytest.mark.parametrize("name", ["drop_everything", "list_things ", "", "__class__", "admin_tool"])
def test_unknown_and_hidden_tools_get_the_same_answer(desk: Desk, modern: bool, name: str) -> None:
    answer = desk.caller(modern=modern).send("tools/call", {"name": name}, headers={"Mcp-Name": name or "x"})
    if not name and modern:
        assert answer.get_json()["error"]["code"] == -32020
        return
    if modern and name != name.strip():
        assert answer.status_code == 400
        return
    assert answer.get_json()["error"] == {"code": -32602, "message": "Unknown tool"}


@ERAS
def test_notifications_are_accepted_and_nothing_is_answered(desk: Desk, modern: bool) -> None:
    version = "2026-07-28" if modern else "2025-11-25"
    message = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    answer = desk.app.test_client().post("/mcp", json=message, headers=LEGACY | {"MCP-Protocol-Version": version})
    assert (answer.status_code, answer.data) == (202, b"")
    assert "Content-Type" not in answer.headers, "nothing is of no type"


@pytest.mark.parametrize("verb", ["get", "delete", "put", "patch", "options", "head"])
def test_nothing_but_post_is_served(desk: Desk, verb: str) -> None:
    answer = getattr(desk.app.test_client(), verb)("/mcp", headers=LEGACY)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@ERAS
@pytest.mark.threat("MC09")
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "*/*", "text/html", None])
def test_every_accept_gets_json(desk: Desk, modern: bool, accept: str | None) -> None:
    answer = desk.caller(modern=modern).send("tools/list", headers={"Accept": accept} if accept else {})
    assert answer.status_code == 200
    assert answer.content_type == "application/json"


@ERAS
def test_a_fault_of_ours_says_no_more_than_that(desk: Desk, modern: bool) -> None:
    answer = desk.caller(modern=modern).send("tools/call", {"name": "find_thing", "arguments": {"thing_id": "thg_fault"}})
    assert answer.status_code == 200
    assert answer.get_json()["error"] == {"code": -32603, "message": "Internal server error"}


@pytest.mark.threat("MC15")
def test_the_list_is_the_same_bytes_for_every_workspace_and_scope(desk: Desk) -> None:
    desk.admit("viewer", scopes=("mcp.read",), role="viewer", consent=8)
    everyone = desk.caller().send("tools/list").data
    assert desk.caller("viewer").send("tools/list").data == everyone
