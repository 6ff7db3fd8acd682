"""THREATS.md MD12 and RS19: there is one way out of the server, and a caller's token never takes it."""

import ast
import socket
from pathlib import Path

import pytest

from tests.oauth.flow import connect

ROOT = Path(__file__).resolve().parents[3]
OPENERS = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "aiohttp", "urllib3"}
OPENERS |= {"urllib.request", "http.client", "socket", "ftplib", "smtplib"}
OPEN_ON_PURPOSE = {
    "blueprints/outbound": "the fetcher of client-given URLs",
    "models/accounts/mail.py": "the operator's own mail server",
    "blueprints/commands": "the operator's own machine: ports, doctor",
}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.threat("MD12")
@pytest.mark.threat("RS19")
def test_nothing_but_the_fetcher_and_the_mailer_can_open_a_connection():
    loose = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in ("models", "blueprints")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not str(path.relative_to(ROOT)).startswith(tuple(OPEN_ON_PURPOSE))
        for name in imports_of(path)
        if name in OPENERS
    ]
    assert loose == []


@pytest.mark.threat("RS19")
def test_a_call_with_a_token_connects_to_nowhere(claude, alice, monkeypatch):
    token = connect(claude, alice, workspace="lotus-spa")["access_token"]
    reached = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: reached.append(address))
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_tags", "arguments": {}}}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    answer = claude.http.post("/mcp", json=call, headers=headers)
    assert answer.status_code == 200
    assert reached == []
    assert token not in answer.get_data(as_text=True)
