"""THREATS.md, group MD, where this server fetches: the real fetcher behind the real endpoints, and a canary inside."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from blueprints.outbound import may_fetch
from models import clock
from models.base import db
from tests.oauth.flow import App, open_consent
from tests.oauth.internet import Canary, reply
from tests.oauth.published_app import HOST, IDENTITY, Outside, PublishedApp
from tests.racing import race

INWARD = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"]
SPELLINGS = [
    "127.0.0.1", "[::1]", "localhost", "localhost.", "2130706433", "0x7f000001", "0177.1", "127.1", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "10.0.0.1", "169.254.169.254", "100.64.0.1", "[fc00::1]", "0", "foo.localhost",
]  # fmt: skip


@pytest.fixture(scope="module")
def _outside() -> Iterator[Outside]:
    outside = Outside(HOST, "inward.example", "*.many.example")
    yield outside
    outside.close()


@pytest.fixture
def one(app: Flask, _outside: Outside) -> Iterator[PublishedApp]:
    """A published app that signs."""
    _outside.requests.clear()
    _outside.connections.clear()
    before = app.extensions["outbound"]
    yield PublishedApp(app, _outside)
    app.extensions["outbound"] = before


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Somebody who listens inside; one visit proves that there is anybody to reach."""
    canary = Canary()
    for address in ("127.0.0.1", "::1"):
        socket.create_connection((address, canary.port)).close()
    while len(canary.visits) < 2:
        time.sleep(0.01)
    yield canary
    time.sleep(0.1)
    assert len(canary.visits) == 2, "somebody came"
    canary.close()


@pytest.fixture
def told(one: PublishedApp, alice: FlaskClient) -> dict[str, Any]:
    """The app connected."""
    code = open_consent(alice, one.client.question(scope="mcp.read")).authorize()
    answer = one.client.redeem(code, **one.proof("first"))
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def refused(answer: Any, error: str = "invalid_client", status: int = 401) -> None:
    assert (answer.status_code, answer.json["error"]) == (status, error)


@pytest.mark.threat("MD05")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_identity_inside_is_never_visited_from_the_authorize_endpoint(
    one: PublishedApp, alice: FlaskClient, canary: Canary, spelling: str
) -> None:
    for port in ("", f":{canary.port}"):
        inside = App(one.app.test_client(), id=f"https://{spelling}{port}/client.json")
        assert alice.get(inside.question()).status_code == 400


@pytest.mark.threat("MD05")
@pytest.mark.parametrize("address", INWARD)
def test_a_public_name_that_leads_inside_is_never_visited_from_the_authorize_endpoint(
    one: PublishedApp, alice: FlaskClient, canary: Canary, address: str
) -> None:
    one.outside.addresses["inward.example"] = (address,)
    inside = App(one.app.test_client(), id=f"https://inward.example:{canary.port}/client.json")
    assert alice.get(inside.question()).status_code == 400
    assert "inward.example" in one.outside.resolved


@pytest.mark.threat("MD05")
@pytest.mark.parametrize("address", INWARD)
@pytest.mark.parametrize("at", ["token", "revoke", "introspect"])
def test_keys_that_a_document_points_inside_for_are_never_visited(
    one: PublishedApp, told: dict[str, Any], canary: Canary, address: str, at: str
) -> None:
    one.outside.addresses["inward.example"] = (address,)
    one.publish(jwks_uri=f"https://inward.example:{canary.port}/keys", jwks=None)
    one.now += 61
    sent = {"client_id": IDENTITY, "token": told["refresh_token"], **one.proof("second")}
    refreshing = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]} if at == "token" else {}
    refused(one.client.http.post(f"/oauth/{at}", data=sent | refreshing))
    assert "inward.example" in one.outside.resolved


