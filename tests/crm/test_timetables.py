"""The weekly timetable of a class: its dates, those that are left out, and its end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import clock
from models.activity.actor import SYSTEM
from models.base import db
from models.bookings.asset import Staff
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.bookings.session import Session
from models.bookings.time_off import TimeOff
from models.bookings.timetable import ClassSchedule
from models.customers.customer import Customer
from tests.cast import Cast
from tests.crm.desk import HOME, Desk, arranging, looking, open_desk

HK = ZoneInfo("Asia/Hong_Kong")
Submit = Callable[..., TestResponse]


def noon(days: int) -> datetime:
    return (clock.now().astimezone(HK) + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


@pytest.fixture
def weekly(app: Flask, cast: Cast, desk: Desk) -> str:
    """The page that ends the yoga of every week from tomorrow on, at noon with Mei; Chan comes to the second date."""
    with app.app_context(), arranging(cast.lotus) as here:
        yoga, mei = Service.find(here, desk.yoga), Staff.find(here, desk.mei)
        first = noon(1)
        entry = ClassSchedule.add(yoga, first.weekday(), 720, SYSTEM, valid_from=first.date(), staff=mei)
        entry.open_sessions(here)
        Reservation(Customer.find(here, desk.customer), yoga, noon(8)).book(here, SYSTEM)
        return f"{HOME}/services/{desk.yoga}/timetable/{entry.shown_id}/end"


def wanted(desk: Desk, **changes: str) -> dict[str, str]:
    first = noon(1)
    return {
        "weekday": str(first.weekday()), "start": "12:00", "valid_from": first.date().isoformat(), "staff": desk.mei,
        "capacity": "6", **changes,
    }  # fmt: skip


def statuses(app: Flask, cast: Cast) -> list[str]:
    """Of the dates of the class, in their order."""
    with app.app_context(), looking(cast.lotus) as here:
        return list(db.session.scalars(select(Session.status).where(Session.workspace_id == here.id).order_by(Session.starts_at)))


def test_a_weekly_class_opens_its_dates_and_says_why_one_is_left_out(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        TimeOff.add(Staff.find(here, desk.mei), noon(8), noon(9), SYSTEM)
    page = f"{HOME}/services/{desk.yoga}"
    answer = submit(alice, f"{page}/timetable", wanted(desk), page=f"{page}/timetable/new", follow_redirects=True)
    assert "dates are open for booking." in answer.text
    assert "1 date was left out; the page says why." in answer.text
    assert "1 date is left out" in answer.text
    assert "Somebody who leads this class has time off then." in answer.text
    assert "Mei · 6 seats" in answer.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"start": "25:00"}, "Enter a time, such as 19:00."),
        ({"valid_from": "soon"}, "Choose a day."),
        ({"valid_to": "2020-01-01"}, "A timetable entry ends after it begins."),
        ({"capacity": "0"}, "From 1 to 1,000."),
        ({"staff": "stf_0000000000001"}, "This is not there any more. Choose again."),
        ({"weekday": "9"}, "Not a valid choice"),
    ],
)
def test_a_timetable_that_makes_no_sense_is_refused_and_the_rest_is_kept(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, changes: dict[str, str], sentence: str
) -> None:
    page = f"{HOME}/services/{desk.yoga}"
    data = wanted(desk, location=desk.annex, **changes)
    answer = submit(alice, f"{page}/timetable", data, page=f"{page}/timetable/new")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'selected value="{desk.annex}"' in answer.text
    assert statuses(app, cast) == []


def test_the_page_of_an_end_counts_what_is_open_after_the_day_that_is_asked_for(alice: FlaskClient, weekly: str) -> None:
    assert "(1 booking)" in alice.get(f"{weekly}?last_day={noon(1).date()}").text
    assert "(nobody has booked them)" in alice.get(f"{weekly}?last_day={noon(8).date()}").text
    assert "No date after this day is open for booking." in alice.get(f"{weekly}?last_day={noon(400).date()}").text
    assert "(1 booking)" in alice.get(f"{weekly}?last_day=soon").text


def test_a_weekly_class_ends_and_its_open_dates_stay(
    app: Flask, cast: Cast, alice: FlaskClient, weekly: str, submit: Submit
) -> None:
    before = statuses(app, cast)
    answer = submit(alice, weekly, {"last_day": noon(1).date().isoformat()}, page=weekly, follow_redirects=True)
    assert "Ended." in answer.text
    assert statuses(app, cast) == before
    assert set(before) == {"open"}


def test_a_weekly_class_ends_and_takes_its_later_dates_with_it(
    app: Flask, cast: Cast, alice: FlaskClient, weekly: str, submit: Submit
) -> None:
    data = {"last_day": noon(1).date().isoformat(), "cancel_later": "y", "reason": "Mei moves away"}
    answer = submit(alice, weekly, data, page=weekly, follow_redirects=True)
    assert "Ended, and 1 booking was cancelled." in answer.text
    assert statuses(app, cast)[0] == "open"
    assert set(statuses(app, cast)[1:]) == {"cancelled"}


def test_an_end_that_comes_to_nothing_keeps_what_was_typed(
    app: Flask, cast: Cast, alice: FlaskClient, weekly: str, submit: Submit
) -> None:
    answer = submit(alice, weekly, {"last_day": "", "cancel_later": "y", "reason": "Mei moves away"}, page=weekly)
    assert answer.status_code == 422
    assert "Enter a day." in answer.text
    assert "Mei moves away" in answer.text
    submit(alice, weekly, {"last_day": noon(1).date().isoformat()}, page=weekly)
    later = submit(alice, weekly, {"last_day": noon(9).date().isoformat()}, page=weekly)
    assert later.status_code == 422
    assert "This class ends before that day already." in later.text


def test_staff_end_a_weekly_class_and_a_viewer_changes_no_timetable(
    app: Flask, browser_of: Callable[[Any], FlaskClient], bob: FlaskClient, cast: Cast, desk: Desk, weekly: str, submit: Submit
) -> None:
    vera, page = browser_of(cast.vera), f"{HOME}/services/{desk.yoga}"
    assert vera.get(weekly).status_code == vera.get(f"{page}/timetable/new").status_code == 403
    assert "/timetable/" not in vera.get(page).text
    data = {"last_day": noon(1).date().isoformat(), "cancel_later": "y"}
    assert submit(vera, weekly, data, page=f"{HOME}/services").status_code == 403
    assert set(statuses(app, cast)) == {"open"}
    assert weekly in bob.get(page).text
    assert submit(bob, weekly, data, page=weekly).status_code == 303


def test_the_timetable_of_another_class_is_not_there(
    app: Flask, cast: Cast, alice: FlaskClient, charlie: FlaskClient, desk: Desk, weekly: str
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        other = Service.add(here, "Pilates", 60, SYSTEM, kind="class").shown_id
    assert alice.get(weekly.replace(desk.yoga, other)).status_code == 404
    foreign = charlie.get(weekly.replace("lotus-spa", "harbour-tutoring"))
    missing = charlie.get("/w/harbour-tutoring/services/svc_0000000000001/timetable/sch_0000000000001/end")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.data == missing.data


def test_a_class_that_is_no_longer_offered_gets_no_new_timetable(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        Service.find(here, desk.yoga).archive(SYSTEM)
    page = f"{HOME}/services/{desk.yoga}"
    assert alice.get(f"{page}/timetable/new").status_code == 404
    assert submit(alice, f"{page}/timetable", wanted(desk), page=f"{page}/edit").status_code == 404
    assert submit(alice, f"{page}/team", {"staff": desk.mei}, page=f"{page}/edit").status_code == 404
