"""A read call: its result, its size, its audit row and its count."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import TimeoutError

from blueprints.mcp.sizes import RESULT_BYTES_MAX
from models.accounts import call_log, usage
from models.base import enter, writing
from tests.mcp.desk import Desk


def audited(desk: Desk, rows: Any) -> list[tuple[str, str]]:
    place = desk.workspace.id
    found = rows(
        "SELECT tool, outcome FROM audit_event WHERE consent_id = 7 AND workspace_id = :place ORDER BY id",
        place=place,
        workspace=place,
    )
    return [(row["tool"], row["outcome"]) for row in found]


def used(desk: Desk, rows: Any) -> int:
    place = desk.workspace.id
    found = rows(
        "SELECT used FROM usage_counter WHERE metric = 'mcp_calls' AND workspace_id = :place", place=place, workspace=place
    )
    return found[0]["used"] if found else 0


def test_a_read_call_is_counted_and_audited_once(desk: Desk, rows: Any) -> None:
    desk.caller().done("list_things")
    assert audited(desk, rows) == [("list_things", "done")]
    assert used(desk, rows) == 1


def test_what_is_not_found_is_counted_audited_and_told(desk: Desk, rows: Any, told: Any) -> None:
    said = told(desk.caller().result("find_thing", {"thing_id": "thg_1"}))
    assert said == {"code": "not_found", "message": "There is no thing with this id in this workspace."}
    assert audited(desk, rows) == [("find_thing", "not_found")]
    assert used(desk, rows) == 1


def test_a_fault_of_ours_is_counted_and_audited_too(desk: Desk, rows: Any) -> None:
    desk.caller().send("tools/call", {"name": "find_thing", "arguments": {"thing_id": "thg_fault"}})
    assert audited(desk, rows) == [("find_thing", "error")]
    assert used(desk, rows) == 1


def test_a_busy_database_is_said_to_be_and_nothing_is_given_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, told: Any
) -> None:
    def gives_up(*_: Any) -> None:
        raise TimeoutError("QueuePool limit of size 5 overflow 10 reached")

    monkeypatch.setattr(call_log, "count_and_keep", gives_up)
    answer = desk.caller().result("list_things")
    assert told(answer) == {"code": "conflict", "message": "The database is busy and nothing was changed; try again."}


def test_a_fault_of_ours_stays_one_where_the_database_is_too_busy_to_count_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gives_up(*_: Any) -> None:
        raise TimeoutError("QueuePool limit of size 5 overflow 10 reached")

    monkeypatch.setattr(call_log, "count_and_keep", gives_up)
    answer = desk.caller().send("tools/call", {"name": "find_thing", "arguments": {"thing_id": "thg_fault"}})
    assert answer.get_json()["error"]["code"] == -32603
    assert "a call that failed could not be counted: TimeoutError" in caplog.text


def test_text_is_utf_8_without_escapes(desk: Desk) -> None:
    answer = desk.caller().send("tools/call", {"name": "list_things", "arguments": {"limit": 1}})
    assert "茶".encode() in answer.data
    assert b"\\u" not in answer.data


def test_a_page_that_is_too_large_is_shortened_and_its_cursor_goes_on(desk: Desk) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while len(seen) < 100:
        arguments = {"limit": 100, "size": 500} | ({"cursor": cursor} if cursor else {})
        result = desk.caller().result("list_things", arguments)
        assert len(result["content"][0]["text"].encode()) <= RESULT_BYTES_MAX
        page = result["structuredContent"]
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"thg_{number}" for number in range(100)]


def test_one_row_that_is_too_large_is_cut_marked_and_named(desk: Desk) -> None:
    result = desk.caller().result("list_things", {"limit": 1, "size": 30_000})
    assert len(result["content"][0]["text"].encode()) <= RESULT_BYTES_MAX
    page = result["structuredContent"]
    assert (page["shortened"], page["items"][0]["name"][-2:]) == (["items[0].name"], "茶…")
    assert page["items"][0]["id"] == "thg_0"
    assert page["next_cursor"] == "1"


@pytest.mark.threat("MC18")
def test_call_1001_of_1000_is_refused_with_the_limit_and_when_it_resets(desk: Desk, rows: Any, told: Any) -> None:
    desk.admit(workspace=replace(desk.workspace, plan_code="free"))
    with desk.app.app_context():
        enter(desk.workspace.id)
        with writing():
            usage.take(desk.workspace.id, "free", "Asia/Hong_Kong", "mcp_calls", 999)
    desk.caller().done("list_things")
    said = told(desk.caller().result("list_things"))
    assert (said["code"], said["limit"], said["used"]) == ("quota_exceeded", 1000, 1000)
    assert said["resets_at"].endswith("T00:00:00+08:00")
    assert told(desk.caller().result("rename_workspace", {"name": "x"}))["code"] == "quota_exceeded"
    assert used(desk, rows) == 1000
    assert audited(desk, rows) == [("list_things", "done"), ("list_things", "refused"), ("rename_workspace", "refused")]


@pytest.mark.threat("MC18")
def test_parallel_calls_at_the_edge_are_counted_exactly(desk: Desk, rows: Any) -> None:
    desk.admit(workspace=replace(desk.workspace, plan_code="free"))
    with desk.app.app_context():
        enter(desk.workspace.id)
        with writing():
            usage.take(desk.workspace.id, "free", "Asia/Hong_Kong", "mcp_calls", 990)
    with ThreadPoolExecutor(12) as crowd:
        results = list(crowd.map(lambda _: desk.caller().result("list_things", {"limit": 1}), range(48)))
    refused = [json.loads(each["content"][0]["text"])["code"] for each in results if each.get("isError")]
    assert refused == ["quota_exceeded"] * 38
    assert used(desk, rows) == 1000
    outcomes = [outcome for _, outcome in audited(desk, rows)]
    assert (outcomes.count("done"), outcomes.count("refused")) == (10, 38)
