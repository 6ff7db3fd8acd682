"""A new booking: who, what, when; what is refused keeps what was typed."""

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
from models.base import db
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.hours import WorkingHours
from models.bookings.package import Package
from models.customers.customer import Customer
from tests.cast import Cast
from tests.crm.desk import HOME, Desk, arranging, book, booking_of, looking, on_the_hour, open_desk, put_class_on

HK = ZoneInfo("Asia/Hong_Kong")
Submit = Callable[..., TestResponse]
NEW = f"{HOME}/bookings/new"


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


@pytest.fixture
def start() -> datetime:
    """Tomorrow at three in the afternoon, Hong Kong time."""
    return (clock.now().astimezone(HK) + timedelta(days=1)).replace(hour=15, minute=0, second=0, microsecond=0)


def asked(desk: Desk, start: datetime, **other: str) -> dict[str, str]:
    day = start.astimezone(HK).date().isoformat()
    return {
        "customer": desk.customer, "service": desk.massage, "party_size": "1", "day": day, "starts_at": start.isoformat(), **other
    }  # fmt: skip


def page_for(desk: Desk, **other: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"customer": desk.customer, "service": desk.massage, **other}.items())
    return f"{NEW}?{query}"


def count(app: Flask, cast: Cast) -> int:
    with app.app_context(), looking(cast.lotus) as here:
        return len(db.session.scalars(Booking.within(here)).all())


def test_a_free_time_is_booked(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, start: datetime) -> None:
    answer = submit(alice, f"{HOME}/bookings", asked(desk, start, note="By the window"), page=page_for(desk))
    assert answer.status_code == 303
    with app.app_context():
        found = booking_of(cast, answer.headers["Location"].rsplit("/", 1)[1])
        assert (found.starts_at, found.status, found.customer_note) == (start, "confirmed", "By the window")


def test_another_time_of_that_day_is_booked_by_the_clock_alone(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, start: datetime
) -> None:
    answer = submit(alice, f"{HOME}/bookings", asked(desk, start, starts_at="", other_time="16:07"), page=page_for(desk))
    with app.app_context():
        found = booking_of(cast, answer.headers["Location"].rsplit("/", 1)[1])
        assert found.starts_at == start.replace(hour=16, minute=7)


def test_booking_the_same_again_says_that_it_was_booked(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, start: datetime
) -> None:
    first = submit(alice, f"{HOME}/bookings", asked(desk, start), page=page_for(desk))
    again = submit(alice, f"{HOME}/bookings", asked(desk, start), page=page_for(desk), follow_redirects=True)
    assert "This was booked already; here it is." in again.text
    assert first.headers["Location"] == again.request.path
    assert count(app, cast) == 1


