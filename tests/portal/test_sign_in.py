"""Signing in and out: what works, what a stranger learns, what a copied cookie is worth."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from app import create_app
from models.accounts import throttle, user
from models.accounts.sign_in import SignIn
from models.accounts.user import User
from models.base import db, writing
from models.clock import now
from models.settings import settings, use
from tests.cast import PASSWORD, Cast, Person

Submit = Callable[..., TestResponse]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def sign_in(submit: Submit, browser: FlaskClient, email: str, password: str = PASSWORD, **options: object) -> TestResponse:
    return submit(browser, "/login", {"email": email, "password": password}, **options)


def test_the_right_password_leads_to_the_workspaces(client: FlaskClient, submit: Submit, cast: Cast) -> None:
    answer = sign_in(submit, client, cast.alice.email)
    assert (answer.status_code, answer.location) == (303, "/workspaces")
    page = client.get("/workspaces").get_data(as_text=True)
    assert "Lotus Spa" in page and "Peak Fitness" in page and "Harbour Tutoring" not in page


@pytest.mark.parametrize("email", ["ALICE@Demo.TEST", "  alice@demo.test "])
def test_the_spelling_of_the_address_does_not_matter(client: FlaskClient, submit: Submit, email: str) -> None:
    assert sign_in(submit, client, email).status_code == 303


def test_a_wrong_password_keeps_the_address_and_says_nothing_about_the_account(
    client: FlaskClient, submit: Submit, cast: Cast
) -> None:
    known = sign_in(submit, client, cast.alice.email, "wrong password")
    unknown = sign_in(submit, client, "alixe@demo.test", "wrong password")
    assert known.status_code == unknown.status_code == 422
    told = [
        re.sub(r'name="csrf_token" value="[^"]+"', "", page.get_data(as_text=True).replace(email, "somebody"))
        for page, email in ((known, "alice@demo.test"), (unknown, "alixe@demo.test"))
    ]
    assert told[0] == told[1]
    assert 'value="alice@demo.test"' in known.get_data(as_text=True)
    assert "wrong password" not in known.get_data(as_text=True)


def test_known_and_unknown_addresses_cost_the_same_work(
    app: Flask, client: FlaskClient, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements and one password verification each; what that takes is measured in tests/benchmarks."""
    done: list[str] = []
    verify = user._hasher.verify
    monkeypatch.setattr(user, "_hasher", SimpleNamespace(verify=lambda *given: (done.append("argon2"), verify(*given))[1]))

    def work_of(email: str) -> list[str]:
        done.clear()
        sign_in(submit, client, email, "wrong password")
        return list(done)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: done.append(given[2]))
    known, unknown = work_of("bob@demo.test"), work_of("nobody@demo.test")
    assert known == unknown
    assert known.count("argon2") == 1


