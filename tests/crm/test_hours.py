"""The hours of people, rooms and places: a week of shifts, days that differ, absences, and what is booked outside them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import clock
from models.activity.actor import SYSTEM
from models.bookings.asset import Resource, Staff
from models.bookings.hours import DateOverride, Owner, WorkingHours
from models.bookings.location import Location
from models.bookings.time_off import TimeOff
from tests.cast import Cast
from tests.crm.desk import HOME, Desk, arranging, book, looking, open_desk

HK = ZoneInfo("Asia/Hong_Kong")
Submit = Callable[..., TestResponse]
NOUNS: dict[str, Any] = {"staff": Staff, "resources": Resource, "locations": Location}
WEEK = {
    "start-0-0": "09:00", "end-0-0": "13:00", "start-0-1": "14:00", "end-0-1": "18:00", "start-5-0": "22:00", "end-5-0": "02:00",
}  # fmt: skip


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


def page_of(desk: Desk, kind: str) -> str:
    return f"{HOME}/{kind}/{ {'staff': desk.mei, 'resources': desk.room, 'locations': desk.central}[kind] }".replace(" ", "")


def owner(here: Any, page: str) -> Owner:
    kind, shown_id = page.split("/")[-2:]
    found: Owner = NOUNS[kind].find(here, shown_id)
    return found


def shifts(app: Flask, cast: Cast, page: str) -> list[tuple[int, int, int]]:
    with app.app_context(), looking(cast.lotus) as here:
        return [(row.weekday, row.from_min, row.to_min) for row in WorkingHours.of(owner(here, page))]


def noon(days: int) -> datetime:
    return (clock.now().astimezone(HK) + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("kind", list(NOUNS))
def test_a_week_is_typed_as_times_and_a_shift_may_end_on_the_next_day(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, kind: str
) -> None:
    page = page_of(desk, kind)
    assert submit(alice, f"{page}/hours", WEEK, page=page).status_code == 303
    assert shifts(app, cast, page) == [(0, 540, 780), (0, 840, 1_080), (5, 1_320, 1_560)]
    shown = alice.get(page).text
    assert 'name="start-0-1" value="14:00"' in shown
    assert 'name="start-0-2" value=""' in shown  # the next one, behind "Another shift"


def test_every_shift_that_cannot_be_read_is_said_beside_it_and_nothing_is_lost(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    page = page_of(desk, "staff")
    before = shifts(app, cast, page)
    wrong = WEEK | {"end-0-1": "", "start-3-0": "nine", "end-3-0": "17:00"}
    answer = submit(alice, f"{page}/hours", wrong, page=page)
    assert answer.status_code == 422
    assert answer.text.count("A shift has two times.") == 2  # over the form and beside the field
    assert answer.text.count("Enter times such as 9:00 and 18:00.") == 2
    assert 'name="start-0-1" value="14:00"' in answer.text
    assert 'value="nine"' in answer.text
    assert shifts(app, cast, page) == before


def test_hours_at_one_place_leave_those_of_the_others_alone(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    page = page_of(desk, "staff")
    with app.app_context(), arranging(cast.lotus) as here:
        Staff.find(here, desk.mei).change(SYSTEM, location_id=None)
    before = shifts(app, cast, page)
    there = f"{page}?at={desk.annex}"
    assert "Only at Annex" in alice.get(page).text
    submit(alice, f"{page}/hours", {"at": desk.annex, "start-2-0": "10:00", "end-2-0": "12:00"}, page=there)
    assert 'name="start-2-0" value="10:00"' in alice.get(there).text
    assert shifts(app, cast, page) == before
    assert alice.get(f"{page}?at=loc_0000000000001").status_code == 404


@pytest.mark.parametrize("kind", list(NOUNS))
def test_days_in_a_row_are_closed_in_one_line_and_opened_again(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, kind: str
) -> None:
    page = page_of(desk, kind)
    closed = {"day": "2031-12-24", "until": "2031-12-26", "reason": "Christmas"}
    assert submit(alice, f"{page}/overrides", closed, page=page).status_code == 303
    assert alice.get(page).text.count("Christmas") == 1
    with app.app_context(), looking(cast.lotus) as here:
        rows = DateOverride.of(owner(here, page), noon(0).date())
        assert [(row.day, row.closed) for row in rows] == [(f"2031-12-{day}", True) for day in (24, 25, 26)]
    submit(alice, f"{page}/overrides/2031-12-24/removal", {"until": "2031-12-26"}, page=page)
    assert "Christmas" not in alice.get(page).text


def test_a_day_may_have_two_shifts_of_its_own(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    page = page_of(desk, "staff")
    day = {"day": "2031-12-24", "start": "09:00", "end": "11:00", "start_2": "13:00", "end_2": "15:00"}
    submit(alice, f"{page}/overrides", day, page=page)
    with app.app_context(), looking(cast.lotus) as here:
        rows = DateOverride.of(owner(here, page), noon(0).date())
        assert [(row.from_min, row.to_min) for row in rows] == [(540, 660), (780, 900)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": ""}, "Enter a day."),
        ({"day": "Christmas"}, "Choose a day."),
        ({"end": ""}, "A shift has two times."),
        ({"start": "nine"}, "Enter a time, such as 9:00."),
        ({"until": "2031-12-23"}, "the last one not before the first"),
        ({"until": "2040-12-23"}, "at most 366 days"),
        ({"reason": "x" * 501}, "At most 500 characters."),
    ],
)
def test_a_day_that_makes_no_sense_is_refused_and_kept(
    alice: FlaskClient, desk: Desk, submit: Submit, changes: dict[str, str], sentence: str
) -> None:
    page = page_of(desk, "staff")
    typed = {"day": "2031-12-24", "start": "09:00", "end": "11:00", "reason": "Party"} | changes
    answer = submit(alice, f"{page}/overrides", typed, page=page)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert typed["reason"] in answer.text


def absence(app: Flask, cast: Cast, page: str) -> tuple[datetime, datetime]:
    with app.app_context(), looking(cast.lotus) as here:
        (off,) = TimeOff.of(owner(here, page), clock.now())  # type: ignore[arg-type]
        return off.starts_at.astimezone(HK), off.ends_at.astimezone(HK)


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ({"first": "2031-12-24"}, "2031-12-24 00:00", "2031-12-25 00:00"),
        ({"first": "2031-12-24", "last": "2031-12-26"}, "2031-12-24 00:00", "2031-12-27 00:00"),
        ({"first": "2031-12-24", "since": "14:00"}, "2031-12-24 14:00", "2031-12-25 00:00"),
        ({"first": "2031-12-24", "last": "2031-12-26", "till": "11:30"}, "2031-12-24 00:00", "2031-12-26 11:30"),
    ],
)
def test_a_plain_day_is_a_whole_day_off_and_times_make_it_shorter(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, typed: dict[str, str], start: str, end: str
) -> None:
    page = page_of(desk, "staff")
    assert submit(alice, f"{page}/time-off", typed | {"reason": "holiday"}, page=page).status_code == 303
    assert [f"{edge:%Y-%m-%d %H:%M}" for edge in absence(app, cast, page)] == [start, end]
    shown = alice.get(page).text
    removal = shown.split("/time-off/")[1].split('"')[0]
    assert submit(alice, f"{page}/time-off/{removal}", {}, page=page).status_code == 303
    assert "holiday" not in alice.get(page).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"first": ""}, "Enter a day."),
        ({"first": "2031-12-24", "last": "2031-12-23"}, "Time off ends after it starts."),
        ({"first": "2031-12-24", "since": "14:00", "till": "13:00"}, "Time off ends after it starts."),
        ({"first": "2031-12-24", "since": "soon"}, "Enter a time, such as 14:00."),
        ({"first": "1831-12-24"}, "Choose a day from 2000 to 2100."),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_and_kept(
    alice: FlaskClient, desk: Desk, submit: Submit, typed: dict[str, str], sentence: str
) -> None:
    page = page_of(desk, "staff")
    answer = submit(alice, f"{page}/time-off", typed | {"reason": "holiday"}, page=page)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="holiday"' in answer.text


def test_an_absence_names_the_bookings_that_it_strands_with_what_can_be_done(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context():
        inside, outside = book(cast, desk, noon(3)), book(cast, desk, noon(5))
    page = page_of(desk, "staff")
    answer = submit(alice, f"{page}/time-off", {"first": noon(3).date().isoformat()}, page=page, follow_redirects=True)
    assert "1 booking stands outside these times." in answer.text
    assert f"/bookings/{inside}/move" in answer.text
    assert f"/bookings/{inside}/cancellation" in answer.text
    assert f"/bookings/{outside}/move" not in answer.text


def test_fewer_hours_of_a_person_and_of_a_place_name_what_they_strand(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context():
        booked = book(cast, desk, noon(3))
    early = {f"start-{day}-0": "07:00" for day in range(7)} | {f"end-{day}-0": "11:00" for day in range(7)}
    for kind in ("staff", "locations"):
        page = page_of(desk, kind)
        answer = submit(alice, f"{page}/hours", early, page=page, follow_redirects=True)
        assert "1 booking stands outside these times." in answer.text
        assert f"/bookings/{booked}/move" in answer.text


def test_an_absence_of_somebody_else_is_answered_like_a_missing_one(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        bob = Staff.add(here, "Bob", SYSTEM)
        theirs = TimeOff.add(bob, noon(1), noon(2), SYSTEM).shown_id
    page = page_of(desk, "staff")
    answers = [submit(alice, f"{page}/time-off/{each}/removal", {}, page=page) for each in (theirs, "tof_0000000000001", "x")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].data == answers[1].data == answers[2].data


@pytest.mark.parametrize("kind", list(NOUNS))
def test_a_viewer_sees_the_hours_and_sets_none(
    browser_of: Callable[[Any], FlaskClient], cast: Cast, desk: Desk, kind: str
) -> None:
    vera = browser_of(cast.vera)
    assert "Save hours" not in vera.get(page_of(desk, kind)).text
    assert "Monday" in vera.get(page_of(desk, kind)).text
