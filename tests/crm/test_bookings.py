"""The page of a booking: the steps of its day, moving it, cancelling it, and a customer who did not come."""

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
from models.bookings.booking import Booking
from models.bookings.service import Service
from tests.cast import Cast
from tests.crm.desk import HOME, Desk, arranging, book, booking_of, open_desk
from tests.crm.sending import HTMX

HK = ZoneInfo("Asia/Hong_Kong")
Submit = Callable[..., TestResponse]


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    """Massages cancelled late cost half, and all of it for not coming."""
    with app.app_context():
        desk = open_desk(cast)
        with arranging(cast.lotus) as here:
            terms = {"cancel_cutoff_min": 2_880, "late_cancel_fee_bp": 5_000, "no_show_fee_bp": 10_000}
            Service.find(here, desk.massage).change(SYSTEM, **terms)
        return desk


def noon(days: int) -> datetime:
    return (clock.now().astimezone(HK) + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def booked(app: Flask, cast: Cast, desk: Desk) -> str:
    """Chan's massage, tomorrow at noon."""
    with app.app_context():
        return f"{HOME}/bookings/{book(cast, desk, noon(1))}"


def standing(app: Flask, cast: Cast, page: str) -> Booking:
    with app.app_context():
        return booking_of(cast, page.rsplit("/", 1)[1])


def offered(browser: FlaskClient, page: str) -> list[str]:
    """The buttons and links of the booking, in their order."""
    row = browser.get(page).text.split('<div class="row">')[-1].split("Book again")[0]
    words = ("Check in", "Complete", "Undo check-in", "Undo completion", "Undo no-show", "Move", "No-show", "Cancel")
    return sorted((word for word in words if f">{word}<" in row), key=row.index)


def test_a_booking_is_moved_before_its_day_checked_in_that_day_and_completed_afterwards(
    alice: FlaskClient, booked: str
) -> None:
    assert offered(alice, booked) == ["Move", "Cancel"]
    with clock.stopped(noon(1) - timedelta(hours=3)):
        assert offered(alice, booked) == ["Check in", "Move", "Cancel"]
    with clock.stopped(noon(1) + timedelta(minutes=30)):
        assert offered(alice, booked) == ["Check in", "Complete", "Move", "No-show", "Cancel"]
    with clock.stopped(noon(1) + timedelta(hours=2)):
        assert offered(alice, booked) == ["Complete", "Move", "No-show", "Cancel"]


def test_a_check_in_and_a_completion_are_taken_back_by_their_names(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit
) -> None:
    with clock.stopped(noon(1) + timedelta(minutes=5)):
        for step, status, back in (("check_in", "checked_in", "Undo check-in"), ("complete", "completed", "Undo completion")):
            assert submit(alice, f"{booked}/progress", {"step": step, "version": ""}, page=booked).status_code == 303
            assert standing(app, cast, booked).status == "confirmed"  # no version, no step
            version = str(standing(app, cast, booked).version)
            submit(alice, f"{booked}/progress", {"step": step, "version": version}, page=booked)
            assert standing(app, cast, booked).status == status
            assert back in offered(alice, booked)
            version = str(standing(app, cast, booked).version)
            submit(alice, f"{booked}/progress", {"step": "reopen", "version": version}, page=booked)
            assert standing(app, cast, booked).status == "confirmed"


@pytest.mark.parametrize(
    ("step", "version", "sentence"),
    [
        ("complete", "1", "only after its start"),
        ("check_in", "7", "changed in the meantime"),
        ("explode", "1", "Not a valid choice"),
        ("confirm", "1", "nothing to confirm"),
    ],
)
def test_a_step_that_cannot_be_taken_is_said_and_not_done(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit, step: str, version: str, sentence: str
) -> None:
    answer = submit(alice, f"{booked}/progress", {"step": step, "version": version}, page=booked, follow_redirects=True)
    assert sentence in answer.text
    assert standing(app, cast, booked).status == "confirmed"


def test_a_step_by_htmx_answers_with_the_booking_and_the_status_line(
    alice: FlaskClient, booked: str, submit: Submit
) -> None:
    with clock.stopped(noon(1)):
        answer = submit(alice, f"{booked}/progress", {"step": "check_in", "version": "1"}, page=booked, headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.count('id="booking"') == 1
    assert "Checked in." in answer.text
    assert "<html" not in answer.text


def test_the_desk_reaches_the_customer_and_books_again(alice: FlaskClient, desk: Desk, booked: str) -> None:
    page = alice.get(booked).text
    assert 'href="tel:+85291234567"' in page
    assert 'href="https://wa.me/85291234567"' in page
    assert f"/bookings/new?customer={desk.customer}&amp;service={desk.massage}&amp;staff={desk.mei}" in page
    assert f'href="/w/lotus-spa/staff/{desk.mei}"' in page


def test_a_booking_is_moved_and_keeps_its_id(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit
) -> None:
    page, to = f"{booked}/move", noon(2)
    data = {"starts_at": to.isoformat(), "day": to.date().isoformat(), "version": "1"}
    assert submit(alice, page, data, page=page).status_code == 303
    assert standing(app, cast, booked).starts_at == to


def test_the_move_page_marks_the_present_time_and_offers_only_who_does_the_service(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        Staff.add(here, "Bob the barber", SYSTEM)
    page = alice.get(f"{booked}/move").text
    own = page.split(f'value="{noon(1).isoformat()}"')[1].split("</label>")[0]
    assert ">now</span>" in own
    assert "Bob the barber" not in page


def test_a_move_from_an_old_page_is_refused_and_then_counts_from_how_it_stands(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit
) -> None:
    page = f"{booked}/move"
    data = {"starts_at": noon(2).isoformat(), "day": noon(2).date().isoformat(), "version": "1"}
    submit(alice, page, data, page=page)
    answer = submit(alice, page, data | {"starts_at": noon(3).isoformat()}, page=page)
    assert answer.status_code == 422
    assert "changed in the meantime" in answer.text
    assert 'name="version" type="hidden" value="2"' in answer.text
    assert standing(app, cast, booked).starts_at == noon(2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_at": ""}, "Choose a time."),
        ({"starts_at": "", "other_time": "teatime"}, "Enter a time, such as 14:00."),
        ({"staff": "stf_0000000000001"}, "This is not there any more. Choose again."),
        ({"starts_at": "2020-01-01T10:00:00+08:00"}, "passed"),
    ],
)
def test_a_move_that_makes_no_sense_changes_nothing(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit, changes: dict[str, str], sentence: str
) -> None:
    data = {"starts_at": noon(2).isoformat(), "day": noon(2).date().isoformat(), "version": "1"} | changes
    answer = submit(alice, f"{booked}/move", data, page=f"{booked}/move")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert standing(app, cast, booked).starts_at == noon(1)


def test_a_late_cancellation_names_the_fee_first_and_leaves_it_on_the_booking(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit
) -> None:
    page = f"{booked}/cancellation"
    assert "HK$250.00" in alice.get(page).text
    typed = {"cancelled_for": "customer", "reason": "ill", "version": "1"}
    answer = submit(alice, page, typed, page=page, follow_redirects=True)
    assert "a fee of HK$250.00 stands on the booking" in answer.text
    found = standing(app, cast, booked)
    assert (found.status, found.fee_minor, found.cancel_reason) == ("cancelled", 25_000, "ill")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": "x" * 501}, "At most 500 characters."),
        ({"cancelled_for": "fun"}, "Not a valid choice"),
        ({"version": "9"}, "changed in the meantime"),
        ({"version": ""}, "This field is required"),
    ],
)
def test_a_cancellation_that_makes_no_sense_cancels_nothing(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit, changes: dict[str, str], sentence: str
) -> None:
    typed = {"cancelled_for": "customer", "reason": "ill", "version": "1"} | changes
    answer = submit(alice, f"{booked}/cancellation", typed, page=f"{booked}/cancellation")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert standing(app, cast, booked).status == "confirmed"


