"""A secret is shown once: by the browser that made it, whatever copies of its cookie come, within five minutes."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import clock
from models.activity.actor import Actor
from models.base import db, enter, writing
from models.oauth import told_once
from models.oauth.client import Client
from tests.cast import Cast, Person
from tests.oauth import acts
from tests.oauth.made import created
from tests.racing import race

API = "/w/lotus-spa/settings/api"
NEW = {"name": "n8n", "kind": "confidential", "scopes": "mcp.read", "token_format": "jwt"}


def secret_in(answer: Any) -> str | None:
    found = re.search(r'id="client-secret">([^<]+)<', answer.get_data(as_text=True))
    return found[1] if found else None


def make(browser: FlaskClient) -> str:
    """Make an app and return the address of its page, not yet looked at."""
    answer = acts.send(browser, API, f"{API}/clients", NEW)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def copy_of(app: Flask, browser: FlaskClient) -> FlaskClient:
    other = app.test_client()
    with browser.session_transaction() as ours, other.session_transaction() as theirs:
        theirs.update(ours)
    return other


def test_a_copy_of_the_cookie_taken_before_is_not_told_again(app: Flask, alice: FlaskClient) -> None:
    page = make(alice)
    copy = copy_of(app, alice)
    assert secret_in(alice.get(page))
    assert secret_in(copy.get(page)) is None
    assert secret_in(alice.get(page)) is None


def test_another_browser_of_the_same_person_is_told_nothing_and_takes_nothing_away(
    cast: Cast, alice: FlaskClient, browser_of: Callable[[Person], FlaskClient]
) -> None:
    page = make(alice)
    assert secret_in(browser_of(cast.alice).get(page)) is None
    assert secret_in(browser_of(cast.dana).get(page)) is None
    assert secret_in(alice.get(page))


def test_five_minutes_later_nobody_is_told_and_the_row_is_swept(app: Flask, alice: FlaskClient, sql: Any) -> None:
    page = make(alice)
    with clock.stopped(clock.now() + timedelta(minutes=5)):
        with app.app_context(), writing():
            told_once.sweep()
        assert sql("SELECT count(*) AS n FROM told_once")[0]["n"] == 0
        assert secret_in(alice.get(page)) is None


def test_two_rotations_before_a_look_tell_the_newer_and_both_secrets_work(app: Flask, cast: Cast, alice: FlaskClient) -> None:
    one, other = created(app, cast.lotus, cast.alice), created(app, cast.lotus, cast.alice, name="Other")
    for script in (one, other, one):
        answer = acts.send(alice, API, f"{API}/clients/{script.id}/secret", {})
        assert answer.location == f"{API}/clients/{script.id}"
    told = {script.id: secret_in(alice.get(f"{API}/clients/{script.id}")) for script in (one, other)}
    with app.app_context():
        for client_id, secret in told.items():
            client = Client.known(client_id)
            assert client is not None and secret is not None and client.has_secret(secret)


def rotate(client_id: str, workspace_id: int, person: int) -> str:
    """One rotation, in a process of the race; what was told must work at once."""
    enter(workspace_id)
    with writing():
        secret = db.session.get_one(Client, client_id).rotate_secret(Actor("user", user_id=person))
    now = Client.known(client_id)
    return "works" if now is not None and now.has_secret(secret) else "lost"


def test_two_rotations_at_once_lose_neither_secret(app: Flask, cast: Cast, database_url: str) -> None:
    for _ in range(3):
        script = created(app, cast.lotus, cast.alice)
        assert race(database_url, rotate, [(script.id, cast.lotus.id, cast.alice.id)] * 2) == {"works": 2}


def tell(browser: str) -> str:
    """One look, in a process of the race."""
    return told_once.tell(browser, "key_x") or "nothing"


@pytest.mark.threat("TK18")
def test_of_many_looks_at_once_one_is_told_and_no_dump_of_the_row_tells(app: Flask, database_url: str, sql: Any) -> None:
    with app.app_context(), writing():
        told_once.keep("browser", "key_x", "crmak_the_key")
    assert "crmak_the_key" not in str(sql("SELECT * FROM told_once"))
    assert race(database_url, tell, [("browser",)] * 12) == {"crmak_the_key": 1, "nothing": 11}
    assert sql("SELECT count(*) AS n FROM told_once")[0]["n"] == 0


def test_a_secret_key_that_was_changed_in_between_tells_nothing(app: Flask, with_settings: Callable[..., None]) -> None:
    from pydantic import SecretStr

    with app.app_context():
        with writing():
            told_once.keep("browser", "key_x", "crmak_the_key")
        with_settings(secret_key=SecretStr("another secret of at least 32 characters"))
        assert told_once.tell("browser", "key_x") is None
