"""Looking at bookings: the day by person, the week, the list with its filter."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import clock
from models.activity.actor import SYSTEM
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.bookings.time_off import TimeOff
from models.customers.enrolment import Person, take_in
from tests.cast import Cast
from tests.crm.desk import HOME, Desk, arranging, book, booking_of, open_desk, put_class_on

HK = ZoneInfo("Asia/Hong_Kong")
BOOKINGS = f"{HOME}/bookings"


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


def day_of(start: datetime) -> str:
    return start.astimezone(HK).date().isoformat()


def noon(days: int) -> datetime:
    """Noon in Hong Kong, so many days from now."""
    return (clock.now().astimezone(HK) + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


def book_long_ago(cast: Cast, desk: Desk, start: datetime) -> str:
    with clock.stopped(start - timedelta(days=1)):
        return book(cast, desk, start)


def test_a_free_hour_of_the_day_leads_to_a_new_booking_with_that_person_and_time(alice: FlaskClient, desk: Desk) -> None:
    page = alice.get(f"{BOOKINGS}?day={day_of(noon(3))}").text
    link = f"/w/lotus-spa/bookings/new?day={day_of(noon(3))}&amp;staff={desk.mei}&amp;time=14:00"
    assert f'href="{link}"' in page
    assert 'aria-label="Book Mei at 2:00' in page


def test_time_that_has_passed_and_viewers_are_offered_no_free_hour(
    browser_of: Callable[[Any], FlaskClient], cast: Cast, alice: FlaskClient, desk: Desk
) -> None:
    assert "&amp;time=" not in alice.get(f"{BOOKINGS}?day={day_of(noon(-3))}").text
    assert "&amp;time=" not in browser_of(cast.vera).get(f"{BOOKINGS}?day={day_of(noon(3))}").text


def test_a_class_is_one_block_that_leads_to_who_comes(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk) -> None:
    with app.app_context():
        lesson = put_class_on(cast, desk, noon(3))
    page = alice.get(f"{BOOKINGS}?day={day_of(noon(3))}").text
    assert f'href="/w/lotus-spa/classes/{lesson}"' in page
    assert "0 of 12 taken" in page


def test_a_cancelled_booking_is_counted_apart_and_takes_no_place(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk
) -> None:
    with app.app_context():
        kept, gone = book(cast, desk, noon(3)), book(cast, desk, noon(3) + timedelta(hours=2))
        with arranging(cast.lotus) as here:
            Cancellation(Booking.find(here, gone)).carry_out(here, SYSTEM)
    page = alice.get(f"{BOOKINGS}?day={day_of(noon(3))}").text
    assert "1 booking" in page
    assert "1 cancelled</a>" in page
    assert f"/bookings/{kept}" in page
    assert f"/bookings/{gone}" not in page


def test_time_off_is_marked_on_the_day_with_what_stands_in_it(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk) -> None:
    day = f"{BOOKINGS}?day={day_of(noon(3))}"
    with app.app_context():
        book(cast, desk, noon(3))
        assert "Outside working time" not in alice.get(day).text
        with arranging(cast.lotus) as here:
            TimeOff.add(Staff.find(here, desk.mei), noon(3) - timedelta(hours=1), noon(3) + timedelta(hours=4), SYSTEM)
    page = alice.get(day).text
    assert ">Off</span>" in page
    assert "Outside working time" in page


def test_the_people_stand_in_their_own_order_a_dozen_at_a_time(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        for number in range(13):
            Staff.add(here, f"Person {number:02}", SYSTEM)
    first = alice.get(BOOKINGS).text
    assert "1 to 12 of 14 people" in first
    assert "Person 10" in first
    assert "Person 11" not in first
    second = alice.get(f"{BOOKINGS}?people=1").text
    assert "Person 11" in second
    assert "13 to 14 of 14 people" in second
    assert alice.get(f"{BOOKINGS}?people=99").text.count("13 to 14 of 14 people") == 1


def test_a_class_of_several_is_one_line_of_the_week(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk) -> None:

    with app.app_context():
        lesson = put_class_on(cast, desk, noon(3))
        with arranging(cast.lotus) as here:
            for name in ("Ada", "Grace", "Mary"):
                who = take_in(here, Person(name=name), SYSTEM, enrol=False).customer
                Reservation(who, Service.find(here, desk.yoga), noon(3)).book(here, SYSTEM)
    page = alice.get(f"{BOOKINGS}?view=week&day={day_of(noon(3))}").text
    assert page.count(f"/classes/{lesson}") == 1
    assert "3 bookings" in page


def test_the_list_begins_today_with_what_comes_first(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk) -> None:
    with app.app_context():
        for days in (9, 2, 5):
            book(cast, desk, noon(days))
        past = book_long_ago(cast, desk, noon(-8))
    page = alice.get(f"{BOOKINGS}?view=list").text
    assert f'value="{day_of(clock.now())}"' in page
    assert f"/bookings/{past}" not in page
    assert "3 bookings" in page
    rows = [part.split('datetime="')[1][:10] for part in page.split('<th scope="row">')[1:]]
    assert rows == [day_of(noon(2)), day_of(noon(5)), day_of(noon(9))]
    assert f"/bookings/{past}" in alice.get(f"{BOOKINGS}?view=list&from=").text


def test_a_booking_is_found_by_its_ref_and_by_the_name_of_its_customer(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk
) -> None:
    with app.app_context():
        booked = book(cast, desk, noon(2))
        ref = booking_of(cast, booked).ref
    for asked in (ref, f"{ref[:4]}-{ref[4:]}".lower(), "大文", "chan"):
        assert f"/bookings/{booked}" in alice.get(f"{BOOKINGS}?view=list&q={asked}").text
    assert "No bookings like this" in alice.get(f"{BOOKINGS}?view=list&q=nobody").text


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("from=2026-12-10&to=2026-12-01", "The last day comes before the first."),
        ("from=soon", "Choose a day."),
        ("from=1066-10-14", "Choose a day from 2000 to 2100."),
        ("staff=stf_0000000000001", "This is not there any more. Choose again."),
        ("service=loc_1", "This is not there any more. Choose again."),
        ("status=lost", "Not a valid choice"),
        (f"q={'x' * 201}", "This is too long."),
    ],
)
def test_what_cannot_be_looked_for_is_said_beside_the_field(
    alice: FlaskClient, desk: Desk, asked: str, sentence: str
) -> None:
    page = alice.get(f"{BOOKINGS}?view=list&{asked}")
    assert page.status_code == 200
    assert sentence in page.text
    assert 'aria-invalid="true"' in page.text


def test_the_bookings_of_somebody_who_left_can_still_be_looked_for(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk
) -> None:
    with app.app_context():
        booked = book_long_ago(cast, desk, noon(-8))
        with arranging(cast.lotus) as here:
            Staff.find(here, desk.mei).archive(SYSTEM)
    page = alice.get(f"{BOOKINGS}?view=list&from=&staff={desk.mei}").text
    assert f"/bookings/{booked}" in page
    assert "Mei (no longer there)" in page


def test_an_empty_workspace_says_how_to_begin_instead_of_blaming_the_filter(alice: FlaskClient, app: Flask) -> None:
    assert "No bookings yet" in alice.get(f"{BOOKINGS}?view=list").text
    assert "Nobody works here yet" in alice.get(BOOKINGS).text
