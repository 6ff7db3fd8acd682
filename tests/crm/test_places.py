"""The pages of locations, and of the rooms and things that services need."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import clock
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings.asset import Resource, Staff
from models.bookings.hours import WorkingHours
from models.bookings.location import Location
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.customers.enrolment import Person, take_in
from tests.cast import Cast

Submit = Callable[..., TestResponse]
HOME = "/w/lotus-spa/places"
LOCATIONS, RESOURCES = "/w/lotus-spa/locations", "/w/lotus-spa/resources"
ROOM = {"name": "Room 1", "resource_type": "Room", "bookable": "y"}


@pytest.fixture
def made(app: Flask, cast: Cast) -> dict[str, str]:
    """A location and a room in it."""
    with app.app_context(), writing():
        enter(cast.lotus.id)
        here = db.session.get_one(Workspace, cast.lotus.id)
        central = Location.add(here, "Central", SYSTEM, timezone="Asia/Tokyo")
        room = Resource.add(here, "Jade room", "room", SYSTEM, location_id=central.id)
        return {"location": central.shown_id, "resource": room.shown_id}


def test_a_location_is_added_changed_closed_and_opened_again(
    app: Flask, alice: FlaskClient, cast: Cast, made: dict[str, str], submit: Submit
) -> None:
    assert submit(alice, LOCATIONS, {"name": "Sheung Wan"}, page=f"{LOCATIONS}/new").status_code == 303
    assert "Sheung Wan" in alice.get(HOME).text
    page = f"{LOCATIONS}/{made['location']}"
    assert submit(alice, page, {"name": "Central, 2/F", "timezone": ""}, page=f"{page}/edit").status_code == 303
    with app.app_context():
        enter(cast.lotus.id)
        found = Location.find(cast.lotus, made["location"])
        assert (found.name, found.timezone) == ("Central, 2/F", None)
    submit(alice, f"{page}/archival", {}, page=f"{page}/edit")
    assert "Central, 2/F</a>" not in alice.get(HOME).text
    submit(alice, f"{page}/restoration", {}, page=f"{page}/edit")
    assert "Central, 2/F</a>" in alice.get(HOME).text


def test_a_room_is_added_moved_and_taken_away(
    app: Flask, alice: FlaskClient, cast: Cast, made: dict[str, str], submit: Submit
) -> None:
    answer = submit(alice, RESOURCES, {**ROOM, "location": made["location"]}, page=f"{RESOURCES}/new", follow_redirects=True)
    assert "Room 1" in answer.text
    page = f"{RESOURCES}/{made['resource']}"
    submit(alice, page, {"name": "Jade room", "location": "", "daily_limit": "8"}, page=f"{page}/edit")
    with app.app_context():
        enter(cast.lotus.id)
        room = Resource.find(cast.lotus, made["resource"])
        assert (room.location_id, room.daily_limit, room.bookable, room.resource_type) == (None, 8, False, "room")
    submit(alice, f"{page}/archival", {}, page=f"{page}/edit")
    assert "Jade room" not in alice.get(HOME).text
    submit(alice, f"{page}/restoration", {}, page=f"{page}/edit")
    assert "Jade room" in alice.get(HOME).text


def test_a_room_that_a_session_to_come_needs_stays(
    app: Flask, alice: FlaskClient, cast: Cast, made: dict[str, str], submit: Submit
) -> None:
    with app.app_context(), writing():
        enter(cast.lotus.id)
        here = db.session.get_one(Workspace, cast.lotus.id)
        mei = Staff.add(here, "Mei", SYSTEM)
        facial = Service.add(here, "Facial", 60, SYSTEM)
        facial.assign(mei, SYSTEM)
        facial.require({"room": 1}, SYSTEM)
        chan = take_in(here, Person(name="Chan Tai Man"), SYSTEM, enrol=False).customer
        for each in (mei, Resource.find(here, made["resource"])):
            WorkingHours.replace(each, [(weekday, 0, 1_440) for weekday in range(7)], SYSTEM)
        start = (clock.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
        Reservation(chan, facial, start).book(here, SYSTEM)
    page = f"{RESOURCES}/{made['resource']}"
    answer = submit(alice, f"{page}/archival", {}, page=f"{page}/edit", follow_redirects=True)
    assert "is still needed for sessions to come: 1" in answer.text
    assert "Jade room" in alice.get(HOME).text


@pytest.mark.parametrize(
    ("where", "data", "sentence"),
    [
        (LOCATIONS, {"name": ""}, "Enter a name."),
        (LOCATIONS, {"name": "x" * 121}, "At most 120 characters."),
        (LOCATIONS, {"name": "Moon", "timezone": "Moon/Tranquility"}, "Asia/Hong_Kong"),
        (RESOURCES, {**ROOM, "name": ""}, "Enter a name."),
        (RESOURCES, {**ROOM, "resource_type": ""}, "Enter a kind"),
        (RESOURCES, {**ROOM, "daily_limit": "0"}, "From 1 to 1,000."),
        (RESOURCES, {**ROOM, "daily_limit": "many"}, "Enter a whole number."),
    ],
)
def test_a_bad_value_is_said_beside_its_field(
    alice: FlaskClient, submit: Submit, where: str, data: dict[str, str], sentence: str
) -> None:
    answer = submit(alice, where, data, page=f"{where}/new")
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_viewer_looks_and_changes_nothing(
    browser_of: Callable[[Any], FlaskClient], cast: Cast, made: dict[str, str]
) -> None:
    vera = browser_of(cast.vera)
    assert "Jade room" in vera.get(HOME).text
    assert vera.get(f"{LOCATIONS}/new").status_code == vera.get(f"{RESOURCES}/{made['resource']}/edit").status_code == 403