def test_free_times_stand_by_part_of_the_day_and_the_hour_of_the_board_is_chosen(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, start: datetime
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        WorkingHours.replace(Staff.find(here, desk.mei), [(day, 660, 1_200) for day in range(7)], SYSTEM)
    page = alice.get(page_for(desk, day=start.date().isoformat(), time="15:00", staff=desk.mei)).text
    assert [word for word in ("Morning", "Afternoon", "Evening") if word in page] == ["Morning", "Afternoon", "Evening"]
    assert f'value="{start.isoformat()}" checked' in page


def test_a_day_without_free_times_says_why_and_leads_to_the_next_that_has_some(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, start: datetime
) -> None:
    free = start + timedelta(days=(4 - start.weekday()) % 7 or 7)  # the next Friday
    with app.app_context(), arranging(cast.lotus) as here:
        WorkingHours.replace(Staff.find(here, desk.mei), [(4, 600, 1_200)], SYSTEM)
    page = alice.get(page_for(desk, day=(free - timedelta(days=1)).date().isoformat())).text
    assert "Nobody who does this service works then." in page
    assert f"day={free.date().isoformat()}" in page
    assert ">Book<" not in page


def test_only_those_who_do_the_service_are_offered(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        bob = Staff.add(here, "Bob the barber", SYSTEM).shown_id
    assert "Bob the barber" not in alice.get(page_for(desk)).text
    chosen = alice.get(page_for(desk, staff=bob)).text
    assert "Bob the barber does not do this service. Choose somebody else." in chosen


def test_somebody_who_walks_in_is_booked_for_now(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    new = page_for(desk, walk_in="1")
    assert 'value="now" checked' in alice.get(new).text
    answer = submit(alice, f"{HOME}/bookings", asked(desk, clock.now(), starts_at="now"), page=new)
    assert answer.status_code == 303
    with app.app_context():
        found = booking_of(cast, answer.headers["Location"].rsplit("/", 1)[1])
        assert timedelta(0) <= clock.now() - found.starts_at < timedelta(minutes=3)


def test_a_taken_time_offers_others_and_keeps_what_was_typed(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, start: datetime
) -> None:
    with app.app_context():
        book(cast, desk, start)
    wong = someone(alice, submit, "Wong Siu Ming")
    answer = submit(alice, f"{HOME}/bookings", asked(desk, start, customer=wong, note="window seat"), page=page_for(desk))
    assert answer.status_code == 422
    assert "Everybody who does this service is booked then." in answer.text
    assert answer.text.count('type="hidden" name="starts_at" value="20') == 3
    assert "window seat" in answer.text
    assert count(app, cast) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_at": ""}, "Choose a time."),
        ({"starts_at": "2020-01-01T10:00:00+08:00"}, "passed"),
        ({"starts_at": "9999-12-31T12:00:00+08:00"}, "year"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "year"),
        ({"other_time": "when the cows come home"}, "Enter a time, such as 14:00."),
        ({"party_size": "0"}, "From 1 to 100."),
        ({"party_size": "many"}, "Enter a whole number."),
        ({"party_size": "2"}, "The party is larger than this service takes."),
        ({"day": "soon"}, "Choose a day."),
        ({"service": "svc_0000000000001"}, "This is not there any more. Choose again."),
        ({"service": ""}, "Choose a service."),
        ({"staff": "stf_0000000000001"}, "This is not there any more. Choose again."),
        ({"location": "nowhere"}, "This is not there any more. Choose again."),
        ({"package": "pkg_0000000000001"}, "This is used up. Choose again."),
        ({"note": "x" * 2_001}, "At most 2,000 characters."),
    ],
)
def test_a_bad_value_is_said_beside_its_field_and_books_nothing(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, start: datetime, changes: dict[str, str],
    sentence: str,
) -> None:  # fmt: skip
    data = asked(desk, start, note="By the window") | changes
    answer = submit(alice, f"{HOME}/bookings", data, page=page_for(desk))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert data["note"] in answer.text
    assert count(app, cast) == 0


def test_a_time_that_the_clocks_skip_is_refused_where_it_was_typed(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, start: datetime
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        here.timezone = "Europe/London"
    data = asked(desk, start, day="2027-03-28", starts_at="", other_time="01:30")
    answer = submit(alice, f"{HOME}/bookings", data, page=page_for(desk))
    assert answer.status_code == 422
    assert "does not exist that day" in answer.text
    assert 'value="01:30"' in answer.text


def test_a_package_of_the_customer_can_pay(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit, start: datetime
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        for _ in range(2):
            Package.find(here, desk.package).grant(Customer.find(here, desk.customer).id, SYSTEM)
    assert "Ten massages, 20 left" in alice.get(page_for(desk)).text
    answer = submit(alice, f"{HOME}/bookings", asked(desk, start, package=desk.package), page=page_for(desk))
    with app.app_context():
        assert booking_of(cast, answer.headers["Location"].rsplit("/", 1)[1]).credits_used == 1


def test_two_people_are_refused_the_last_seat_of_a_class(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    start = on_the_hour(30)
    with app.app_context():
        put_class_on(cast, desk, start, capacity=2)
    new, wanted = page_for(desk, service=desk.yoga), asked(desk, start, service=desk.yoga)
    submit(alice, f"{HOME}/bookings", wanted, page=new)
    wong = someone(alice, submit, "Wong Siu Ming")
    answer = submit(alice, f"{HOME}/bookings", wanted | {"customer": wong, "party_size": "2"}, page=new)
    assert answer.status_code == 422
    assert "This class has too few seats left." in answer.text
    assert 'name="party_size"' in answer.text


def someone(alice: FlaskClient, submit: Submit, name: str, **more: str) -> str:
    """Taken in on the spot; returns the id that the booking goes on with."""
    answer = submit(alice, f"{NEW}/customer?day=2031-01-02&walk_in=1", {"name": name, **more}, page=f"{NEW}/customer")
    assert answer.status_code == 303
    return answer.headers["Location"].split("customer=")[1].split("&")[0]


def test_somebody_new_is_written_down_and_the_booking_goes_on(alice: FlaskClient, desk: Desk, submit: Submit) -> None:
    answer = submit(alice, f"{NEW}/customer?day=2031-01-02&staff={desk.mei}", {"name": "Ada"}, page=f"{NEW}/customer")
    onward = answer.headers["Location"]
    assert f"staff={desk.mei}" in onward and "day=2031-01-02" in onward
    assert "Ada" in alice.get(onward).text


def test_what_was_looked_for_in_vain_fills_in_the_new_person(alice: FlaskClient, desk: Desk) -> None:
    assert 'value="Zoe Zimmermann"' in alice.get(f"{NEW}/customer?q=Zoe+Zimmermann").text
    assert 'value="6123 4567"' in alice.get(f"{NEW}/customer?q=6123+4567").text


def test_whoever_has_the_phone_already_is_offered_and_may_share_it(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    typed = {"name": "Chan Siu Ming", "phone": "9123 4567"}
    answer = submit(alice, f"{NEW}/customer", typed, page=f"{NEW}/customer")
    assert answer.status_code == 422
    assert f"customer={desk.customer}" in answer.text
    assert 'value="Chan Siu Ming"' in answer.text
    assert someone(alice, submit, **typed, allow_shared="y") != desk.customer


@pytest.mark.parametrize(
    ("typed", "sentence"), [({"name": " "}, "Enter a name."), ({"name": "Ada", "phone": "call me"}, "phone")]
)
def test_a_newcomer_without_a_name_or_with_no_phone_is_refused(
    alice: FlaskClient, desk: Desk, submit: Submit, typed: dict[str, str], sentence: str
) -> None:
    answer = submit(alice, f"{NEW}/customer", typed, page=f"{NEW}/customer")
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_strangers_customer_is_answered_like_nobody(charlie: FlaskClient, desk: Desk) -> None:
    theirs = "/w/harbour-tutoring/bookings/new?customer="
    foreign, missing = charlie.get(theirs + desk.customer), charlie.get(f"{theirs}mem_0000000000001")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.data == missing.data


def test_a_viewer_books_nothing(browser_of: Callable[[Any], FlaskClient], cast: Cast, desk: Desk) -> None:
    vera = browser_of(cast.vera)
    assert [vera.get(path).status_code for path in (NEW, f"{NEW}/customer", page_for(desk))] == [403, 403, 403]
