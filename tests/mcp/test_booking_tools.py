"""The booking tools over the endpoint: what they answer, refuse, repeat, rehearse and ask first."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from blueprints.mcp import tools
from blueprints.mcp.registry import tools_in
from models import clock, opaque
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings.booking import Booking
from models.bookings.package import Package
from models.bookings.service import Service
from models.customers.customer import Customer
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast
from tests.customers.desk import changing
from tests.mcp.desk import Caller, Desk

NAMES = (
    "list_services", "list_bookings", "get_booking_detail", "get_available_slots", "create_booking", "reschedule_booking",
    "cancel_booking",
)  # fmt: skip


@pytest.fixture(params=[True, False], ids=["modern", "legacy"])
def caller(desk: Desk, request: pytest.FixtureRequest) -> Caller:
    desk.open(*(each for each in tools_in(tools) if each.name in NAMES))
    return desk.caller(modern=request.param)


@pytest.fixture
def salon(app: Flask, cast: Cast) -> Iterator[Salon]:
    with clock.stopped(NOW):
        with app.app_context():
            made = Salon.open(cast.lotus.id)
            db.session.remove()
        yield made


def ids(salon: Salon, who: int = 0) -> dict[str, str]:
    return {
        "member_id": f"{Customer.prefix}_{_shown(salon.customers[who])}",
        "service_id": f"{Service.prefix}_{_shown(salon.services['massage'])}",
    }


def _shown(number: int) -> str:
    return opaque.encode(number)


def book(caller: Caller, salon: Salon, start: str = "2026-05-06T10:00", who: int = 0, **more: Any) -> dict[str, Any]:
    return caller.done("create_booking", {**ids(salon, who), "starts_at": start, **more})


def test_services_are_listed_with_their_people_and_price(caller: Caller, salon: Salon) -> None:
    items = caller.done("list_services")["items"]
    massage = next(item for item in items if item["name"] == "Massage")
    assert [person["name"] for person in massage["staff"]] == ["Ann", "Bea"]
    assert massage["price"] == {"minor": 40_000, "currency": "HKD", "display": massage["price"]["display"]}
    assert massage["kind"] == "appointment" and massage["duration_min"] == 60
    only = caller.done("list_services", {"staff_id": massage["staff"][0]["id"]})["items"]
    assert [item["name"] for item in only] == ["Massage"]


def test_slots_are_offered_with_who_is_free_and_the_reason_when_there_are_none(caller: Caller, salon: Salon) -> None:
    asked = {"service_id": ids(salon)["service_id"], "from": "2026-05-06", "to": "2026-05-06"}
    slots = caller.done("get_available_slots", asked)["slots"]
    assert (slots[0]["starts_at"], len(slots)) == ("2026-05-06T09:00:00+08:00", 15)
    assert [person["name"] for person in slots[0]["staff"]] == ["Ann", "Bea"]
    night = caller.done("get_available_slots", {**asked, "from": "2026-05-06T18:00", "to": "2026-05-06T23:00"})
    assert night["slots"] == [] and night["reason"] == "Nobody who does this service works then."


def test_a_range_of_more_than_thirty_two_days_is_refused(caller: Caller, salon: Salon, told: Any) -> None:
    asked = {"service_id": ids(salon)["service_id"], "from": "today", "to": "+33d"}
    assert told(caller.result("get_available_slots", asked))["code"] == "invalid"


def test_a_full_month_goes_on_where_the_answer_ended(caller: Caller, salon: Salon) -> None:
    asked = {"service_id": ids(salon)["service_id"], "from": "2026-05-05", "to": "2026-06-05"}
    found, pages = [], 0
    while asked["from"] is not None:
        page = caller.done("get_available_slots", asked)
        found, pages = found + [slot["starts_at"] for slot in page["slots"]], pages + 1
        asked["from"] = page["next_from"]
    assert (len(found), len(set(found)), pages) == (32 * 15, 32 * 15, 2)


def test_a_booking_is_made_found_shown_moved_and_cancelled(caller: Caller, salon: Salon) -> None:
    made = book(caller, salon)
    booking = made["booking"]
    assert (made["status"], booking["status"], booking["version"]) == ("done", "confirmed", 1)
    assert made["audit_id"].startswith("aud_")
    listed = caller.done("list_bookings", {"from": "2026-05-06", "to": "2026-05-06"})["items"]
    assert [item["id"] for item in listed] == [booking["id"]]
    detail = caller.done("get_booking_detail", {"booking_id": booking["ref"].lower()})
    assert detail["allowed_actions"] == ["check_in", "cancel", "reschedule"]
    assert detail["timeline"][0]["what"] == "Booked Massage" and detail["fee_if_cancelled_now"]["minor"] == 0
    moved = caller.done("reschedule_booking", {"booking_id": booking["id"], "starts_at": "2026-05-06T12:00"})["booking"]
    assert (moved["id"], moved["ref"], moved["starts_at"]) == (booking["id"], booking["ref"], "2026-05-06T12:00:00+08:00")
    asked = {"booking_id": booking["id"], "reason": "ill"}
    question = caller.done("cancel_booking", asked)
    assert question["status"] == "needs_confirmation" and booking["ref"] in question["summary"]
    cancelled = caller.done("cancel_booking", {**asked, "confirm_token": question["confirm_token"]})
    assert cancelled["booking"]["status"] == "cancelled" and cancelled["fee"]["minor"] == 0


def test_cancelling_late_says_which_credits_are_lost_before_and_after(
    caller: Caller, salon: Salon, app: Flask, cast: Cast
) -> None:
    with app.app_context(), changing(cast.lotus):
        package = Package.add(salon.workspace, "Ten", 1, {salon.service(): 10}, SYSTEM)
        package.grant(salon.customers[0], SYSTEM)
        shown = package.shown_id
    starts = ("2026-05-04T16:00", "2026-05-06T10:00")
    late, in_time = (book(caller, salon, start, package_id=shown)["booking"] for start in starts)
    detail = caller.done("get_booking_detail", {"booking_id": late["id"]})
    assert (detail["fee_if_cancelled_now"]["minor"], detail["credits_lost_if_cancelled_now"]) == (0, 1)
    for booking, said, lost, returned in ((late, "credits lost: 1.", 1, 0), (in_time, "credits returned: 1.", 0, 1)):
        asked = {"booking_id": booking["id"], "reason": "ill"}
        question = caller.done("cancel_booking", asked)
        assert said in question["summary"]
        assert "Nothing is due" not in question["summary"]
        assert (question["about"], "Customer 0" in question["summary"]) == ({"customer": "Customer 0"}, False)
        done = caller.done("cancel_booking", {**asked, "confirm_token": question["confirm_token"]})
        assert (done["credits_lost"], done["credits_returned"]) == (lost, returned)


def test_taken_time_is_refused_with_three_alternatives(caller: Caller, salon: Salon, told: Any) -> None:
    for who in (0, 1):
        book(caller, salon, who=who)
    said = told(caller.result("create_booking", {**ids(salon, 2), "starts_at": "2026-05-06T10:00"}))
    assert said["code"] == "slot_taken" and len(said["alternatives"]) == 3


def test_a_stale_version_is_a_conflict_with_the_booking_as_it_stands(caller: Caller, salon: Salon, told: Any) -> None:
    booking = book(caller, salon)["booking"]
    caller.done("reschedule_booking", {"booking_id": booking["id"], "starts_at": "2026-05-06T12:00"})
    asked = {"booking_id": booking["id"], "starts_at": "2026-05-06T13:00", "expected_version": 1}
    said = told(caller.result("reschedule_booking", asked))
    assert (said["code"], said["current"]["version"]) == ("conflict", 2)


def test_a_repeated_key_has_one_effect(caller: Caller, salon: Salon, app: Flask) -> None:
    first = book(caller, salon, idempotency_key="a-key-of-mine")
    again = book(caller, salon, idempotency_key="a-key-of-mine")
    assert again["repeated"] is True and again["booking"]["id"] == first["booking"]["id"]


def test_a_dry_run_books_nothing(caller: Caller, salon: Salon) -> None:
    assert book(caller, salon, dry_run=True)["status"] == "dry_run"
    assert caller.done("list_bookings")["items"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"starts_at": "2026-05-06"}, "invalid"),
        ({"starts_at": "2026-05-04T07:00"}, "invalid"),
        ({"starts_at": "2026-05-06T25:00"}, "invalid"),
        ({"starts_at": "soon"}, "invalid"),
        ({"party_size": 0}, "invalid"),
        ({"party_size": 2}, "slot_taken"),
        ({"member_id": "mem_0000000000000"}, "not_found"),
        ({"member_id": "svc_0000000000000"}, "invalid"),
        ({"staff_id": "stf_0000000000000"}, "not_found"),
        ({"note": "x" * 2_001}, "invalid"),
        ({"notify": True}, "invalid"),
    ],
)
def test_a_bad_argument_is_one_clear_sentence(
    caller: Caller, salon: Salon, told: Any, arguments: dict[str, Any], code: str
) -> None:
    said = told(caller.result("create_booking", {**ids(salon), "starts_at": "2026-05-06T10:00", **arguments}))
    assert said["code"] == code and said["message"].endswith((".", "?"))


def test_a_strangers_booking_is_answered_like_none(caller: Caller, salon: Salon, app: Flask, cast: Cast, told: Any) -> None:
    with clock.stopped(NOW), app.app_context():
        other = Salon.open(cast.peak.id)
        with writing():
            foreign = other.book("2026-05-06 10:00").shown_id
        db.session.remove()
    missing = f"{Booking.prefix}_0000000000000"
    for name, more in (("get_booking_detail", {}), ("reschedule_booking", {"starts_at": "2026-05-06T12:00"})):
        answers = [caller.result(name, {"booking_id": number, **more}) for number in (foreign, missing)]
        assert answers[0]["content"] == answers[1]["content"]
        assert told(answers[0])["code"] == "not_found"
