"""Errors as people meet them: the shell stays around them, and nobody is stranded on an address that cannot be looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from blueprints.portal import workspaces
from blueprints.ways import ADDRESS_MAX
from models.accounts.sign_in import SignIn
from tests.cast import PASSWORD, Cast
from tests.marks import Marks

Submit = Callable[..., TestResponse]
SIGN_OUT = 'action="/logout"'


@pytest.mark.parametrize(
    ("path", "status", "back"),
    [
        ("/w/lotus-spa/customers/mem_0000000000001", 404, 'href="/w/lotus-spa/"'),
        ("/w/peak-fitness/settings/team", 403, 'href="/w/peak-fitness/"'),
        ("/nowhere", 404, 'href="/workspaces"'),
        ("/w/harbour-tutoring/", 404, 'href="/workspaces"'),
    ],
)
def test_an_error_page_keeps_the_menu_and_the_way_out(alice: FlaskClient, path: str, status: int, back: str) -> None:
    answer = alice.get(path)
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert SIGN_OUT in page and 'aria-label="Main"' in page and back in page
    assert page.count("<h1>") == 1


def test_a_stranger_sees_an_error_without_a_menu(client: FlaskClient) -> None:
    page = client.get("/nowhere").get_data(as_text=True)
    assert SIGN_OUT not in page and 'aria-label="Main"' not in page


def test_the_token_in_a_signed_in_page_holds_for_its_forms_and_is_one_an_hour(alice: FlaskClient, submit: Submit) -> None:
    assert alice.get("/nowhere").data == alice.get("/nowhere").data
    assert submit(alice, "/logout", {}, page="/nowhere").status_code == 303
    assert alice.get("/workspaces").status_code == 303


def test_a_database_that_answers_nobody_gives_a_page_for_nobody(
    alice: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*_: object, **__: object) -> Any:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(SignIn, "of_token", down)
    answer = alice.get("/workspaces")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.get_data(as_text=True)
    assert SIGN_OUT not in answer.get_data(as_text=True)


@pytest.mark.parametrize("said", ["database is locked", "canceling statement due to lock timeout", "deadlock detected",
                                  "could not serialize access due to concurrent update"])  # fmt: skip
def test_a_busy_database_says_so_and_when_to_come_again(
    alice: FlaskClient, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def busy(*_: object, **__: object) -> Any:
        raise OperationalError("UPDATE", {}, Exception(said))

    monkeypatch.setattr(workspaces.Seat, "all_of", busy)
    answer = alice.get("/workspaces")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert SIGN_OUT in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/account/password", "/account"),
        ("/account/sign-ins/ending", "/account"),
        ("/w/lotus-spa/settings/team/usr_0000000000001/role", "/w/lotus-spa/settings/team"),
        ("/w/lotus-spa/customers/mem_0000000000001/tags", "/w/lotus-spa/customers/mem_0000000000001"),
        ("/logout", "/"),
    ],
)
def test_a_forms_own_address_leads_to_the_page_above_when_it_is_loaded_again(
    alice: FlaskClient, marks: Marks, path: str, above: str
) -> None:
    answer = alice.get(path)
    assert (answer.status_code, answer.location) == (303, above)
    assert marks.new() == []


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://localhost/account?tab=1", "%2Faccount%3Ftab%3D1"),
        (None, "%2Faccount"),
        ("https://evil.test/account", "%2Faccount"),
        ("http://localhost//evil.test/", "%2Faccount"),
        ("http://[", "%2Faccount"),
    ],
)
def test_a_form_sent_after_the_sign_in_ended_leads_to_sign_in_and_back_to_its_page(
    app: Flask, alice: FlaskClient, referer: str | None, back: str
) -> None:
    alice.post("/logout", data={})
    with alice.session_transaction() as cookie:
        cookie.clear()
    headers = {"Referer": referer} if referer else {}
    answer = alice.post("/account/name", data={"name": "Alice Wong", "csrf_token": "of the old sign-in"}, headers=headers)
    assert (answer.status_code, answer.location) == (303, f"/login?next={back}")
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": "http://localhost/account"}
    fragment = alice.post("/account/name", data={"name": "Alice Wong"}, headers=htmx)
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (401, "/login?next=%2Faccount")


@pytest.mark.threat("AU15")
def test_a_way_back_that_the_server_could_not_read_again_is_refused_early_in_our_form(
    client: FlaskClient, marks: Marks, submit: Submit, cast: Cast
) -> None:
    longest = "/connected-apps?cursor=" + "x" * (ADDRESS_MAX - len("/login?next=%2Fconnected-apps%3Fcursor%3D"))
    led = client.get(longest)
    assert (led.status_code, len(led.location)) == (303, ADDRESS_MAX)
    assert submit(client, led.location, {"email": cast.alice.email, "password": PASSWORD}).location == longest
    marks.new()
    answer = client.application.test_client().get(longest + "x")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (414, "no-store")
    assert "too long" in answer.get_data(as_text=True) and "xxx" not in answer.get_data(as_text=True)
    assert [mark.fields["status"] for mark in marks.new()] == [414]
