"""The same job as `test_connect_an_app`, done by programs that other people wrote, in their own OAuth code."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cast import DEMO_PASSWORD
from tests.clients.consent import Owner, Terminal
from tests.clients.node import Program, command, environment, need_node, run
from tests.databases import free_port
from tests.servers import Server
from tests.visitor import Visitor

CALLBACK = "http://127.0.0.1:3119/callback"
TYPESCRIPT = [
    pytest.param(("connect-v1.mjs",), "2025-11-25", "/mcp", id="1.x"),
    pytest.param(("connect-v1.mjs",), "2025-11-25", "/mcp/lotus-spa", id="1.x-one-workspace"),
    pytest.param(("connect-v2.mjs", "legacy"), "2025-11-25", "/mcp", id="2.x-handshake"),
    pytest.param(("connect-v2.mjs", "2026-07-28"), "2026-07-28", "/mcp", id="2.x-pinned"),
    pytest.param(("connect-v2.mjs", "auto"), "2026-07-28", "/mcp/lotus-spa", id="2.x-auto-one-workspace"),
]


@pytest.fixture
def server(salon: Callable[..., Server]) -> Server:
    need_node()
    return salon()


@pytest.fixture
def owner(server: Server) -> Iterator[Owner]:
    with closing(Owner(Visitor(server.url), password=DEMO_PASSWORD)) as someone:
        yield someone


@pytest.mark.slow
@pytest.mark.parametrize(("program", "version", "path"), TYPESCRIPT)
def test_a_typescript_client_connects_works_refreshes_and_is_cut_off(
    server: Server, owner: Owner, program: tuple[str, ...], version: str, path: str
) -> None:
    script, *era = program
    with Program(script, f"{server.url}{path}", CALLBACK, *era) as client:
        client.tell(callback=owner.authorize(client.hear("authorize")["authorize"]))
        assert client.hear("connected")["connected"]["version"] == version

        _work(client)
        before = client.ask("tokens", do="tokens")["tokens"]
        client.ask("expired", do="expire")
        _call(client, "list_tags")
        after = client.ask("tokens", do="tokens")
        assert after["refreshes"] == 1
        assert after["tokens"]["refresh_token"] != before["refresh_token"]

        owner.revoke()
        client.tell(do="call", tool="list_tags", arguments={})
        assert client.hear("authorize"), "cut off, the client asks for the person again"
        assert client.hear("refused")["refused"] in ("UnauthorizedError", "Error")
    token = {"Authorization": f"Bearer {after['tokens']['access_token']}"}
    cut_off = httpx.post(f"{server.url}{path}", json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=token)
    assert cut_off.status_code == 401
    assert 'error="invalid_token"' in cut_off.headers["www-authenticate"]


def _work(client: Program) -> None:
    """Members tagged vip who have not booked for 60 days."""
    tools = {tool["name"] for tool in client.ask("tools", do="list")["tools"]}
    assert {"search_members", "list_tags", "list_bookings"} <= tools
    members = _call(client, "search_members", tags_any=["vip"], inactive_days=60)["items"]
    assert members
    assert all("vip" in member["tags"] for member in members)
    assert _call(client, "list_tags", prefix="vip")["items"][0]["count"] >= len(members)
    since = {"from": "-59d", "to": "today"}
    bookings = _call(client, "list_bookings", member_id=members[0]["id"], **since)["items"]
    assert [each for each in bookings if each["status"] in ("confirmed", "checked_in", "completed")] == []


def _call(client: Program, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers, after the SDK has checked it against the tool's output schema."""
    result = client.ask("result", do="call", tool=tool, arguments=arguments)["result"]
    assert not result.get("isError"), result
    answer: dict[str, Any] = result["structuredContent"]
    return answer


