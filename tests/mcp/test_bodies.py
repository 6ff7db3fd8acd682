"""Bodies as they come over a real socket: endless, cut short, larger than allowed, abandoned."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.mcp.desk import TOKEN
from tests.servers import Server

LIST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Iterator[Server]:
    """One worker, which is there before and after."""
    started = serve(application="tests.mcp.served_app:app", threads=2)
    yield started
    assert status(started, head(started, f"Content-Length: {len(LIST)}") + LIST) == 200


def head(server: Server, *headers: str, token: str = TOKEN) -> bytes:
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def status(server: Server, sent: bytes, *, hang_up: bool = False) -> int:
    """The status of the answer; 0 when the server only closed the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        try:
            line.sendall(sent)
        except OSError:
            return 0
        if hang_up:
            line.shutdown(socket.SHUT_WR)
        try:
            answer = line.recv(65536)
        except OSError:
            return 0
        return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.mark.threat("MC07")
def test_a_chunked_body_that_does_not_end_is_refused_at_a_megabyte(server: Server) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert status(server, head(server, "Transfer-Encoding: chunked") + chunk * 40) in (413, 0)


@pytest.mark.threat("MC07")
def test_a_body_of_two_megabytes_is_refused(server: Server) -> None:
    length = 2 * 1024 * 1024
    assert status(server, head(server, f"Content-Length: {length}") + b" " * length) in (413, 0)


def test_a_body_that_is_cut_short_is_refused_and_not_guessed_at(server: Server) -> None:
    assert status(server, head(server, f"Content-Length: {len(LIST) + 50}") + LIST, hang_up=True) in (400, 0)


@pytest.mark.threat("RS08")
def test_a_token_of_megabytes_is_refused_at_once(server: Server) -> None:
    started = time.perf_counter()
    assert status(server, head(server, f"Content-Length: {len(LIST)}", token="x" * 8_000_000) + LIST) in (400, 401, 431, 0)
    assert time.perf_counter() - started < 5


@pytest.mark.threat("MC19")
def test_a_write_whose_caller_hangs_up_is_done_once_and_audited(server: Server, rows: Any) -> None:
    call = {"name": "rename_workspace", "arguments": {"name": "Jade Spa"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(head(server, f"Content-Length: {len(body)}") + body)
    until = time.monotonic() + 10
    while time.monotonic() < until and rows("SELECT name FROM workspace WHERE slug = 'lotus-spa'")[0]["name"] != "Jade Spa":
        time.sleep(0.05)
    place = rows("SELECT id FROM workspace WHERE slug = 'lotus-spa'")[0]["id"]
    kept = rows("SELECT outcome FROM audit_event WHERE consent_id = 7 AND workspace_id = :place", place=place, workspace=place)
    assert kept == [{"outcome": "done"}]
