"""The pages of people who serve customers: who they are, what they do, and what they have today."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import clock
from models.activity.actor import SYSTEM
from models.bookings.asset import Staff
from models.bookings.service import Service
from models.bookings.service_team import Own, services_of
from tests.cast import Cast
from tests.crm.desk import Desk, arranging, book, looking, on_the_hour, open_desk, put_class_on

Submit = Callable[..., TestResponse]
HOME = "/w/lotus-spa/staff"
GOOD = {"name": "Mei", "location": "", "priority": "0", "daily_limit": "", "bookable": "y"}


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


@pytest.fixture
def mei(desk: Desk) -> str:
    return f"{HOME}/{desk.mei}"


def test_somebody_is_taken_on_and_changed(alice: FlaskClient, submit: Submit) -> None:
    page = submit(alice, HOME, GOOD, page=f"{HOME}/new").headers["Location"]
    assert submit(alice, page, {**GOOD, "name": "Mei Chan"}, page=f"{page}/edit").status_code == 303
    assert "Mei Chan" in alice.get(HOME).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Enter a name."),
        ({"name": "x" * 121}, "At most 120 characters."),
        ({"priority": "1001"}, "From -1,000 to 1,000."),
        ({"daily_limit": "0"}, "From 1 to 1,000."),
        ({"daily_limit": "some"}, "Enter a whole number."),
    ],
)
def test_a_bad_value_is_said_beside_its_field(
    alice: FlaskClient, mei: str, submit: Submit, changes: dict[str, str], sentence: str
) -> None:
    for action, page in ((HOME, f"{HOME}/new"), (mei, f"{mei}/edit")):
        answer = submit(alice, action, {**GOOD, **changes}, page=page)
        assert answer.status_code == 422
        assert sentence in answer.text


def test_the_list_counts_what_each_has_today_classes_too(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk
) -> None:
    with app.app_context(), clock.stopped(on_the_hour(0).replace(hour=2)):  # ten in the morning in Hong Kong
        book(cast, desk, on_the_hour(1))
        put_class_on(cast, desk, on_the_hour(3))
        assert "1 booking today" in alice.get(HOME).text


def test_what_somebody_does_is_ticked_with_minutes_and_a_price_of_their_own(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, mei: str, submit: Submit
) -> None:
    page = f"{mei}/services"
    shown = alice.get(page).text
    assert f'<input checked id="does-{desk.massage}"' in shown
    assert f'<input id="does-{desk.yoga}"' in shown
    own = {f"minutes-{desk.massage}": "75", f"price-{desk.massage}": "620.50"}
    ticks = {f"does-{desk.massage}": "y", f"does-{desk.yoga}": "y", **own}
    assert submit(alice, page, ticks, page=page).status_code == 303
    with app.app_context(), looking(cast.lotus) as here:
        massage, yoga = (Service.find(here, each).id for each in (desk.massage, desk.yoga))
        assert services_of(Staff.find(here, desk.mei)) == {massage: Own(75, 62_050), yoga: Own()}
    assert 'value="620.50"' in alice.get(page).text
    submit(alice, page, {f"does-{desk.yoga}": "y"}, page=page)
    with app.app_context(), looking(cast.lotus) as here:
        assert services_of(Staff.find(here, desk.mei)) == {yoga: Own()}


def test_what_is_no_longer_offered_stays_theirs(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, mei: str, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        Service.find(here, desk.massage).archive(SYSTEM)
    submit(alice, f"{mei}/services", {}, page=f"{mei}/services")
    with app.app_context(), looking(cast.lotus) as here:
        assert list(services_of(Staff.find(here, desk.mei))) == [Service.find(here, desk.massage).id]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [("minutes", "4", "From 5 to"), ("minutes", "long", "Enter a whole number."), ("price", "dear", "Enter an amount")],
)
def test_minutes_and_prices_that_make_no_sense_are_said_beside_them(
    alice: FlaskClient, desk: Desk, mei: str, submit: Submit, field: str, typed: str, sentence: str
) -> None:
    ticks = {f"does-{desk.massage}": "y", f"{field}-{desk.massage}": typed}
    answer = submit(alice, f"{mei}/services", ticks, page=f"{mei}/services")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{typed}"' in answer.text


def test_the_page_of_somebody_leaves_out_what_was_cancelled(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, mei: str, submit: Submit
) -> None:
    with app.app_context():
        booked = book(cast, desk, on_the_hour(30))
    assert f"/bookings/{booked}" in alice.get(mei).text
    page = f"/w/lotus-spa/bookings/{booked}/cancellation"
    submit(alice, page, {"cancelled_for": "customer", "version": "1"}, page=page)
    assert f"/bookings/{booked}" not in alice.get(mei).text


def test_a_viewer_looks_and_changes_nothing(browser_of: Callable[[Any], FlaskClient], cast: Cast, mei: str) -> None:
    vera = browser_of(cast.vera)
    assert vera.get(mei).status_code == 200
    assert [vera.get(f"{mei}/{page}").status_code for page in ("edit", "services")] == [403, 403]