def test_a_no_show_names_its_fee_before_and_after(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit
) -> None:
    page = f"{booked}/no-show"
    with clock.stopped(noon(1) + timedelta(minutes=20)):
        assert "A fee of HK$500.00 (100% of the price) then stands on the booking." in alice.get(page).text
        answer = submit(alice, page, {"version": "1"}, page=page, follow_redirects=True)
    assert "a fee of HK$500.00 stands on the booking" in answer.text
    found = standing(app, cast, booked)
    assert (found.status, found.fee_minor) == ("no_show", 50_000)


def test_nobody_is_a_no_show_before_the_start(app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit) -> None:
    assert "cannot be marked as a no-show now" in alice.get(f"{booked}/no-show").text
    answer = submit(alice, f"{booked}/no-show", {"version": "1"}, page=f"{booked}/no-show")
    assert answer.status_code == 422
    assert "only after its start" in answer.text
    assert standing(app, cast, booked).status == "confirmed"


def test_somebody_is_let_off_before_and_after(
    app: Flask, cast: Cast, alice: FlaskClient, booked: str, submit: Submit
) -> None:
    page = f"{booked}/no-show"
    with clock.stopped(noon(1) + timedelta(minutes=20)):
        submit(alice, page, {"version": "1", "waive_fee": "y"}, page=page)
        assert standing(app, cast, booked).fee_minor == 0
        submit(alice, f"{booked}/progress", {"step": "reopen", "version": "2"}, page=booked)
        submit(alice, page, {"version": "3"}, page=page)
        assert "Waive the fee" in alice.get(booked).text
        stale = submit(alice, f"{booked}/waiver", {"version": "3"}, page=booked, follow_redirects=True)
        assert "changed in the meantime" in stale.text
        waived = submit(alice, f"{booked}/waiver", {"version": "4"}, page=booked, follow_redirects=True)
    assert "Waived. Nothing is due any more." in waived.text
    assert "Waive the fee" not in waived.text
    assert standing(app, cast, booked).fee_minor == 0