@pytest.mark.slow
@pytest.mark.parametrize(("era", "path"), [("legacy", "/mcp"), ("modern", "/mcp"), ("modern", "/mcp/lotus-spa")])
def test_the_inspector_signs_in_lists_works_and_is_cut_off(
    server: Server, owner: Owner, tmp_path: Path, era: str, path: str
) -> None:
    inspect = _Inspector(server, tmp_path, era, path)
    words = inspect.words("--method", "tools/list", "--strict")
    with Terminal(owner, *words, home=tmp_path, **inspect.variables) as terminal:
        listed = json.loads(terminal.output())["result"]["tools"]
        assert terminal.signed_in == 1
    assert {"search_members", "list_tags", "list_bookings"} <= {tool["name"] for tool in listed}

    members = inspect.call("search_members", tags_any=["vip"], inactive_days=60)["items"]
    assert members
    assert inspect.call("list_tags", prefix="vip")["items"][0]["count"] >= len(members)
    bookings = inspect.call("list_bookings", member_id=members[0]["id"], **{"from": "-59d", "to": "today"})["items"]
    assert [each for each in bookings if each["status"] in ("confirmed", "checked_in", "completed")] == []
    assert inspect.call("list_bookings", **{"from": "-59d", "to": "today"})["items"]

    spoilt = inspect.spoil_access_token()
    assert inspect.again("--method", "tools/list")["tools"] == listed, "it refreshes on its own"
    assert spoilt not in inspect.secrets.read_text()

    owner.revoke()
    refused = inspect.run("--stored-auth-only", "--method", "tools/list")
    assert refused.returncode != 0
    assert "auth" in refused.stderr


@pytest.mark.slow
def test_the_inspector_works_with_a_token_it_was_handed(server: Server, owner: Owner, tmp_path: Path) -> None:
    with Program("connect-v1.mjs", f"{server.url}/mcp", CALLBACK) as client:
        client.tell(callback=owner.authorize(client.hear("authorize")["authorize"]))
        client.hear("connected")
        token = client.ask("tokens", do="tokens")["tokens"]["access_token"]
    bearer = ("--header", f"Authorization: Bearer {token}")
    for era in ("legacy", "modern"):
        inspect = _Inspector(server, tmp_path, era)
        listed = inspect.again(*bearer, "--method", "tools/list")
        assert "list_tags" in {tool["name"] for tool in listed["tools"]}
        called = inspect.again(*bearer, "--method", "tools/call", "--tool-name", "list_tags", "--tool-arg", "prefix=vip")
        assert called["structuredContent"]["items"][0]["name"] == "vip"


class _Inspector:
    """`mcp-inspector --cli`, which keeps what it was given in a file of its own."""

    variables = {"MCP_AUTO_OPEN_ENABLED": "true", "MCP_INSPECTOR_SECRET_STORE": "file"}

    def __init__(self, server: Server, home: Path, era: str, path: str = "/mcp") -> None:
        self.url, self.home, self.era = f"{server.url}{path}", home, era
        self.secrets = home / ".mcp-inspector" / "secrets.json"
        self.callback = f"http://127.0.0.1:{free_port()}/oauth/callback"

    def spoil_access_token(self) -> str:
        """Make the token it keeps one that the server refuses; only its refresh token can help now."""
        kept = json.loads(self.secrets.read_text())
        [(name, value)] = ((name, value) for name, value in kept["secrets"].items() if ":tokens:" in name)
        tokens = json.loads(value)
        tokens["access_token"] = f"{tokens['access_token'][:-6]}AAAAAA"
        kept["secrets"][name] = json.dumps(tokens)
        self.secrets.write_text(json.dumps(kept))
        return str(tokens["access_token"])

    def words(self, *more: str) -> list[str]:
        address = ["--server-url", self.url, "--transport", "http", "--protocol-era", self.era]
        return [".bin/mcp-inspector", "--cli", *address, "--callback-url", self.callback, "--format", "json", *more]

    def run(self, *more: str) -> Any:
        return run(command(*self.words(*more)), environment(self.home, **self.variables))

    def again(self, *more: str) -> dict[str, Any]:
        """Run it with what it already has; nobody is at the browser."""
        ended = self.run("--stored-auth-only", *more) if "--header" not in more else self.run(*more)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        result: dict[str, Any] = json.loads(ended.stdout)["result"]
        return result

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers to what it already has."""
        words = ("--method", "tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))
        answer: dict[str, Any] = self.again(*words)["structuredContent"]
        return answer
