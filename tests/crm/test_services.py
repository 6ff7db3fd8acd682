"""The pages of services. What is refused keeps what was typed."""

from collections.abc import Callable
from typing import Any

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings.asset import Resource, Staff
from models.bookings.service import Service
from tests.cast import Cast
from tests.crm.desk import arranging, looking

Submit = Callable[..., TestResponse]
HOME = "/w/lotus-spa/services"
GOOD = {
    "kind": "appointment", "name": "Facial", "category": "Skin", "price_minor": "480.50", "duration_min": "60",
    "buffer_before_min": "0",
    "buffer_after_min": "10", "slot_step_min": "15", "capacity": "1", "staff_needed": "1", "cancel_cutoff_min": "24",
    "late_cancel_fee_bp": "50", "no_show_fee_bp": "100", "assign_rule": "least_busy", "online": "y",
}  # fmt: skip


@pytest.fixture
def places(app: Flask, cast: Cast) -> dict[str, str]:
    """A person, a class, a room and a chair; shown ids."""
    with app.app_context(), writing():
        enter(cast.lotus.id)
        here = db.session.get_one(Workspace, cast.lotus.id)
        mei = Staff.add(here, "Mei", SYSTEM)
        yoga = Service.add(here, "Yoga", 60, SYSTEM, kind="class", capacity=12)
        Resource.add(here, "Jade room", "room", SYSTEM)
        chair = Resource.add(here, "Red chair", "chair", SYSTEM)
        return {"staff": mei.shown_id, "class": yoga.shown_id, "chair": chair.shown_id}


def test_a_service_is_added_with_its_price_in_minor_units_and_its_hours_in_minutes(
    app: Flask, alice: FlaskClient, cast: Cast, submit: Submit
) -> None:
    answer = submit(alice, HOME, GOOD, page=f"{HOME}/new")
    assert answer.status_code == 303
    assert "Facial" in alice.get(HOME).text
    with app.app_context():
        enter(cast.lotus.id)
        made = Service.find(cast.lotus, answer.headers["Location"].rsplit("/", 1)[1])
        assert (made.price_minor, made.late_cancel_fee_bp, made.buffer_after_min) == (48_050, 5_000, 10)
        assert (made.cancel_cutoff_min, made.no_show_fee_bp) == (1_440, 10_000)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "x" * 121}, "At most 120 characters."),
        ({"price_minor": "free"}, "Enter an amount, such as 480 or 480.50."),
        ({"price_minor": "-1"}, "From 0 to"),
        ({"price_minor": "1.005"}, "no such small change"),
        ({"duration_min": "4"}, "From 5 to"),
        ({"capacity": "0"}, "From 1 to"),
        ({"late_cancel_fee_bp": "101"}, "From 0 to 100."),
        ({"cancel_cutoff_min": "a day"}, "Enter a number, such as 24 or 1.5."),
        ({"team": "stf_0000000000001"}, "Somebody is not there any more. Choose again."),
        ({"need_0": "boat", "quantity_0": "1"}, "There is none of this kind any more."),
        ({"quantity_0": "21"}, "From 1 to 20."),
        ({"kind": "party"}, "Not a valid choice"),
    ],
)
def test_a_bad_value_is_said_beside_its_field(alice: FlaskClient, submit: Submit, changes: dict[str, str], sentence: str) -> None:
    answer = submit(alice, HOME, {**GOOD, "description": "With honey", **changes}, page=f"{HOME}/new")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "With honey" in answer.text


def test_a_service_is_changed_taken_off_and_offered_again(alice: FlaskClient, submit: Submit) -> None:
    page = submit(alice, HOME, GOOD, page=f"{HOME}/new").headers["Location"]
    assert submit(alice, page, {**GOOD, "name": "Long facial"}, page=f"{page}/edit").status_code == 303
    assert "Long facial" in alice.get(page).text
    submit(alice, f"{page}/archival", {}, page=page)
    assert "Long facial" not in alice.get(HOME).text
    submit(alice, f"{page}/restoration", {}, page=page)
    assert "Long facial" in alice.get(HOME).text


