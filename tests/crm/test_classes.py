"""One date of a class: put on by itself, changed with its bookings, cancelled behind a page; who comes to it."""

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
from models.bookings.asset import Staff
from models.bookings.class_session import add_class
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer
from tests.cast import Cast
from tests.crm.desk import HOME, Desk, arranging, book, booking_of, looking, open_desk, put_class_on

HK = ZoneInfo("Asia/Hong_Kong")
Submit = Callable[..., TestResponse]


def noon(days: int) -> datetime:
    return (clock.now().astimezone(HK) + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


def at(start: datetime) -> dict[str, str]:
    return {"day": start.date().isoformat(), "start": f"{start:%H:%M}"}


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


@pytest.fixture
def lesson(app: Flask, cast: Cast, desk: Desk) -> str:
    """The page of tomorrow's yoga at noon, with Mei and twelve seats."""
    with app.app_context():
        return f"{HOME}/classes/{put_class_on(cast, desk, noon(1))}"


def come(cast: Cast, desk: Desk, lesson: str, party_size: int = 1) -> str:
    """Chan's seat in it; inside an app context."""
    with arranging(cast.lotus) as here:
        session = Session.find(here, lesson.rsplit("/", 1)[1])
        wish = Reservation(
            Customer.find(here, desk.customer), Service.find(here, desk.yoga), session.starts_at, party_size=party_size,
            session=session,
        )  # fmt: skip
        return wish.book(here, SYSTEM)[0].shown_id


def facts(app: Flask, cast: Cast, lesson: str) -> tuple[datetime, list[int], int, str, int]:
    with app.app_context(), looking(cast.lotus) as here:
        found = Session.find(here, lesson.rsplit("/", 1)[1])
        return found.starts_at, found.staff, found.capacity, found.status, found.version


def filled(app: Flask, cast: Cast, desk: Desk, lesson: str, **changes: str) -> dict[str, str]:
    start, _, capacity, _, version = facts(app, cast, lesson)
    as_it_is = {**at(start.astimezone(HK)), "staff": desk.mei, "capacity": str(capacity), "version": str(version)}
    return {**as_it_is, **changes}


def test_a_class_is_put_on_for_one_date(app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit) -> None:
    page = f"{HOME}/services/{desk.yoga}"
    answer = submit(
        alice, f"{page}/classes", {**at(noon(2)), "staff": desk.mei, "capacity": "4"}, page=f"{page}/classes/new"
    )
    assert answer.status_code == 303
    start, staff, capacity, status, _ = facts(app, cast, answer.headers["Location"])
    assert (start, len(staff), capacity, status) == (noon(2), 1, 4, "open")
    assert "0 of 4 taken" in alice.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": ""}, "Enter a day."),
        ({"start": "noon"}, "Enter a time, such as 19:00."),
        ({"day": "2020-01-01"}, "A class is put on the calendar before it begins."),
        ({"capacity": "0"}, "From 1 to 1,000."),
        ({"staff": "stf_0000000000001"}, "This is not there any more. Choose again."),
    ],
)
def test_a_date_that_cannot_be_is_said_beside_its_field_and_the_rest_is_kept(
    alice: FlaskClient, desk: Desk, submit: Submit, changes: dict[str, str], sentence: str
) -> None:
    page = f"{HOME}/services/{desk.yoga}"
    data = {**at(noon(2)), "capacity": "7", "location": desk.annex, **changes}
    answer = submit(alice, f"{page}/classes", data, page=f"{page}/classes/new")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{desk.annex}" selected' in answer.text or f'selected value="{desk.annex}"' in answer.text


def test_a_leader_who_is_taken_leads_no_second_class(alice: FlaskClient, desk: Desk, lesson: str, submit: Submit) -> None:
    page = f"{HOME}/services/{desk.yoga}"
    answer = submit(alice, f"{page}/classes", {**at(noon(1)), "staff": desk.mei}, page=f"{page}/classes/new")
    assert answer.status_code == 422
    assert "Somebody who leads this class is taken at that time." in answer.text


