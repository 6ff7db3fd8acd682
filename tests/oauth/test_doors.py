"""Before any token: which Host, which Origin, which header, whose address."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blueprints.proxies import TrustedProxies
from models.settings import Settings
from tests.cast import Cast
from tests.oauth.flow import App, connect
from tests.oauth.made import created, key
from tests.servers import SECRET

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def settings(base_url: str, **values: Any) -> Settings:
    return Settings(base_url=base_url, secret_key=SECRET, **values)


@pytest.mark.parametrize(
    ("base_url", "ours", "not_ours"),
    [
        ("https://desk.example", {"desk.example", "desk.example:443"}, {"desk.example:80", "www.desk.example", "localhost"}),
        ("http://desk.example", {"desk.example", "desk.example:80"}, {"desk.example:443"}),
        ("https://desk.example:8443", {"desk.example:8443"}, {"desk.example", "desk.example:443"}),
        ("http://127.0.0.1:8000", {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}, {"localhost", "127.0.0.1", "[::1]:80"}),
        ("http://localhost", {"localhost", "localhost:80", "127.0.0.1", "[::1]:80"}, {"localhost:8000", "localhost.evil.test"}),
        ("https://[2001:db8::1]", {"[2001:db8::1]", "[2001:db8::1]:443"}, {"2001:db8::1"}),
    ],
)
def test_a_host_may_spell_its_default_port_out(base_url: str, ours: set[str], not_ours: set[str]) -> None:
    hosts = settings(base_url).hosts
    assert ours <= hosts
    assert hosts.isdisjoint(not_ours)


@pytest.mark.threat("MC02")
@pytest.mark.parametrize(("host", "status"), [("localhost:80", 200), ("LOCALHOST", 200), ("localhost:8080", 421), ("", 421)])
def test_the_server_answers_to_its_hosts_and_to_no_other(client: FlaskClient, host: str, status: int) -> None:
    assert client.get("/.well-known/oauth-authorization-server", headers={"Host": host}).status_code == status


def test_an_origin_is_ours_without_the_default_port_as_browsers_write_it() -> None:
    assert settings("https://desk.example").origins == {"https://desk.example"}
    assert settings("http://127.0.0.1:8000").origins == {
        "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000",
    }  # fmt: skip


def test_x_api_key_takes_keys_and_no_other_kind_of_token(app: Flask, cast: Cast, claude: App, alice: FlaskClient) -> None:
    told = connect(claude, alice, workspace="lotus-spa")
    script = created(app, cast.lotus, cast.alice, token_format="opaque")
    opaque = script.token({"grant_type": "client_credentials"}).json["access_token"]
    for path, ask in (("/mcp", claude.http.post), ("/api/server", claude.http.get)):
        for token in (told["access_token"], opaque, told["refresh_token"], "", "x"):
            body = {"json": PING} if path == "/mcp" else {}
            answer = ask(path, headers={"X-API-Key": token, "Accept": "application/json, text/event-stream"}, **body)
            assert answer.status_code == 401
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    good = {"X-API-Key": key(app, cast.lotus, cast.alice), "Accept": "application/json, text/event-stream"}
    assert claude.http.post("/mcp", json=PING, headers=good).status_code == 200
    assert claude.http.get("/api/server", headers=good).status_code == 200


@pytest.fixture
def seen() -> Callable[..., str]:
    """Which address the app sees behind trusted proxies in 10.0.0.0/8."""

    def ask(peer: str, forwarded: str | None = None) -> str:
        found: dict[str, Any] = {}
        proxied = TrustedProxies(
            lambda environ, _: found.update(environ) or [], settings("https://desk.example", trusted_proxies="10.0.0.0/8")
        )
        headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
        proxied({"REMOTE_ADDR": peer, **headers}, lambda *_: lambda _: None)
        return str(found["REMOTE_ADDR"])

    return ask


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"), ("10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"), ("::ffff:198.51.100.9", "203.0.113.1", "198.51.100.9"),
        ("::ffff:198.51.100.9", None, "198.51.100.9"), ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "203.0.113.1, 198.51.100.7", "198.51.100.7"), ("10.0.0.1", "203.0.113.1, nonsense", "10.0.0.1"),
        ("198.51.100.9", "203.0.113.1", "198.51.100.9"),
    ],
)  # fmt: skip
def test_an_ipv4_address_written_into_ipv6_is_itself(
    seen: Callable[..., str], peer: str, forwarded: str | None, address: str
) -> None:
    assert seen(peer, forwarded) == address


@pytest.mark.threat("RG12")
def test_behind_a_trusted_proxy_the_limit_is_the_visitors_and_nothing_they_forge_in_front_lifts_it(
    claude: App, with_settings: Callable[..., None], app: Flask
) -> None:
    with_settings(registration_limit=3)
    before, app.wsgi_app = app.wsgi_app, TrustedProxies(  # type: ignore[method-assign,assignment]
        app.wsgi_app, settings("http://localhost", trusted_proxies="127.0.0.0/8")
    )
    try:
        statuses = [
            claude.http.post(
                "/oauth/register",
                json={"redirect_uris": ["https://app.example/cb"], "client_name": f"App {number}"},
                headers={"X-Forwarded-For": f"203.0.113.{number}, 2001:db8:1:2::{number}"},
            ).status_code
            for number in range(5)
        ]
        other = claude.http.post(
            "/oauth/register",
            json={"redirect_uris": ["https://app.example/cb"], "client_name": "Neighbour"},
            headers={"X-Forwarded-For": "2001:db8:1:3::1"},
        )
    finally:
        app.wsgi_app = before  # type: ignore[method-assign]
    assert statuses == [201, 201, 201, 429, 429]
    assert other.status_code == 201
