"""delete_contact"""

from typing import Any

import pytest
from flask import Flask

from models import clock
from models.base import new_id, show, writing
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast
from tests.customers.desk import person
from tests.mcp.desk import Caller


def confirmed(caller: Caller, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The question, and the answer to the same call with its token."""
    question = caller.done("delete_contact", asked)
    return question, caller.done("delete_contact", {**asked, "confirm_token": question["confirm_token"]})


def test_archiving_asks_first_names_whom_and_can_be_undone(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada Wong")
    question, done = confirmed(caller, {"member_id": ada, "mode": "archive"})
    assert question["status"] == "needs_confirmation"
    assert question["summary"].startswith(f"Archive the customer {ada}?")
    assert question["about"] == {"customer": "Ada Wong"}
    assert (done["status"], done["customer"]) == ("done", {"id": ada, "name": "Ada Wong"})
    assert "undo_until" in done
    assert caller.done("list_contacts")["items"] == []


def test_anonymising_names_the_person_only_beside_the_question(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada Wong", phone="91234567")
    question, done = confirmed(caller, {"member_id": ada, "mode": "anonymise"})
    assert (ada in question["summary"], question["about"]) == (True, {"customer": "Ada Wong"})
    assert done["customer"] == {"id": ada, "name": "Anonymised"}
    assert "undo_until" not in done
    profile = caller.done("get_member_profile", {"member_id": ada})
    assert (profile["name"], profile["phone"]) == ("Anonymised", None)


def test_nothing_is_changed_before_the_yes(app: Flask, cast: Cast, caller: Caller, told: Any) -> None:
    with app.app_context():
        ada, bea = person(cast.lotus, "Ada"), person(cast.lotus, "Bea")
    asked = {"member_id": ada, "mode": "anonymise"}
    assert caller.done("delete_contact", {**asked, "dry_run": True})["status"] == "dry_run"
    token = caller.done("delete_contact", asked)["confirm_token"]
    for wrong in ({"member_id": bea}, {"mode": "archive"}):
        assert told(caller.result("delete_contact", {**asked, **wrong, "confirm_token": token}))["code"] == "invalid"
    assert {row["name"] for row in caller.done("list_contacts")["items"]} == {"Ada", "Bea"}


@pytest.mark.threat("CR13")
def test_live_bookings_block_archiving_and_are_cancelled_by_anonymising(
    app: Flask, cast: Cast, caller: Caller, told: Any
) -> None:
    with clock.stopped(NOW):
        with app.app_context():
            salon = Salon.open(cast.lotus.id)
            with writing():
                ref = salon.book("2026-05-06 10:00").ref
            who = show("mem", salon.customers[0])
        refused = told(caller.result("delete_contact", {"member_id": who, "mode": "archive"}))
        assert (refused["code"], refused["reasons"]) == ("blocked", [f"booking {ref} is confirmed"])
        question, done = confirmed(caller, {"member_id": who, "mode": "anonymise"})
        assert f"booking {ref} on 2026-05-06 10:00" in question["summary"]
        assert done["cancelled"] == [f"booking {ref} on 2026-05-06 10:00"]
        assert caller.done("list_bookings", {"status": "cancelled"})["items"][0]["ref"] == ref


def test_it_needs_its_own_scope_and_a_manager(app: Flask, cast: Cast, front: Any, told: Any) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    asked = {"member_id": ada, "mode": "archive"}
    front.admit("writer", scopes=("mcp.read", "mcp.write"))
    front.admit("staff", role="staff")
    response = front.caller("writer").send("tools/call", {"name": "delete_contact", "arguments": asked})
    assert response.status_code == 403
    assert told(front.caller("staff").result("delete_contact", asked))["code"] == "forbidden"


def test_a_foreign_id_is_answered_like_one_that_does_not_exist(app: Flask, cast: Cast, caller: Caller, told: Any) -> None:
    with app.app_context():
        foreign = person(cast.harbour, "Charlie's")
    for mode in ("archive", "anonymise"):
        theirs = caller.result("delete_contact", {"member_id": foreign, "mode": mode})
        nobodys = caller.result("delete_contact", {"member_id": show("mem", new_id()), "mode": mode})
        assert theirs["content"] == nobodys["content"]
        assert told(theirs)["code"] == "not_found"
    for wrong in ({"mode": "erase"}, {"mode": None}, {"member_id": "everyone"}):
        assert told(caller.result("delete_contact", {"member_id": foreign, "mode": "archive", **wrong}))["code"] == "invalid"
