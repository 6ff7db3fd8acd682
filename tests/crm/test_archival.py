"""Closing a location, letting somebody go, stopping a service: asked on a page first, and taken back from a list."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.activity.actor import SYSTEM
from models.bookings.asset import Asset, Resource, Staff
from models.bookings.location import Location
from tests.cast import Cast
from tests.crm.desk import HOME, Desk, arranging, book, looking, on_the_hour, open_desk, put_class_on

Submit = Callable[..., TestResponse]
KINDS = ["locations", "resources", "services", "staff", "packages"]
LISTS = {"locations": "places", "resources": "places"}


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


def id_of(desk: Desk, kind: str) -> str:
    return {
        "locations": desk.annex, "resources": desk.room, "services": desk.massage, "staff": desk.mei, "packages": desk.package,
    }[kind]  # fmt: skip


def name_of(kind: str) -> str:
    return {
        "locations": "Annex", "resources": "Jade room", "services": "Massage", "staff": "Mei", "packages": "Ten massages",
    }[kind]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_put_away_is_asked_about_first_then_listed_and_taken_back(
    alice: FlaskClient, desk: Desk, submit: Submit, kind: str
) -> None:
    home, page = f"{HOME}/{LISTS.get(kind, kind)}", f"{HOME}/{kind}/{id_of(desk, kind)}/archival"
    assert name_of(kind) in alice.get(page).text
    assert name_of(kind) in alice.get(home).text
    assert submit(alice, page, {}).headers["Location"] == home
    assert f">{name_of(kind)}<" not in alice.get(home).text.replace("<bdi>", "").replace("</bdi>", "")
    assert f"/archived/{kind}" in alice.get(home).text
    gone = alice.get(f"{HOME}/archived/{kind}").text
    assert name_of(kind) in gone
    back = f"{HOME}/{kind}/{id_of(desk, kind)}/restoration"
    assert submit(alice, back, {}, page=f"{HOME}/archived/{kind}").status_code == 303
    assert name_of(kind) in alice.get(home).text
    assert f"/archived/{kind}" not in alice.get(home).text


@pytest.mark.parametrize(("kind", "what"), [("locations", "central"), ("staff", "mei")])
def test_what_bookings_to_come_need_stays_and_the_page_leads_to_each_of_them(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, kind: str, what: str
) -> None:
    with app.app_context():
        booking, lesson = book(cast, desk, on_the_hour(30)), put_class_on(cast, desk, on_the_hour(50))
    page = f"{HOME}/{kind}/{getattr(desk, what)}/archival"
    shown = alice.get(page).text
    assert f"/bookings/{booking}/move" in shown
    assert f"/bookings/{booking}/cancellation" in shown
    assert (f"/classes/{lesson}" in shown) == (kind == "staff")  # the class has no place of its own
    assert "button-danger" not in shown


def test_closing_a_location_says_who_and_what_has_no_other_place(alice: FlaskClient, desk: Desk) -> None:
    shown = alice.get(f"{HOME}/locations/{desk.central}/archival").text
    assert "1 person works only here" in shown
    assert "1 room or thing stands here" in shown


def test_a_person_and_a_room_of_a_closed_location_keep_it_when_something_else_is_changed(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        Location.find(here, desk.central).archive(SYSTEM)
    for path, noun in ((f"{HOME}/staff/{desk.mei}", Staff), (f"{HOME}/resources/{desk.room}", Resource)):
        form = alice.get(f"{path}/edit").text
        assert f'<option selected value="{desk.central}">Central (closed)</option>' in form
        data = {"name": "Renamed", "priority": "0", "location": desk.central, "bookable": "y"}
        assert submit(alice, path, data, page=f"{path}/edit").status_code == 303
        with app.app_context(), looking(cast.lotus) as here:
            kept: Asset = noun.find(here, path.rsplit("/", 1)[1])
            assert (kept.name, kept.location_id) == ("Renamed", Location.find(here, desk.central).id)


@pytest.mark.parametrize("place", ["loc_0000000000001", "stf_0000000000001", "nowhere"])
def test_a_location_that_is_not_there_is_said_beside_the_field_and_the_rest_is_kept(
    alice: FlaskClient, desk: Desk, submit: Submit, place: str
) -> None:
    data = {"name": "Mei Chan", "priority": "7", "location": place}
    answer = submit(alice, f"{HOME}/staff/{desk.mei}", data, page=f"{HOME}/staff/{desk.mei}/edit")
    assert answer.status_code == 422
    assert "This is not there any more. Choose again." in answer.text
    assert 'value="Mei Chan"' in answer.text
    assert 'value="7"' in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_viewer_sees_what_was_put_away_and_puts_nothing_away(
    browser_of: Callable[..., FlaskClient], cast: Cast, desk: Desk, kind: str
) -> None:
    vera = browser_of(cast.vera)
    assert vera.get(f"{HOME}/archived/{kind}").status_code == 200
    assert vera.get(f"{HOME}/{kind}/{id_of(desk, kind)}/archival").status_code == 403
