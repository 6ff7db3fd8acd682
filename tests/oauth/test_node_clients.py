"""Programs that judge an authorization server: a strict OAuth library, a bridge that many assistants use, a conformance suite."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.clients.consent import Owner, Terminal
from tests.clients.created import create_client
from tests.clients.node import Program, need_node
from tests.databases import free_port
from tests.servers import Server
from tests.visitor import Visitor

CALLBACK = "http://127.0.0.1:3120/callback"
METHODS = ["none", "client_secret_basic", "client_secret_post"]
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "desktop", "version": "1"}}


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    need_node()
    return serve()


@pytest.fixture
def owner(server: Server) -> Iterator[Owner]:
    with closing(Owner(Visitor(server.url))) as someone:
        yield someone


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), [*((method, "/mcp") for method in METHODS), ("none", "/mcp/lotus-spa")])
def test_oauth4webapi_registers_signs_in_refreshes_and_revokes(server: Server, owner: Owner, method: str, path: str) -> None:
    _judge(server, owner, path, method, registers=True)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS[1:])
def test_oauth4webapi_does_the_same_with_a_client_that_was_created(server: Server, owner: Owner, method: str) -> None:
    _judge(server, owner, "/mcp", method, json.dumps(create_client(owner, "Scripts", [CALLBACK])))


def _judge(server: Server, owner: Owner, path: str, method: str, *credentials: str, registers: bool = False) -> None:
    """Let the library go through it all; it has refused whatever strays from an RFC by then."""
    with Program("oauth4webapi.mjs", server.url, f"{server.url}{path}", CALLBACK, method, *credentials) as client:
        assert client.hear("resource")["resource"]["resource"] == f"{server.url}{path}"
        facts = client.hear("server")["server"]
        assert facts["issuer"] == server.url
        assert facts["authorization_response_iss_parameter_supported"] is True
        if registers:
            registered = client.hear("registered")["registered"]
            assert registered["token_endpoint_auth_method"] == method
            assert ("client_secret" in registered) == (method != "none")
        client.tell(callback=owner.authorize(client.hear("authorize")["authorize"]))

        first = client.hear("tokens")["tokens"]
        assert first["token_type"] == "bearer"  # the library lower-cases what it compares
        assert "mcp.read" in first["scope"].split()
        _is_for(client.hear("claims")["claims"], f"{server.url}{path}")
        second = client.hear("refreshed")["refreshed"]
        assert second["refresh_token"] != first["refresh_token"]
        assert second["scope"] == first["scope"]
        _is_for(client.hear("claims")["claims"], f"{server.url}{path}")
        if method != "none":
            assert client.hear("introspected")["introspected"]["active"] is True

        revoked = client.hear("revoked")["revoked"]
        assert revoked["refresh"] == {"status": 400, "error": "invalid_grant"}
        assert revoked["access"]["status"] == 401
        [challenge] = revoked["access"]["challenges"]
        assert challenge["scheme"] == "bearer"
        assert challenge["parameters"]["error"] == "invalid_token"


def _is_for(claims: dict[str, Any], audience: str) -> None:
    assert claims["aud"] in (audience, [audience])
    assert "mcp.read" in claims["scope"].split()


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["legacy", "auto"])
def test_mcp_remote_bridges_keeps_its_sign_in_and_ends_with_it(
    server: Server, owner: Owner, tmp_path: Path, protocol: str
) -> None:
    bridge = (".bin/mcp-remote", f"{server.url}/mcp", str(free_port()), "--host", "127.0.0.1", "--transport", "http-only")

    with Terminal(owner, *bridge, "--protocol", protocol, home=tmp_path) as desktop:
        tools = _tools_through(desktop)
        assert desktop.signed_in == 1

    [kept] = tmp_path.rglob("*_tokens.json")
    before = json.loads(kept.read_text())
    kept.write_text(json.dumps(before | {"access_token": f"{before['access_token'][:-6]}AAAAAA"}))
    with Terminal(owner, *bridge, "--protocol", protocol, home=tmp_path) as desktop:
        assert _tools_through(desktop) == tools
        assert desktop.signed_in == 0, "it refreshes without the person"
    assert json.loads(kept.read_text())["refresh_token"] != before["refresh_token"]

    owner.revoke()
    with Terminal(owner, *bridge, "--protocol", protocol, home=tmp_path) as desktop:
        assert _tools_through(desktop) == tools
        assert desktop.signed_in == 1, "cut off, it needs the person again"


@pytest.mark.slow
def test_mcp_remote_on_another_port_is_still_the_same_client(server: Server, owner: Owner, tmp_path: Path) -> None:
    known: set[str] = set()
    for port in (str(free_port()), str(free_port())):
        bridge = (".bin/mcp-remote", f"{server.url}/mcp", port, "--host", "127.0.0.1", "--transport", "http-only")
        with Terminal(owner, *bridge, home=tmp_path) as desktop:
            _tools_through(desktop)
            assert desktop.signed_in == 1
        known.add(desktop.client_id)
        for kept in tmp_path.rglob("*_tokens.json"):
            kept.unlink()  # a token that still works would keep it from registering anew
    assert len(known) == 1


def _tools_through(desktop: Terminal) -> list[str]:
    """What a desktop program behind the bridge sees."""
    desktop.ask("result", jsonrpc="2.0", id=1, method="initialize", params=HELLO)
    desktop.tell(jsonrpc="2.0", method="notifications/initialized")
    listed = desktop.ask("result", jsonrpc="2.0", id=2, method="tools/list", params={})
    return [tool["name"] for tool in listed["result"]["tools"]]


@pytest.mark.slow
def test_the_conformance_suite_passes_every_authorization_scenario(server: Server, owner: Owner) -> None:
    port = str(free_port())
    public = create_client(owner, "Conformance", [f"http://127.0.0.1:{port}/callback"], kind="public")
    suite = (".bin/conformance", "authorization", "--url", server.url, "--resource", f"{server.url}/mcp", "-p", port)
    with Terminal(owner, *suite, "--client-id", public["client_id"]) as judge:
        printed = judge.output()
        assert judge.signed_in == 1
    verdicts = re.findall(r"^[✓✗] ([a-z-]+): (\d+) passed, (\d+) failed$", printed, re.MULTILINE)
    assert {name for name, _, _ in verdicts} == {"authorization-server-metadata-endpoint", "authorization-code-grant"}
    assert all(int(passed) and not int(failed) for _, passed, failed in verdicts), printed
