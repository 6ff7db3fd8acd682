"""tools/call in both eras beside a plain Flask view with the same token check and query, in one run.

    pytest tests/benchmarks/bench_mcp.py -s

Real HTTP against gunicorn (2 processes), 8 connections, short rounds in turn; each figure is the median of the rounds. A
tool call also counts against the quota and leaves its audit row, which the plain view does not.
"""

import asyncio
import json
import re
import socket
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from models.activity.actor import SYSTEM
from models.base import enter, writing
from models.customers.tag import Tag
from tests.cast import PASSWORD, Cast
from tests.flows.connecting import App
from tests.servers import Server
from tests.visitor import Visitor

ROUNDS, SECONDS, CONNECTIONS = 21, 0.5, 8
ENOUGH = 0.6
TAGS = 60
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@pytest.fixture
def server(app: Flask, cast: Cast, serve: Callable[..., Server]) -> Server:
    """Frontdesk in two processes, over a workspace with tags."""
    with app.app_context():
        enter(cast.lotus.id)
        with writing():
            for number in range(TAGS):
                Tag.create(cast.lotus, f"benchmark {number}", SYSTEM)
    return serve(workers=2, threads=8, application="tests.benchmarks.mcp_app:app")


def test_both_eras_reach_six_tenths_of_a_plain_view(server: Server, database: str) -> None:
    token = _token(server)
    asked = {
        "plain": _get("/plain?limit=25", token),
        "2026-07-28": _call(token, modern=True),
        "2025-11-25": _call(token, modern=False),
    }
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for request in asked.values():
        _rate(server, request, 0.5)
    for _ in range(ROUNDS):
        for name, request in asked.items():
            rates[name].append(_rate(server, request, SECONDS))
    shares = {name: statistics.median(_shares(rates[name], rates["plain"])) for name in asked}
    for name, share in shares.items():
        print(f"{database:10} {name:12} {statistics.median(rates[name]):8.0f} requests/s  {share:.2f} of plain")
    assert min(shares["2026-07-28"], shares["2025-11-25"]) >= ENOUGH


def _shares(rates: list[float], plain: list[float]) -> list[float]:
    """Each round beside the plain view of the same round, since other work on the machine comes and goes."""
    return [rate / beside for rate, beside in zip(rates, plain, strict=True)]


def _token(server: Server) -> str:
    """What the official client gets when the owner lets it in: a signed token of a quarter of an hour."""
    client = App(f"{server.url}/mcp", Visitor(server.url), "alice@demo.test", PASSWORD, "Lotus Spa")

    async def connect() -> str:
        async with client.connected("legacy", client.provider()) as connection:
            await connection.list_tools()
        assert client.shelf.tokens is not None
        return client.shelf.tokens.access_token

    return asyncio.run(connect())


def _get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def _call(token: str, *, modern: bool) -> bytes:
    params: dict[str, Any] = {"name": "list_tags", "arguments": {"limit": 25}}
    headers = {"MCP-Protocol-Version": "2025-11-25"}
    if modern:
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "list_tags"}
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
        params["_meta"] = meta | {"io.modelcontextprotocol/clientCapabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    headers |= {"Host": "HOST", "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    headers |= {"Accept": "application/json, text/event-stream", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /mcp HTTP/1.1\r\n{head}\r\n{body}".encode()


def _rate(server: Server, request: bytes, seconds: float) -> float:
    """Answers a second over all connections; every answer is a success with rows in it."""
    request = request.replace(b"HOST", f"127.0.0.1:{server.port}".encode())
    counts = [0] * CONNECTIONS
    faults: list[bytes] = []
    until = time.perf_counter() + seconds

    def talk(number: int) -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.perf_counter() < until:
                line.sendall(request)
                answer = _receive(line)
                if b" 200 " not in answer[:20] or b"benchmark" not in answer:
                    faults.append(answer)
                    return
                counts[number] += 1

    started = time.perf_counter()
    threads = [threading.Thread(target=talk, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0][:500]
    return sum(counts) / (time.perf_counter() - started)


def _receive(line: socket.socket) -> bytes:
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        chunk = line.recv(65536)
        if not chunk:
            return received
        received += chunk
    length = _LENGTH.search(received, 0, end)
    total = end + 4 + (int(length[1]) if length else 0)
    while len(received) < total:
        received += line.recv(65536)
    return received
