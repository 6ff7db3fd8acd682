"""What a workspace is: its settings, and a currency that stays once there are amounts in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.accounts.currency import CurrencySettled
from models.accounts.workspace import Changes, Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings.asset import Staff
from models.bookings.package import Package
from models.bookings.service import Service
from models.customers.custom_field import CustomField
from models.customers.custom_value import set_values
from models.errors import Invalid
from tests.bookings.salon import customer
from tests.cast import Cast

Submit = Callable[..., TestResponse]
AS_IT_IS = Changes("Lotus Spa", "Asia/Hong_Kong", "HKD", "en_HK", "HK")
PAGE = "/w/lotus-spa/settings/workspace"
FORM = {"business_name": "Lotus Spa", "timezone": "Asia/Hong_Kong", "currency": "HKD", "phone_region": "HK", "locale": "en_HK"}


def change(cast: Cast, **changes: Any) -> Workspace:
    with writing():
        workspace = db.session.get_one(Workspace, cast.lotus.id)
        workspace.change(SYSTEM, replace(AS_IT_IS, **changes))
    return workspace


def priced_service(here: Workspace) -> None:
    Service.add(here, "Massage", 60, SYSTEM, price_minor=50_000)


def package(here: Workspace) -> None:
    Package.add(here, "Ten", 90_000, {Service.add(here, "Massage", 60, SYSTEM): 10}, SYSTEM)


def person_with_a_price(here: Workspace) -> None:
    Service.add(here, "Massage", 60, SYSTEM).assign(Staff.add(here, "Mei", SYSTEM), SYSTEM, price_minor=70_000)


def amount_of_a_customer(here: Workspace) -> None:
    CustomField.create(here, "spent_elsewhere", "Spent elsewhere", "money", SYSTEM)
    set_values(here, customer(here), {"spent_elsewhere": "12.50"}, SYSTEM)


@pytest.mark.parametrize("keep", [priced_service, package, person_with_a_price, amount_of_a_customer])
def test_the_currency_stays_once_an_amount_is_kept_in_it(app: Flask, cast: Cast, keep: Callable[[Workspace], None]) -> None:
    with app.app_context():
        enter(cast.lotus.id)
        assert change(cast, currency="EUR").currency == "EUR"
        with writing():
            keep(db.session.get_one(Workspace, cast.lotus.id))
        with pytest.raises(CurrencySettled):
            change(cast, name="Other name", currency="HKD")
        unchanged = db.session.get_one(Workspace, cast.lotus.id)
        assert (unchanged.name, unchanged.currency) == ("Lotus Spa", "EUR")
        assert change(cast, name="Other name", currency="EUR").name == "Other name"


def test_what_costs_nothing_settles_no_currency_and_follows_it(app: Flask, cast: Cast) -> None:
    with app.app_context():
        enter(cast.lotus.id)
        with writing():
            here = db.session.get_one(Workspace, cast.lotus.id)
            free = Service.add(here, "Consultation", 30, SYSTEM)
            gift = Package.add(here, "Gift", 0, {free: 1}, SYSTEM)
            CustomField.create(here, "spent_elsewhere", "Spent elsewhere", "money", SYSTEM)
            CustomField.create(here, "favourite", "Favourite", "text", SYSTEM)
            set_values(here, customer(here), {"favourite": "oil"}, SYSTEM)
        assert change(cast, currency="EUR").currency == "EUR"
        assert (free.currency, gift.currency) == ("EUR", "EUR")
        with writing():
            free.change(SYSTEM, price_minor=2_000)
        with pytest.raises(CurrencySettled):
            change(cast, currency="JPY")
        assert (free.currency, gift.currency) == ("EUR", "EUR")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("timezone", "Moon/Base"), ("currency", "XXX"), ("locale", "tlh"), ("phone_region", "ZZ")],
)
def test_a_value_that_is_none_is_named_and_changes_nothing(app: Flask, cast: Cast, field: str, value: str) -> None:
    with app.app_context():
        enter(cast.lotus.id)
        with pytest.raises(Invalid) as refused:
            change(cast, **{"name": "Other name", field: value})
        assert refused.value.field == field
        assert db.session.get_one(Workspace, cast.lotus.id).name == "Lotus Spa"


def test_region_language_and_completing_are_settings_too(app: Flask, cast: Cast, alice: FlaskClient, submit: Submit) -> None:
    assert "complete_bookings" in alice.get(PAGE).text
    answer = submit(alice, PAGE, {**FORM, "phone_region": "PT", "locale": "zh_Hant_HK"})
    assert (answer.status_code, answer.location) == (303, PAGE)
    with app.app_context():
        changed = Workspace.named("lotus-spa")
        assert (changed.phone_region, changed.locale, changed.completes_bookings) == ("PT", "zh_Hant_HK", False)
    submit(alice, PAGE, {**FORM, "complete_bookings": "y"})
    with app.app_context():
        assert Workspace.named("lotus-spa").completes_bookings


def test_a_settled_currency_is_the_only_one_offered_and_another_is_refused_beside_its_field(
    app: Flask, cast: Cast, alice: FlaskClient, submit: Submit
) -> None:
    assert '<option value="EUR">' in alice.get(PAGE).text
    with app.app_context():
        enter(cast.lotus.id)
        with writing():
            priced_service(db.session.get_one(Workspace, cast.lotus.id))
    page = alice.get(PAGE).text
    assert '<option value="EUR">' not in page and '<option selected value="HKD">' in page
    answer = submit(alice, PAGE, {**FORM, "currency": "EUR"})
    assert answer.status_code == 422
    assert 'id="currency-problem"' in answer.text and "The currency stays" in answer.text