def test_a_class_moves_with_its_bookings(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, lesson: str, submit: Submit
) -> None:
    with app.app_context():
        seat = come(cast, desk, lesson)
    assert "1 booking comes along to another time." in alice.get(f"{lesson}/edit").text
    data = filled(app, cast, desk, lesson, start="15:30", capacity="5")
    answer = submit(alice, lesson, data, page=f"{lesson}/edit", follow_redirects=True)
    assert "Saved. 1 booking came along; tell them." in answer.text
    later = noon(1).replace(hour=15, minute=30)
    assert facts(app, cast, lesson)[0] == later
    assert facts(app, cast, lesson)[2] == 5
    with app.app_context():
        assert booking_of(cast, seat).starts_at == later


def test_seats_that_are_taken_are_not_taken_away(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, lesson: str, submit: Submit
) -> None:
    with app.app_context():
        come(cast, desk, lesson, party_size=3)
    answer = submit(alice, lesson, filled(app, cast, desk, lesson, capacity="2"), page=f"{lesson}/edit")
    assert answer.status_code == 422
    assert "3 seats are taken already. Move or cancel bookings first." in answer.text
    assert facts(app, cast, lesson)[2] == 12


def test_what_somebody_else_changed_meanwhile_is_not_written_over(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, lesson: str, submit: Submit
) -> None:
    old = filled(app, cast, desk, lesson, capacity="9")
    submit(alice, lesson, filled(app, cast, desk, lesson, capacity="8"), page=f"{lesson}/edit")
    answer = submit(alice, lesson, old, page=f"{lesson}/edit")
    assert answer.status_code == 422
    assert "This class was changed in the meantime; look again." in answer.text
    assert facts(app, cast, lesson)[2] == 8


