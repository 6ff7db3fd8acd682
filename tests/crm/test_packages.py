"""The pages of packages: offer one, grant it, pay for a booking with it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings.package import PackageCredit
from models.bookings.service import Service
from models.customers.enrolment import Person, take_in
from tests.cast import Cast

Submit = Callable[..., TestResponse]
HOME = "/w/lotus-spa/packages"


@pytest.fixture
def known(app: Flask, cast: Cast) -> dict[str, Any]:
    """A service and a customer; the fields of a package of ten massages."""
    with app.app_context(), writing():
        enter(cast.lotus.id)
        here = db.session.get_one(Workspace, cast.lotus.id)
        massage = Service.add(here, "Massage", 60, SYSTEM)
        chan = take_in(here, Person(name="Chan Tai Man", native_name="陳大文"), SYSTEM, enrol=False).customer
        good = {"name": "Ten massages", "price": "4000", "valid_days": "180", "service_1": massage.shown_id, "credits_1": "10"}
        return {"good": good, "customer": chan.shown_id, "customer_id": chan.id, "service": massage.shown_id}


def test_a_package_is_offered_granted_and_pays_for_a_booking(
    app: Flask, alice: FlaskClient, cast: Cast, known: dict[str, Any], submit: Submit
) -> None:
    page = submit(alice, HOME, known["good"], page=f"{HOME}/new").headers["Location"]
    assert "10 × Massage" in alice.get(HOME).text
    assert "Chan Tai Man" in alice.get(f"{page}?q=大文").text
    answer = submit(alice, f"{page}/grants", {"customer": known["customer"]}, page=f"{page}?q=大文", follow_redirects=True)
    assert "Chan Tai Man has 10 credits more." in answer.text
    with app.app_context():
        enter(cast.lotus.id)
        assert [lot.left for lot in PackageCredit.balances(cast.lotus, known["customer_id"])] == [10]
    assert "10 left" in alice.get(f"/w/lotus-spa/customers/{known['customer']}").text
    new = f"/w/lotus-spa/bookings/new?customer={known['customer']}&service={known['service']}"
    assert "Ten massages, 10 left" in alice.get(new).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"price": "free"}, "Not a valid decimal value"),
        ({"price": "NaN"}, "From 0 to"),
        ({"price": "-1"}, "From 0 to"),
        ({"price": "1.005"}, "no such small change"),
        ({"valid_days": "0"}, "From 1 to 3,650 days."),
        ({"credits_1": "0"}, "From 1 to 1,000."),
        ({"service_1": ""}, "one service at least"),
    ],
)
def test_a_bad_value_is_said_beside_its_field(
    alice: FlaskClient, known: dict[str, Any], submit: Submit, changes: dict[str, str], sentence: str
) -> None:
    answer = submit(alice, HOME, {**known["good"], **changes}, page=f"{HOME}/new")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "No packages yet" in alice.get(HOME).text


def test_a_package_that_is_no_longer_offered_is_not_granted(
    app: Flask, alice: FlaskClient, cast: Cast, known: dict[str, Any], submit: Submit
) -> None:
    page = submit(alice, HOME, known["good"], page=f"{HOME}/new").headers["Location"]
    submit(alice, f"{page}/archival", {}, page=page)
    assert "No packages yet" in alice.get(HOME).text
    answer = submit(alice, f"{page}/grants", {"customer": known["customer"]}, page=HOME, follow_redirects=True)
    assert "is no longer offered" in answer.text
    with app.app_context():
        enter(cast.lotus.id)
        assert PackageCredit.balances(cast.lotus, known["customer_id"]) == []


def test_strangers_packages_services_and_customers_are_answered_like_ones_that_do_not_exist(
    alice: FlaskClient, charlie: FlaskClient, known: dict[str, Any], submit: Submit
) -> None:
    made = submit(alice, HOME, known["good"], page=f"{HOME}/new").headers["Location"].rsplit("/", 1)[1]
    theirs = "/w/harbour-tutoring/packages"
    foreign, missing = charlie.get(f"{theirs}/{made}"), charlie.get(f"{theirs}/pkg_0000000000001")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.data == missing.data
    assert submit(charlie, theirs, known["good"], page=f"{theirs}/new").status_code == 404


def test_a_viewer_looks_and_changes_nothing(
    browser_of: Callable[[Any], FlaskClient], cast: Cast, known: dict[str, Any], submit: Submit, alice: FlaskClient
) -> None:
    page = submit(alice, HOME, known["good"], page=f"{HOME}/new").headers["Location"]
    vera = browser_of(cast.vera)
    assert vera.get(HOME).status_code == 200
    assert "Grant it to a customer" not in vera.get(page).text
    assert vera.get(f"{HOME}/new").status_code == 403
