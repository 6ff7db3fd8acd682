"""Signing up: an account, a workspace, a seat and a sign-in, or nothing at all."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from models.accounts.seat import Seat
from models.accounts.user import NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, User
from models.accounts.workspace import NAME_MAX as BUSINESS_NAME_MAX
from models.accounts.workspace import Workspace
from models.base import db

Submit = Callable[..., TestResponse]
NEW = {"name": "Mei 陳", "email": "mei@example.com", "password": "a few words in a row", "business_name": "Café Müller"}


def sign_up(submit: Submit, browser: FlaskClient, **changed: str) -> TestResponse:
    return submit(browser, "/signup", {**NEW, **changed}, headers={"Accept-Language": "zh-HK,en;q=0.5"})


def counts(app: Flask) -> tuple[int, ...]:
    with app.app_context():
        return tuple(db.session.scalar(select(func.count()).select_from(noun)) or 0 for noun in (User, Workspace, Seat))


def test_a_new_account_owns_its_workspace_and_is_signed_in(app: Flask, client: FlaskClient, submit: Submit) -> None:
    answer = sign_up(submit, client)
    assert (answer.status_code, answer.location) == (303, "/w/caf-m-ller/")
    assert "Café Müller" in client.get("/workspaces").get_data(as_text=True)
    with app.app_context():
        user = User.by_email("mei@example.com")
        assert user is not None
        seat = Seat.of(user, "caf-m-ller")
        assert seat.role == "owner"
        assert (seat.workspace.timezone, seat.workspace.currency) == ("Asia/Hong_Kong", "HKD")


def test_a_visitor_from_where_nobody_has_telephone_numbers_signs_up_all_the_same(
    app: Flask, client: FlaskClient, submit: Submit
) -> None:
    answer = submit(client, "/signup", NEW, headers={"Accept-Language": "en-AQ"})
    assert answer.status_code == 303
    with app.app_context():
        made = Workspace.named("caf-m-ller")
        assert (made.phone_region, made.currency) == ("HK", "USD")


def test_two_businesses_of_one_name_get_an_address_each(client: FlaskClient, submit: Submit, app: Flask) -> None:
    assert sign_up(submit, client, business_name="Lotus Spa").location == "/w/lotus-spa-2/"
    assert sign_up(submit, app.test_client(), email="b@example.com", business_name="Lotus Spa").location == "/w/lotus-spa-3/"
    assert sign_up(submit, app.test_client(), email="c@example.com", business_name="蓮花").location == "/w/workspace/"


@pytest.mark.parametrize("address", ["alice@demo.test", "ALICE@DEMO.TEST"])
def test_a_taken_address_makes_nothing_and_does_not_name_its_owner(
    app: Flask, client: FlaskClient, submit: Submit, address: str
) -> None:
    before = counts(app)
    answer = sign_up(submit, client, email=address)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="email-problem"' in page and "already" not in page
    assert "Café Müller" in page and "Mei 陳" in page and NEW["password"] not in page
    assert counts(app) == before
    assert client.get("/workspaces").status_code == 303


def test_taken_addresses_can_be_tried_a_few_times_an_hour_only(client: FlaskClient, submit: Submit) -> None:
    statuses = [sign_up(submit, client, email="alice@demo.test").status_code for _ in range(21)]
    assert statuses == [422] * 20 + [429]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * (NAME_MAX + 1)), ("name", "\u200b\u200b"), ("name", "   "),
        ("email", "no address"), ("email", "a@b@c.d"), ("email", "x" * 300 + "@example.com"), ("email", ""),
        ("password", "x" * (PASSWORD_MIN - 1)), ("password", "x" * (PASSWORD_MAX + 1)), ("password", ""),
        ("business_name", ""), ("business_name", "x" * (BUSINESS_NAME_MAX + 1)), ("business_name", "\u2060"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_beside_its_field_and_nothing_is_made(
    app: Flask, client: FlaskClient, submit: Submit, field: str, value: str
) -> None:
    before = counts(app)
    answer = sign_up(submit, client, **{field: value})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.get_data(as_text=True)
    assert counts(app) == before


def test_markup_in_names_is_shown_as_text(client: FlaskClient, submit: Submit) -> None:
    sign_up(submit, client, name="<b>Mei</b>", business_name="<script>alert(1)</script>")
    page = client.get("/workspaces").get_data(as_text=True)
    assert "<script>alert" not in page and "<b>Mei" not in page
    assert "&lt;script&gt;alert" in page


def test_another_workspace_is_opened_with_its_zone_and_currency(alice: FlaskClient, submit: Submit, app: Flask) -> None:
    data = {"business_name": "Second Spa", "timezone": "Europe/Lisbon", "currency": "EUR"}
    answer = submit(alice, "/workspaces", data, page="/workspaces/new")
    assert (answer.status_code, answer.location) == (303, "/w/second-spa/")
    with app.app_context():
        made = Workspace.named("second-spa")
        assert (made.timezone, made.currency) == ("Europe/Lisbon", "EUR")
    for field, value in (("timezone", "Mars/Olympus"), ("currency", "XXX"), ("business_name", "")):
        refused = submit(alice, "/workspaces", {**data, field: value}, page="/workspaces/new")
        assert refused.status_code == 422
        assert f'id="{field}-problem"' in refused.get_data(as_text=True)


def test_whoever_is_signed_in_is_led_past_signing_in_and_up(alice: FlaskClient) -> None:
    for path in ("/", "/login", "/signup"):
        assert alice.get(path).location == "/workspaces"