def test_note_and_party_are_changed_together_or_not_at_all(
    app: Flask, cast: Cast, alice: FlaskClient, desk: Desk, booked: str, submit: Submit
) -> None:
    with app.app_context(), arranging(cast.lotus) as here:
        Service.find(here, desk.massage).change(SYSTEM, capacity=2)
    with app.app_context():
        page = f"{HOME}/bookings/{book(cast, desk, noon(2))}"
    answer = submit(alice, page, {"note": "Sore neck", "party_size": "3", "version": "1"}, page=f"{page}/edit")
    assert answer.status_code == 422
    assert "Sore neck" in answer.text
    assert "This service takes 1 to 2 people." in answer.text
    assert standing(app, cast, page).customer_note is None
    submit(alice, page, {"note": "Sore neck", "party_size": "2", "version": "1"}, page=f"{page}/edit")
    found = standing(app, cast, page)
    assert (found.customer_note, found.party_size, found.price_minor) == ("Sore neck", 2, 100_000)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"note": "x" * 2_001}, "At most 2,000 characters."),
        ({"party_size": "0"}, "From 1 to 100."),
        ({"version": "9"}, "changed in the meantime"),
    ],
)
def test_an_edit_that_makes_no_sense_is_said_beside_its_field(
    alice: FlaskClient, booked: str, submit: Submit, typed: dict[str, str], sentence: str
) -> None:
    data = {"note": "Sore neck", "party_size": "1", "version": "1"} | typed
    answer = submit(alice, booked, data, page=f"{booked}/edit")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert data["note"] in answer.text


def test_a_viewer_looks_and_changes_nothing(
    browser_of: Callable[[Any], FlaskClient], cast: Cast, booked: str
) -> None:
    vera = browser_of(cast.vera)
    assert "Book again" not in vera.get(booked).text
    assert [vera.get(f"{booked}/{page}").status_code for page in ("edit", "move", "cancellation", "no-show")] == [403] * 4
