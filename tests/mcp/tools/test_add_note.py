"""add_note"""

from typing import Any

import pytest
from flask import Flask

from models import clock
from models.base import new_id, show, writing
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast
from tests.customers.desk import person
from tests.mcp.desk import Caller


def test_a_note_is_kept_shown_and_found(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    done = caller.done("add_note", {"member_id": ada, "body": "  Likes\u200b jasmine tea ", "kind": "call"})
    assert (done["note"]["body"], done["note"]["kind"], done["note"]["member_id"]) == ("Likes jasmine tea", "call", ada)
    assert "undo_until" in done
    profile = caller.done("get_member_profile", {"member_id": ada, "include": ["notes"]})
    assert [note["id"] for note in profile["notes"]] == [done["note"]["id"]]
    assert caller.done("search_members", {"query": "jasmine"})["items"][0]["matched_in"] == "note"


def test_the_same_note_twice_on_purpose_needs_a_key_of_its_own(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    asked = {"member_id": ada, "body": "called, no answer"}
    caller.done("add_note", asked)
    assert caller.done("add_note", asked)["repeated"] is True
    assert "repeated" not in caller.done("add_note", {**asked, "idempotency_key": "second-call"})
    assert len(caller.done("get_member_profile", {"member_id": ada, "include": ["notes"]})["notes"]) == 2


def test_a_note_on_a_booking_belongs_to_its_customer_only(app: Flask, cast: Cast, caller: Caller, told: Any) -> None:
    with clock.stopped(NOW), app.app_context():
        salon = Salon.open(cast.lotus.id)
        with writing():
            booking = salon.book("2026-05-06 10:00")
            shown, ref = booking.shown_id, booking.ref
        owner, other = (show("mem", number) for number in salon.customers[:2])
    for said in (shown, ref):
        done = caller.done("add_note", {"member_id": owner, "booking_id": said, "body": f"about {said}"})
        assert done["note"]["booking_id"] == shown
    assert told(caller.result("add_note", {"member_id": other, "booking_id": shown, "body": "x"}))["code"] == "invalid"
    missing = show("bkg", new_id())
    assert told(caller.result("add_note", {"member_id": owner, "booking_id": missing, "body": "x"}))["code"] == "not_found"


@pytest.mark.parametrize(
    "asked",
    [{"body": ""}, {"body": "\u200b \u202e"}, {"body": "x" * 20_001}, {"kind": "email"}, {"body": 5}, {"sensitive": True}],
)
def test_what_is_no_note_is_refused(app: Flask, cast: Cast, front: Any, told: Any, asked: dict[str, Any]) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    assert told(front.caller().result("add_note", {"member_id": ada, "body": "hello", **asked}))["code"] == "invalid"


def test_a_foreign_customer_gets_no_note(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        foreign = person(cast.harbour, "Charlie's")
    theirs = caller.result("add_note", {"member_id": foreign, "body": "x"})
    assert theirs["content"] == caller.result("add_note", {"member_id": show("mem", new_id()), "body": "x"})["content"]