def test_a_new_service_is_done_by_those_who_are_ticked_with_the_rooms_that_it_needs(
    app: Flask, alice: FlaskClient, cast: Cast, places: dict[str, str], submit: Submit
) -> None:
    data = {**GOOD, "team": places["staff"], "need_0": "room", "quantity_0": "", "need_1": "chair", "quantity_1": "2"}
    page = submit(alice, HOME, data, page=f"{HOME}/new").headers["Location"]
    with app.app_context(), looking(cast.lotus) as here:
        made = Service.find(here, page.rsplit("/", 1)[1])
        assert made.doers == [Staff.find(here, places["staff"]).id]
        assert made.needs == {"room": 1, "chair": 2}
    assert "2 × chair, 1 × room" in alice.get(page).text


def test_a_need_is_changed_and_taken_away(
    app: Flask, alice: FlaskClient, cast: Cast, places: dict[str, str], submit: Submit
) -> None:
    data = {**GOOD, "need_0": "room", "quantity_0": "1", "need_1": "chair", "quantity_1": "2"}
    page = submit(alice, HOME, data, page=f"{HOME}/new").headers["Location"]
    changed = {**GOOD, "need_0": "", "quantity_0": "2", "need_1": "room", "quantity_1": "3"}
    assert submit(alice, page, changed, page=f"{page}/edit").status_code == 303
    with app.app_context(), looking(cast.lotus) as here:
        assert Service.find(here, page.rsplit("/", 1)[1]).needs == {"room": 3}


def test_a_form_sent_back_as_it_came_changes_nothing(
    app: Flask, alice: FlaskClient, cast: Cast, places: dict[str, str], submit: Submit
) -> None:
    facts = {"cancel_cutoff_min": 100, "late_cancel_fee_bp": 1_250, "price_minor": 48_050, "daily_limit": 3, "online": False}
    with app.app_context(), arranging(cast.lotus) as here:
        found = Service.add(here, "Peel", 30, SYSTEM, **facts)
        found.require({"room": 2}, SYSTEM)
        shown = found.shown_id
    page = f"{HOME}/{shown}"
    assert submit(alice, page, sent_by(alice.get(f"{page}/edit").text), page=f"{page}/edit").status_code == 303
    with app.app_context(), looking(cast.lotus) as here:
        found = Service.find(here, shown)
        assert {name: getattr(found, name) for name in facts} == facts
        assert found.needs == {"room": 2}


def sent_by(page: str) -> dict[str, str]:
    """What a browser would send of the service's form, untouched."""
    form = html5lib.parse(page, namespaceHTMLElements=False).find(".//form[@id='service']")
    sent = {
        each.get("name"): each.get("value", "")
        for each in form.iter("input")
        if each.get("type") not in ("checkbox", "radio") or "checked" in each.keys()  # noqa: SIM118 - an element, no mapping
    }
    sent |= {each.get("name"): (each.text or "").strip() for each in form.iter("textarea")}
    for each in form.iter("select"):
        chosen = [option for option in each.iter("option") if option.get("selected") is not None]
        sent[each.get("name")] = (chosen or list(each.iter("option")))[0].get("value", "")
    return sent


def test_a_kind_of_thing_that_is_gone_stays_needed_until_somebody_says_otherwise(
    app: Flask, alice: FlaskClient, cast: Cast, places: dict[str, str], submit: Submit
) -> None:
    page = submit(alice, HOME, {**GOOD, "need_0": "chair", "quantity_0": "1"}, page=f"{HOME}/new").headers["Location"]
    with app.app_context(), arranging(cast.lotus) as here:
        Resource.find(here, places["chair"]).archive(SYSTEM)
    answer = submit(alice, page, {**GOOD, "need_0": "chair", "quantity_0": "1"}, page=f"{page}/edit")
    assert answer.status_code == 303
    assert "1 × chair" in alice.get(page).text


def test_the_team_of_a_service_is_ticked(alice: FlaskClient, places: dict[str, str], submit: Submit) -> None:
    page = f"{HOME}/{places['class']}"
    submit(alice, f"{page}/team", {"staff": places["staff"]}, page=page)
    assert "checked" in alice.get(page).text
    submit(alice, f"{page}/team", {}, page=page)
    assert " checked>" not in alice.get(page).text


def test_a_viewer_looks_and_changes_nothing(browser_of: Callable[[Any], FlaskClient], cast: Cast) -> None:
    vera = browser_of(cast.vera)
    assert vera.get(HOME).status_code == 200
    assert vera.get(f"{HOME}/new").status_code == 403
