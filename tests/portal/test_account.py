"""One's own account: the name, the password and what changing it ends, the other browsers."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from blueprints.portal import account
from models.accounts.user import User
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.oauth import new_password
from tests.cast import PASSWORD, Cast, Person
from tests.portal import apps

Submit = Callable[..., TestResponse]
NEW = "another few words"


def change(submit: Submit, browser: FlaskClient, **fields: str) -> TestResponse:
    return submit(browser, "/account/password", {"current": PASSWORD, "password": NEW, **fields}, page="/account")


def test_a_changed_password_signs_out_other_browsers_and_disconnects_apps(
    app: Flask, cast: Cast, alice: FlaskClient, browser_of: Callable[[Person], FlaskClient], submit: Submit
) -> None:
    elsewhere, claude = browser_of(cast.alice), apps.connect(app, cast.alice, cast.lotus, apps.make_client(app))
    assert "Also disconnect apps" in alice.get("/account").get_data(as_text=True)
    answer = change(submit, alice, disconnect_apps="y")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert alice.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert not apps.is_live(app, claude)
    assert submit(app.test_client(), "/login", {"email": "alice@demo.test", "password": NEW}).status_code == 303


def test_the_box_is_ticked_from_the_start_and_unticked_it_keeps_the_apps(
    app: Flask, cast: Cast, alice: FlaskClient, submit: Submit
) -> None:
    claude = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app))
    assert 'checked id="disconnect_apps"' in alice.get("/account").get_data(as_text=True)
    assert change(submit, alice).status_code == 303
    assert apps.is_live(app, claude)
    assert "apps keep their access" in alice.get("/account").get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value"), [("current", "wrong password"), ("current", ""), ("password", "short"), ("password", "x" * 201)]
)
def test_a_wrong_or_bad_password_changes_nothing(app: Flask, alice: FlaskClient, submit: Submit, field: str, value: str) -> None:
    answer = change(submit, alice, **{field: value})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.get_data(as_text=True)
    assert submit(app.test_client(), "/login", {"email": "alice@demo.test", "password": PASSWORD}).status_code == 303


def test_guessing_the_current_password_in_an_open_browser_is_slowed_down(alice: FlaskClient, submit: Submit) -> None:
    statuses = [change(submit, alice, current=f"guess number {n}").status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]
    assert change(submit, alice).status_code == 429


def test_one_can_change_ones_name(alice: FlaskClient, submit: Submit) -> None:
    assert submit(alice, "/account/name", {"name": "  Alice  <Wong>\u202e "}, page="/account").location == "/account"
    page = alice.get("/account").get_data(as_text=True)
    assert 'value="Alice &lt;Wong&gt;"' in page
    assert submit(alice, "/account/name", {"name": "\u200b"}, page="/account").status_code == 422


def test_other_browsers_can_be_signed_out(
    alice: FlaskClient, cast: Cast, browser_of: Callable[[Person], FlaskClient], submit: Submit
) -> None:
    elsewhere = browser_of(cast.alice)
    assert "Sign out all other browsers" in alice.get("/account").get_data(as_text=True)
    submit(alice, "/account/sign-ins/ending", {}, page="/account")
    assert elsewhere.get("/account").status_code == 303
    assert "Sign out all other browsers" not in alice.get("/account").get_data(as_text=True)


@pytest.mark.threat("PO06")
def test_a_changed_password_spends_every_reset_link_that_was_sent(
    app: Flask, alice: FlaskClient, client: FlaskClient, submit: Submit, cast: Cast
) -> None:
    with app.app_context(), writing():
        links = [new_password.link_of(db.session.get_one(User, cast.alice.id)).url for _ in range(2)]
    assert change(submit, alice).status_code == 303
    assert [client.get(link.removeprefix("http://localhost")).status_code for link in links] == [400, 400]


def test_a_password_change_that_a_reset_overtook_changes_nothing(
    app: Flask, alice: FlaskClient, submit: Submit, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who knows the old password and holds an open browser is at it while its owner resets."""
    hashed = account.hash_password

    def reset_meanwhile(password: str) -> str:
        with app.app_context(), writing():
            link = new_password.link_of(db.session.get_one(User, cast.alice.id)).url
            new_password.reset(link.rsplit("/", 1)[1], hashed("the owner's new words"), SYSTEM)
        return hashed(password)

    monkeypatch.setattr(account, "hash_password", reset_meanwhile)
    assert change(submit, alice).status_code == 403
    answers = [
        submit(app.test_client(), "/login", {"email": "alice@demo.test", "password": password}).status_code
        for password in (NEW, PASSWORD, "the owner's new words")
    ]
    assert answers == [422, 422, 303]
