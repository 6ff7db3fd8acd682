"""A forgotten password: the mail, the link, and what a new password ends. The SMTP server is a real one."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import text
from werkzeug.test import TestResponse

from models import clock
from models.accounts.user import User
from models.base import db, writing
from models.oauth import new_password
from tests.cast import PASSWORD, Cast
from tests.portal import apps
from tests.portal.post_office import PostOffice, open_post_office

Submit = Callable[..., TestResponse]
NEW = "another few words"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def post_office(with_settings: Callable[..., None]) -> Iterator[PostOffice]:
    with open_post_office() as office:
        with_settings(mail_url=SecretStr(office.url), mail_from="Frontdesk <desk@example.com>")
        yield office


def ask(submit: Submit, browser: FlaskClient, email: str, **options: object) -> TestResponse:
    return submit(browser, "/password-reset", {"email": email}, **options)


def link_for(app: Flask, email: str) -> str:
    """A link made as the operator makes one; its path."""
    with app.app_context(), writing():
        user = User.by_email(email)
        assert user is not None
        return new_password.link_of(user).url.removeprefix("http://localhost")


def can_sign_in(app: Flask, submit: Submit, email: str, password: str) -> bool:
    return submit(app.test_client(), "/login", {"email": email, "password": password}).status_code == 303


def test_the_mail_has_a_link_of_the_configured_address_that_sets_a_password_once(
    app: Flask, client: FlaskClient, submit: Submit, post_office: PostOffice
) -> None:
    answer = ask(submit, client, "Alice@demo.test")
    assert answer.status_code == 200
    letter = post_office.wait_for(1)[0]
    assert (letter["To"], letter["From"], letter["Subject"]) == (
        "alice@demo.test", "Frontdesk <desk@example.com>", "Choose a new password",
    )  # fmt: skip
    found = re.search(r"http://localhost(/password-reset/\S+)", letter.get_content())
    assert found
    assert submit(client, found[1], {"password": NEW}).location == "/login"
    assert can_sign_in(app, submit, "alice@demo.test", NEW)
    assert not can_sign_in(app, submit, "alice@demo.test", PASSWORD)
    assert client.get(found[1]).status_code == 400


@pytest.mark.threat("PO06")
def test_a_forged_host_poisons_no_link(client: FlaskClient, submit: Submit, post_office: PostOffice) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "gopher"}
    ask(submit, client, "alice@demo.test", headers=forged)
    assert "evil" not in post_office.wait_for(1)[0].get_content()
    assert client.post("/password-reset", headers={"Host": "evil.example"}).status_code == 421


def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
    client: FlaskClient, submit: Submit, post_office: PostOffice, app: Flask
) -> None:
    known, unknown = ask(submit, client, "bob@demo.test"), ask(submit, client, "nobody@demo.test")
    assert known.status_code == unknown.status_code == 200
    assert known.data == unknown.data
    post_office.wait_for(1)
    assert post_office.recipients == ["bob@demo.test"]


def test_an_unreachable_mail_server_changes_no_answer(
    client: FlaskClient, submit: Submit, with_settings: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    with_settings(mail_url=SecretStr("smtp://127.0.0.1:1"))
    assert ask(submit, client, "bob@demo.test").data == ask(submit, client, "nobody@demo.test").data


def test_a_mail_server_that_asks_for_a_password_gets_it(
    client: FlaskClient, submit: Submit, with_settings: Callable[..., None]
) -> None:
    with open_post_office(asks_password=True) as office:
        with_settings(mail_url=SecretStr(office.url))
        ask(submit, client, "bob@demo.test")
        office.wait_for(1)
        assert office.signed_in_as == ["us@er:p:w"]


def test_asking_is_limited_by_account_for_known_and_unknown_alike(client: FlaskClient, submit: Submit) -> None:
    for email in ("bob@demo.test", "nobody@demo.test"):
        assert [ask(submit, client, email).status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_reset_ends_every_sign_in_and_every_apps_access_and_no_one_elses(
    app: Flask, cast: Cast, client: FlaskClient, alice: FlaskClient, bob: FlaskClient, submit: Submit
) -> None:
    claude = apps.make_client(app)
    mine = [apps.connect(app, cast.alice, place, claude) for place in (cast.lotus, cast.peak)]
    bobs = apps.connect(app, cast.bob, cast.lotus, claude)
    submit(client, link_for(app, "alice@demo.test"), {"password": NEW})
    assert not any(apps.is_live(app, each) for each in mine)
    assert apps.is_live(app, bobs)
    assert alice.get("/workspaces").status_code == 303
    assert bob.get("/workspaces").status_code == 200


@pytest.mark.threat("PO06")
def test_a_link_lives_an_hour_and_dies_when_another_is_used(app: Flask, client: FlaskClient, submit: Submit) -> None:
    first, second = link_for(app, "alice@demo.test"), link_for(app, "alice@demo.test")
    other = link_for(app, "bob@demo.test")
    submit(client, second, {"password": NEW})
    assert client.get(first).status_code == 400
    assert client.get(other).status_code == 200
    with app.app_context():
        asked = new_password.ask("alice@demo.test", apps.Actor(kind="public", address="127.0.0.1"))
    assert asked is not None
    path = asked.url.removeprefix("http://localhost")
    with clock.stopped(clock.now() + timedelta(minutes=59)):
        assert client.get(path).status_code == 200
    with clock.stopped(clock.now() + timedelta(minutes=61)):
        assert client.get(path).status_code == 400


@pytest.mark.parametrize("token", ["x", "crmut_made-up", "crmut_" + "A" * 43, "%00", "..%2f", "a" * 3000])
def test_a_made_up_link_is_a_400(client: FlaskClient, app: Flask, token: str) -> None:
    answer = client.get(f"/password-reset/{token}")
    assert answer.status_code in (400, 404)
    assert "crmut" not in answer.get_data(as_text=True)


@pytest.mark.threat("PO06")
def test_a_spent_link_changes_nothing(app: Flask, client: FlaskClient, submit: Submit) -> None:
    path = link_for(app, "alice@demo.test")
    submit(client, path, {"password": NEW})
    again = submit(client, path, {"password": "a third set of words"}, page="/password-reset")
    assert again.status_code == 400
    assert can_sign_in(app, submit, "alice@demo.test", NEW)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_bad_new_password_is_named_and_spends_nothing(app: Flask, client: FlaskClient, submit: Submit, password: str) -> None:
    path = link_for(app, "alice@demo.test")
    answer = submit(client, path, {"password": password})
    assert answer.status_code == 422
    assert 'id="password-problem"' in answer.get_data(as_text=True)
    assert submit(client, path, {"password": NEW}, headers=HTMX).headers["HX-Redirect"] == "/login"


def test_no_token_of_a_link_is_stored(app: Flask) -> None:
    token = link_for(app, "alice@demo.test").removeprefix("/password-reset/")
    with app.app_context():
        stored = " ".join(str(row) for row in db.session.execute(text("SELECT * FROM user_token")).all())
    assert token not in stored


@pytest.mark.threat("PO04")
def test_what_made_a_browser_known_dies_with_the_password_but_not_in_the_browser_that_reset_it(
    app: Flask, client: FlaskClient, submit: Submit
) -> None:
    stolen = app.test_client()
    for browser in (stolen, client):
        submit(browser, "/login", {"email": "alice@demo.test", "password": PASSWORD})
        submit(browser, "/logout", {}, page="/workspaces")
    submit(client, link_for(app, "alice@demo.test"), {"password": NEW})
    guess = {"email": "alice@demo.test", "password": "guess"}
    assert [submit(app.test_client(), "/login", guess).status_code for _ in range(11)][-1] == 429
    right = {"email": "alice@demo.test", "password": NEW}
    assert submit(stolen, "/login", right).status_code == 429
    assert submit(client, "/login", right).status_code == 303