def test_to_htmx_a_sign_in_answers_with_where_to_go(client: FlaskClient, submit: Submit, cast: Cast) -> None:
    answer = sign_in(submit, client, cast.alice.email, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/workspaces")
    refused = sign_in(submit, client.application.test_client(), cast.alice.email, "wrong password", headers=HTMX)
    assert refused.status_code == 422
    assert refused.get_data(as_text=True).lstrip().startswith("<form")


def test_the_way_leads_back_to_where_it_began(client: FlaskClient, submit: Submit, cast: Cast) -> None:
    asked = client.get("/connected-apps?cursor=x")
    assert (asked.status_code, asked.location) == (303, "/login?next=%2Fconnected-apps%3Fcursor%3Dx")
    answer = submit(client, asked.location, {"email": cast.alice.email, "password": PASSWORD})
    assert answer.location == "/connected-apps?cursor=x"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\tevil", "evil"]
)
def test_nobody_is_sent_to_another_site(client: FlaskClient, submit: Submit, cast: Cast, target: str) -> None:
    answer = client.get("/login", query_string={"next": target})
    assert target not in answer.get_data(as_text=True)
    token = re.search(r'csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
    assert token
    data = {"csrf_token": token[1], "email": cast.alice.email, "password": PASSWORD}
    assert client.post("/login", query_string={"next": target}, data=data).location == "/workspaces"
    assert client.get("/login", query_string={"next": target}).location == "/workspaces"


@pytest.mark.threat("PO04")
def test_ten_wrong_passwords_slow_the_account_down_but_not_its_own_browser(
    app: Flask, submit: Submit, cast: Cast, client: FlaskClient
) -> None:
    home = app.test_client()
    assert sign_in(submit, home, cast.alice.email).status_code == 303
    submit(home, "/logout", {}, page="/workspaces")
    spellings = ["alice@demo.test", "Alice@demo.test", " alice@DEMO.test"]
    statuses = [sign_in(submit, client, spellings[n % 3], f"guess {n}").status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]
    refused = sign_in(submit, client, cast.alice.email)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Too many attempts" in refused.get_data(as_text=True)
    assert sign_in(submit, client, cast.bob.email).status_code == 303
    assert sign_in(submit, home, cast.alice.email).status_code == 303


@pytest.mark.threat("PO04")
def test_one_password_tried_on_many_accounts_slows_the_address_down(client: FlaskClient, submit: Submit, app: Flask) -> None:
    with app.app_context(), writing():
        for _ in range(throttle.ALLOWANCES["sign_in"].address.failures):
            throttle.count("sign_in", "127.0.0.1")
    assert sign_in(submit, client, "carol@demo.test").status_code == 429


@pytest.mark.threat("PO04")
def test_guesses_elsewhere_never_keep_a_signed_in_owner_from_confirming_or_changing_the_password(
    app: Flask, client: FlaskClient, alice: FlaskClient, submit: Submit, cast: Cast
) -> None:
    assert [sign_in(submit, client, cast.alice.email, f"guess {n}").status_code for n in range(11)][-1] == 429
    again = submit(alice, "/login/confirmation?next=/account", {"password": PASSWORD})
    assert (again.status_code, again.location) == (303, "/account")
    data = {"current": PASSWORD, "password": "another few words"}
    assert submit(alice, "/account/password", data, page="/account").status_code == 303


def test_confirming_is_limited_in_each_browser_by_itself(
    alice: FlaskClient, submit: Submit, cast: Cast, browser_of: Callable[[Person], FlaskClient]
) -> None:
    statuses = [submit(alice, "/login/confirmation", {"password": f"guess {n}"}).status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]
    refused = submit(alice, "/login/confirmation", {"password": PASSWORD})
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert submit(browser_of(cast.alice), "/login/confirmation", {"password": PASSWORD}).status_code == 303


@pytest.mark.threat("PO04")
def test_a_known_browser_guesses_no_faster_than_others(app: Flask, client: FlaskClient, submit: Submit, cast: Cast) -> None:
    assert sign_in(submit, client, cast.alice.email).status_code == 303
    submit(client, "/logout", {}, page="/workspaces")
    statuses = [sign_in(submit, client, cast.alice.email, f"guess {n}").status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]
    assert sign_in(submit, app.test_client(), cast.alice.email).status_code == 303


def test_signing_in_needs_the_form_of_this_browser(client: FlaskClient, cast: Cast, app: Flask) -> None:
    foreign = re.search(r'csrf_token" value="([^"]+)"', app.test_client().get("/login").get_data(as_text=True))
    assert foreign
    for token in ({}, {"csrf_token": foreign[1]}, {"csrf_token": "made up"}):
        assert client.post("/login", data={"email": cast.alice.email, "password": PASSWORD, **token}).status_code == 400
    assert client.get("/workspaces").status_code == 303


@pytest.mark.threat("PO01")
def test_a_session_planted_before_signing_in_is_not_the_one_after(client: FlaskClient, submit: Submit, cast: Cast) -> None:
    with client.session_transaction() as planted:
        planted["consent_browser"] = "chosen by somebody else"
    sign_in(submit, client, cast.alice.email)
    with client.session_transaction() as own:
        assert "consent_browser" not in own
        first = own["_user_id"]
    sign_in_page = client.get("/workspaces").get_data(as_text=True)
    token = re.search(r'csrf_token" value="([^"]+)"', sign_in_page)
    assert token
    client.post("/login", data={"csrf_token": token[1], "email": cast.bob.email, "password": PASSWORD})
    with client.session_transaction() as own:
        assert own["_user_id"] != first
    with client.application.app_context():
        assert SignIn.of_token(first) is None


def test_signing_out_makes_a_copied_cookie_worthless(app: Flask, alice: FlaskClient, submit: Submit) -> None:
    copied = alice.get_cookie("frontdesk")
    assert copied
    thief = app.test_client()
    thief.set_cookie("frontdesk", copied.value)
    assert thief.get("/workspaces").status_code == 200
    answer = submit(alice, "/logout", {}, page="/workspaces")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert alice.get("/workspaces").status_code == 303
    assert thief.get("/workspaces").status_code == 303


def test_whoever_is_switched_off_is_signed_out_at_once(
    app: Flask, alice: FlaskClient, cast: Cast, client: FlaskClient, submit: Submit
) -> None:
    with app.app_context(), writing():
        db.session.get_one(User, cast.alice.id).disabled_at = now()
    assert alice.get("/workspaces").status_code == 303
    assert sign_in(submit, client, cast.alice.email).status_code == 422


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient, submit: Submit, cast: Cast) -> None:
    cookie = sign_in(submit, client, cast.alice.email).headers["Set-Cookie"]
    assert cookie.startswith("frontdesk=")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie


@pytest.mark.threat("PO02")
def test_over_https_the_cookie_is_bound_to_this_host(app: Flask, cast: Cast, submit: Submit) -> None:
    before = settings()
    try:
        secure = create_app(before.model_copy(update={"base_url": "https://desk.example"}))
        answer = secure.test_client().get("/login", base_url="https://desk.example")
        with secure.app_context():
            db.engine.dispose()
    finally:
        use(before)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-frontdesk=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/")) and "Domain" not in cookie


@pytest.mark.parametrize("field", ["email", "password"])
def test_an_empty_field_is_named(client: FlaskClient, submit: Submit, field: str) -> None:
    data = {"email": "alice@demo.test", "password": PASSWORD, field: ""}
    answer = submit(client, "/login", data)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("hostile", ["\x00", "a" * 5000, "'; DROP TABLE user; --", "<script>alert(1)</script>", "\ud83d\ude00@x"])
def test_hostile_input_is_a_wrong_password(client: FlaskClient, submit: Submit, hostile: str) -> None:
    sent = hostile.encode("utf-8", "replace")
    answer = submit(client, "/login", {"email": sent, "password": sent})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.get_data(as_text=True)
