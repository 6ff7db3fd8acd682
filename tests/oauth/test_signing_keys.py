"""Signing keys over several workers and hosts: withdrawn at once, and never fought over by two secrets."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from models import clock
from models.activity.actor import SYSTEM
from models.base import db, writing, writing_here
from models.oauth import signing_key
from models.oauth.signing_key import AnotherSecretKey, SigningKey
from tests.oauth.flow import App, connect
from tests.oauth.test_operator import Operator, operator

__all__ = ["operator"]  # a fixture
OTHER = SecretStr("the secret of another host, long enough")


@pytest.fixture
def process() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Go on as a process that has opened these keys; a new one has opened none."""
    kept = dict(signing_key._opened)

    def become(opened: dict[str, Any]) -> None:
        signing_key._opened.clear()
        signing_key._opened.update(opened)

    become({})
    yield become
    become(kept)


def sign(app: Flask) -> str:
    with app.app_context(), writing():
        return SigningKey.active()[0]


def test_keys_replaced_at_once_are_refused_by_a_worker_that_has_seen_their_tokens(
    claude: App, alice: FlaskClient, app: Flask, sql: Any
) -> None:
    told = connect(claude, alice)
    assert claude.call(told["access_token"]).status_code == 200  # verified and cached now
    with app.app_context(), writing():
        kid = SigningKey.replace_all(SYSTEM)
    answer = claude.call(told["access_token"])
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    again = claude.refresh(told["refresh_token"])
    assert again.status_code == 200
    assert claude.call(again.json["access_token"]).status_code == 200
    published = claude.http.get("/oauth/jwks").json["keys"]
    assert len(published) == 2 and kid in {key["kid"] for key in published}
    events = sql("SELECT verb FROM security_event WHERE verb LIKE '%_keys'")
    assert [row["verb"] for row in events] == ["replace_keys"]


def test_the_command_ends_every_token_in_use_and_says_so(claude: App, alice: FlaskClient, operator: Operator) -> None:
    told = connect(claude, alice)
    assert claude.call(told["access_token"]).status_code == 200
    said = operator("rotate-keys", "--now")
    assert said.returncode == 0, said.stderr
    assert said.stdout.endswith("Every token signed before is refused.\n")
    assert claude.call(told["access_token"]).status_code == 401


def test_introspection_of_a_token_whose_key_was_withdrawn_says_nothing(
    new_app: Callable[..., App], alice: FlaskClient, app: Flask
) -> None:
    script = new_app(token_endpoint_auth_method="client_secret_post")
    told = connect(script, alice)
    asked = {"client_id": script.id, "client_secret": script.secret, "token": told["access_token"]}
    assert script.http.post("/oauth/introspect", data=asked).json["active"] is True
    with app.app_context(), writing():
        SigningKey.replace_all(SYSTEM)
    assert script.http.post("/oauth/introspect", data=asked).json == {"active": False}


def test_a_host_with_another_secret_takes_over_once_and_the_first_says_so_instead_of_taking_back(
    app: Flask, process: Callable[[dict[str, Any]], None], with_settings: Callable[..., None], caplog: pytest.LogCaptureFixture,
    claude: App, alice: FlaskClient,
) -> None:  # fmt: skip
    told = connect(claude, alice)
    first, ours = sign(app), dict(signing_key._opened)
    process({})
    with_settings(secret_key=OTHER)
    with caplog.at_level(logging.WARNING):
        second = sign(app)
    assert second != first
    assert "All hosts must share one secret" in caplog.text
    process(ours)
    with_settings(secret_key=app.config["SECRET_KEY"] and SecretStr(app.config["SECRET_KEY"]))
    with pytest.raises(AnotherSecretKey, match="another host serves"):
        sign(app)
    with app.app_context():
        assert SigningKey.is_ours() is False
    assert claude.refresh(told["refresh_token"]).status_code == 500
    process({})
    with_settings(secret_key=OTHER)
    assert sign(app) == second


def test_after_a_change_of_the_secret_tokens_live_out_their_time_and_new_ones_are_signed_anew(
    app: Flask, process: Callable[[dict[str, Any]], None], with_settings: Callable[..., None], claude: App, alice: FlaskClient
) -> None:
    told = connect(claude, alice)
    process({})
    with_settings(secret_key=OTHER)
    assert claude.call(told["access_token"]).status_code == 200
    fresh = claude.refresh(told["refresh_token"]).json
    assert claude.call(fresh["access_token"]).status_code == 200
    with clock.stopped(clock.now() + timedelta(days=2)), app.app_context(), writing():
        SigningKey.forget_dead()
        assert len(SigningKey.published()) == 2


def test_threads_that_see_the_change_of_the_secret_at_once_take_over_once(
    app: Flask, process: Callable[[dict[str, Any]], None], with_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(app)
    process({})
    with_settings(secret_key=OTHER)
    first: list[str] = []

    @contextmanager
    def late() -> Iterator[None]:
        monkeypatch.setattr(signing_key, "writing_here", writing_here)
        with app.app_context():
            first.append(SigningKey.active()[0])
        with writing_here():
            yield

    monkeypatch.setattr(signing_key, "writing_here", late)
    with app.app_context():
        assert SigningKey.active()[0] == first[0]
        rows = db.session.execute(select(SigningKey.state).order_by(SigningKey.state))
        assert [row.state for row in rows] == ["active", "next", "retired"]


def test_doctor_says_which_host_has_another_secret(app: Flask, operator: Operator, database_url: str, tmp_path: Any) -> None:
    from tests.commands.program import frontdesk

    sign(app)
    told = {"database_url": database_url, "base_url": "http://localhost"}
    wrong = frontdesk(tmp_path / "data", "doctor", "--offline", secret_key=OTHER.get_secret_value(), **told)
    right = frontdesk(tmp_path / "data", "doctor", "--offline", secret_key=app.config["SECRET_KEY"], **told)
    assert "is of another FRONTDESK_SECRET_KEY" in wrong.stdout and wrong.returncode == 1
    assert "is of another FRONTDESK_SECRET_KEY" not in right.stdout