def test_a_second_leader_stays_when_only_the_seats_change(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        both = [Staff.find(here, desk.mei), Staff.add(here, "Jade", SYSTEM)]
        lesson = f"{HOME}/classes/{add_class(Service.find(here, desk.yoga), noon(3), both, SYSTEM).shown_id}"
    assert submit(alice, lesson, filled(app, cast, desk, lesson, capacity="3"), page=f"{lesson}/edit").status_code == 303
    assert len(facts(app, cast, lesson)[1]) == 2
    assert submit(alice, lesson, filled(app, cast, desk, lesson, staff=""), page=f"{lesson}/edit").status_code == 303
    assert facts(app, cast, lesson)[1] == []


def test_a_class_is_cancelled_on_a_page_that_counts_its_bookings(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, lesson: str, submit: Submit
) -> None:
    with app.app_context():
        seat = come(cast, desk, lesson)
    assert "1 booking is cancelled with it, and nobody owes anything." in alice.get(f"{lesson}/cancellation").text
    too_long = submit(alice, f"{lesson}/cancellation", {"reason": "x" * 501}, page=f"{lesson}/cancellation")
    assert too_long.status_code == 422
    answer = submit(
        alice, f"{lesson}/cancellation", {"reason": "ill"}, page=f"{lesson}/cancellation", follow_redirects=True
    )
    assert "Cancelled, with 1 booking." in answer.text
    assert "This class was cancelled." in answer.text
    with app.app_context():
        assert booking_of(cast, seat).status == "cancelled"
    again = submit(alice, f"{lesson}/cancellation", {}, page=f"{lesson}/cancellation")
    assert again.status_code == 422


def test_whoever_comes_is_checked_in_from_the_class_that_day_and_marked_afterwards(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, lesson: str, submit: Submit
) -> None:
    with app.app_context():
        seat = come(cast, desk, lesson)
    progress = f"{HOME}/bookings/{seat}/progress"
    with clock.stopped(noon(0)):
        assert progress not in alice.get(lesson).text
    with clock.stopped(noon(1) - timedelta(minutes=5)):
        assert ">Check in<" in alice.get(lesson).text
        answer = submit(alice, progress, {"step": "check_in", "version": "1", "back": lesson}, page=lesson)
        assert answer.headers["Location"] == lesson
        assert ">Undo check-in<" in alice.get(lesson).text
    with clock.stopped(noon(1) + timedelta(hours=2)):
        page = alice.get(lesson).text
        assert ">Complete<" in page
        assert f"{lesson}/edit" not in page
        assert ">Add somebody<" not in page


def test_somebody_is_added_to_this_very_class_of_two_at_one_time(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, lesson: str, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        other = add_class(Service.find(here, desk.yoga), noon(1), [], SYSTEM).shown_id
    page = f"{HOME}/bookings/new?customer={desk.customer}&service={desk.yoga}&day={noon(1).date()}&time=12:00&session={other}"
    assert f'name="session" value="{other}"' in alice.get(page).text
    data = {
        "customer": desk.customer, "service": desk.yoga, "party_size": "1", "day": noon(1).date().isoformat(),
        "starts_at": noon(1).isoformat(), "session": other,
    }  # fmt: skip
    assert submit(alice, f"{HOME}/bookings", data, page=page).status_code == 303
    assert "1 of 12 taken" in alice.get(f"{HOME}/classes/{other}").text
    assert "0 of 12 taken" in alice.get(lesson).text


def test_the_class_one_came_from_is_forgotten_when_another_service_is_chosen(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        session = add_class(Service.find(here, desk.yoga), noon(1), [], SYSTEM).shown_id
    data = {
        "customer": desk.customer, "service": desk.massage, "party_size": "1", "day": noon(1).date().isoformat(),
        "starts_at": noon(1).isoformat(), "session": session,
    }  # fmt: skip
    answer = submit(alice, f"{HOME}/bookings", data, page=f"{HOME}/bookings/new?customer={desk.customer}")
    with app.app_context():
        assert booking_of(cast, answer.headers["Location"].rsplit("/", 1)[1]).starts_at == noon(1)
    assert "0 of 12 taken" in alice.get(f"{HOME}/classes/{session}").text


def test_staff_change_and_cancel_a_class_and_a_viewer_only_looks(
    browser_of: Callable[[Any], FlaskClient], bob: FlaskClient, cast: Cast, desk: Desk, lesson: str, submit: Submit
) -> None:
    vera, new = browser_of(cast.vera), f"{HOME}/services/{desk.yoga}/classes/new"
    pages = f"{lesson}/edit", f"{lesson}/cancellation", new
    assert {bob.get(page).status_code for page in pages} == {200}
    assert vera.get(lesson).status_code == 200
    assert not any(f'href="{page}"' in vera.get(lesson).text for page in pages)
    assert {vera.get(page).status_code for page in pages} == {403}
    sent = [submit(vera, path, {}, page=f"{HOME}/services") for path in (lesson, f"{lesson}/cancellation")]
    assert [answer.status_code for answer in sent] == [403, 403]


def test_an_appointment_has_no_classes_and_one_that_is_no_longer_offered_gets_none(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, submit: Submit
) -> None:
    with app.app_context():
        booking = book(cast, desk, noon(1))
        with arranging(cast.lotus) as here:
            session = Session.find(here, booking_of(cast, booking).session_id).shown_id
            Service.find(here, desk.yoga).archive(SYSTEM)
    assert alice.get(f"{HOME}/classes/{session}").status_code == 404
    assert alice.get(f"{HOME}/services/{desk.massage}/classes/new").status_code == 404
    assert alice.get(f"{HOME}/services/{desk.yoga}/classes/new").status_code == 404
    answer = submit(alice, f"{HOME}/services/{desk.yoga}/classes", at(noon(2)), page=f"{HOME}/services/{desk.yoga}/edit")
    assert answer.status_code == 404
    assert "classes/new" not in alice.get(f"{HOME}/services/{desk.yoga}").text
