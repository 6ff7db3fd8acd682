"""What is no JSON-RPC message is refused before any work, in JSON-RPC's own form."""

from typing import Any

import pytest

from tests.cheaply import cheaply
from tests.mcp.desk import TOKEN, Desk

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
LIST = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'


def refusal(desk: Desk, body: bytes, **headers: str) -> tuple[int, int]:
    with cheaply():
        answer = desk.app.test_client().post("/mcp", data=body, headers=HEADERS | headers)
    return answer.status_code, answer.get_json()["error"]["code"]


@pytest.mark.threat("MC06")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + LIST,
        LIST + LIST,
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":NaN}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":-Infinity}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":1e400}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":"\\ud800"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":"\xed\xa0\x80"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":' + b"9" * 5000 + b"}}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":' + b"[" * 300 + b"]" * 300 + b"}}",
    ],
)
def test_malformed_json_is_a_parse_error(desk: Desk, body: bytes) -> None:
    assert refusal(desk, body) == (400, -32700)


@pytest.mark.threat("MC08")
@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"[" + LIST + b"]",
        b"1",
        b'"text"',
        b"null",
        b'{"jsonrpc":"2.0","id":null,"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":[1],"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":true,"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}',
        b'{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
        b'{"id":1,"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"2.0","id":1,"method":7}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}',
        b'{"jsonrpc":"2.0","id":1,"result":{},"params":[1]}',
        b'{"jsonrpc":"2.0","id":1,"method":"notifications/initialized"}',
    ],
)
def test_what_is_json_but_no_single_message_is_an_invalid_request(desk: Desk, body: bytes) -> None:
    assert refusal(desk, body) == (400, -32600)


@pytest.mark.threat("MC08")
def test_an_id_that_no_double_holds_is_refused(desk: Desk) -> None:
    status, code = refusal(desk, b'{"jsonrpc":"2.0","id":1e400,"method":"tools/list"}')
    assert (status, code) in ((400, -32600), (400, -32700))


def test_a_refused_message_is_audited_by_its_code_alone(desk: Desk, rows: Any) -> None:
    refusal(desk, b'{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"secret"}')
    desk.caller(modern=False).send("tools/call", {"name": "no_such_tool"})
    place = desk.workspace.id
    sql = "SELECT verb, outcome, tool, fields FROM audit_event WHERE consent_id = 7 AND workspace_id = :place ORDER BY id"
    kept = [(row["verb"], row["outcome"], row["tool"], str(row["fields"])) for row in rows(sql, place=place, workspace=place)]
    assert [each[:3] for each in kept] == [("mcp_message", "refused", None)] * 2
    assert ["-32700" in kept[0][3], "-32602" in kept[1][3]] == [True, True]


def test_ids_come_back_as_they_were_sent(desk: Desk) -> None:
    for spelled in ("0", "-7", "9007199254740993", '""', '"\u8336"'):
        body = LIST.replace(b'"id":1', f'"id":{spelled}'.encode())
        answer = desk.app.test_client().post("/mcp", data=body, headers=HEADERS)
        assert f'"id":{spelled}'.encode() in answer.data


@pytest.mark.threat("MC07")
def test_a_byte_more_than_a_megabyte_is_413(desk: Desk) -> None:
    room = 1024 * 1024 - len(LIST)
    assert desk.app.test_client().post("/mcp", data=LIST + b" " * room, headers=HEADERS).status_code == 200
    assert desk.app.test_client().post("/mcp", data=LIST + b" " * (room + 1), headers=HEADERS).status_code == 413


@pytest.mark.threat("MC07")
def test_compressed_and_foreign_bodies_are_415(desk: Desk) -> None:
    for headers in ({"Content-Encoding": "gzip"}, {"Content-Type": "text/plain"}, {"Content-Type": "application/xml"}):
        assert desk.app.test_client().post("/mcp", data=LIST, headers=HEADERS | headers).status_code == 415


def test_a_response_that_nobody_waits_for_is_accepted_in_the_old_era_only(desk: Desk) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":{}}'
    assert desk.app.test_client().post("/mcp", data=body, headers=HEADERS).status_code == 202
    assert refusal(desk, body, **{"MCP-Protocol-Version": "2026-07-28"}) == (400, -32600)