@pytest.mark.threat("MD05")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_document_whose_keys_are_inside_by_its_text_is_refused_before_any_look_up(
    one: PublishedApp, told: dict[str, Any], canary: Canary, spelling: str
) -> None:
    one.publish(jwks_uri=f"https://{spelling}:{canary.port}/keys", jwks=None)
    one.now += 61
    refused(one.refresh(told["refresh_token"], "second"))


def test_a_key_that_was_withdrawn_proves_nothing_and_the_new_one_does_though_nobody_came_by(
    one: PublishedApp, told: dict[str, Any]
) -> None:
    new = ECKey.generate_key("P-256", {"kid": "one"})
    one.publish(jwks=one.public(new))
    one.now += 31
    refused(one.refresh(told["refresh_token"], "withdrawn"))
    one.key = new
    assert one.refresh(told["refresh_token"], "new").status_code == 200


def test_keys_elsewhere_are_read_anew_too(one: PublishedApp, told: dict[str, Any]) -> None:
    from json import dumps

    new = ECKey.generate_key("P-256", {"kid": "one"})
    one.publish(jwks_uri=f"https://{HOST}/keys", jwks=None)
    one.outside.answers["/keys"] = reply(dumps(one.public(one.key)).encode())
    one.now += 31
    again = one.refresh(told["refresh_token"], "second")
    assert again.status_code == 200
    one.outside.answers["/keys"] = reply(dumps(one.public(new)).encode())
    one.now += 31
    refused(one.refresh(again.json["refresh_token"], "third"))
    assert one.refresh(again.json["refresh_token"], "fourth", new).status_code == 200


@pytest.mark.parametrize("change", [{"token_endpoint_auth_method": "none", "jwks": None}, {"client_id": "https://evil.test/c"}])
def test_a_document_that_no_longer_stands_for_keys_lets_nobody_in(
    one: PublishedApp, told: dict[str, Any], change: dict[str, Any]
) -> None:
    one.publish(**({"jwks": one.public(one.key)} | change))
    one.now += 31
    refused(one.refresh(told["refresh_token"], "second"))


def test_while_its_host_does_not_answer_the_app_is_refused_and_nothing_is_spent(
    one: PublishedApp, told: dict[str, Any]
) -> None:
    del one.outside.answers["/client.json"]
    one.now += 31
    refused(one.refresh(told["refresh_token"], "second"))
    one.publish(jwks=one.public(one.key))
    one.now += 31
    assert one.refresh(told["refresh_token"], "third").status_code == 200


@pytest.mark.threat("MD10")
def test_one_visitor_cannot_aim_the_whole_server_at_many_hosts(app: Flask) -> None:
    with app.app_context():
        allowed = Counter(may_fetch("198.51.100.7", f"{number}.many.example") for number in range(40))
        assert allowed == {True: 30, False: 10}
        assert may_fetch("198.51.100.8", "0.many.example")


def ask(number: int, at: datetime) -> str:
    """One look-up at a host that everybody asks for, in a process of the race; all in the one minute that is counted."""
    with clock.stopped(at):
        return str(may_fetch(f"198.51.100.{number}", "target.example"))


@pytest.mark.threat("MD10")
def test_many_visitors_cannot_aim_several_processes_at_one_host(app: Flask, database_url: str) -> None:
    at = clock.now()
    assert race(database_url, ask, [(number, at) for number in range(80)]) == {"True": 60, "False": 20}


@pytest.mark.threat("MD10")
def test_a_look_up_over_the_limit_is_refused_with_the_one_text_and_not_held_against_others(
    one: PublishedApp, alice: FlaskClient, app: Flask
) -> None:
    with app.app_context():
        for _ in range(30):
            may_fetch("127.0.0.1", "elsewhere.example")  # the test client's address
        db.session.remove()
    answer = alice.get(one.client.question())
    assert answer.status_code == 400
    assert "published identity could not be read" in answer.get_data(as_text=True)
    assert one.outside.connections == []
    other = {"environ_base": {"REMOTE_ADDR": "198.51.100.9"}}
    assert alice.get(one.client.question(), **other).status_code == 200
