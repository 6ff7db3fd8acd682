"""Long names and notes in Chinese: what was done is answered, and what is answered fits."""

import json
from typing import Any

import pytest
from flask import Flask

from blueprints.mcp.sizes import RESULT_BYTES_MAX
from models import clock
from models.base import enter, show
from models.customers.note import Note
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast
from tests.customers.desk import ALICE, held, person
from tests.mcp.desk import Caller


def answered(caller: Caller, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The content of a call that fits."""
    result = caller.result(name, arguments)
    assert "isError" not in result, result
    text = result["content"][0]["text"].encode()
    assert len(text) <= RESULT_BYTES_MAX
    assert json.loads(text) == result["structuredContent"]
    content: dict[str, Any] = result["structuredContent"]
    return content


def test_a_note_that_fills_the_answer_is_stored_whole_and_answered_in_part(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    asked = {"member_id": ada, "body": "茶" * 20_000, "idempotency_key": "a-long-note"}
    for repeated in (False, True):
        done = answered(caller, "add_note", asked)
        assert (done["status"], done.get("repeated", False), done["shortened"]) == ("done", repeated, ["note.body"])
    with app.app_context():
        enter(cast.lotus.id)
        assert Note.find(cast.lotus, done["note"]["id"]).body == "茶" * 20_000


def test_a_profile_with_fifty_long_notes_is_readable(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
        with held(cast.lotus, ada) as customer:
            for number in range(50):
                Note.add(customer, f"{number} " + "茶" * 5_000, ALICE)
    profile = answered(caller, "get_member_profile", {"member_id": ada, "include": ["notes"]})
    assert len(profile["notes"]) == 50
    assert profile["notes"][0]["body"].startswith("49 茶")
    assert "notes[0].body" in profile["shortened"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_hundred_long_names_are_tagged_and_named(app: Flask, cast: Cast, caller: Caller, dry_run: bool) -> None:
    with app.app_context():
        everybody = [person(cast.lotus, f"{number} " + "茶" * 196) for number in range(100)]
    asked = {"member_ids": everybody, "tags": ["貴賓" * 20], "create_missing": True, "dry_run": dry_run}
    done = answered(caller, "attach_tags", asked)
    assert (done["added"], [each["id"] for each in done["customers"]]) == (100, sorted(everybody))


def test_a_page_of_a_hundred_long_names_goes_on_where_it_ended(app: Flask, cast: Cast, caller: Caller, ids: Any) -> None:
    with app.app_context():
        everybody = {person(cast.lotus, f"{number} " + "茶" * 196, native_name="茶" * 200) for number in range(60)}
    seen: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = answered(caller, "search_members", {"limit": 100, **more})
        assert "shortened" not in page
        seen += ids(page)
        if page["next_cursor"] is None:
            break
        more = {"cursor": page["next_cursor"]}
    assert (len(seen), set(seen)) == (60, everybody)


def test_slots_of_twenty_people_with_long_names_are_all_offered(app: Flask, cast: Cast, caller: Caller) -> None:
    with clock.stopped(NOW):
        with app.app_context():
            salon = Salon.open(cast.lotus.id, people=[f"{number} " + "茶" * 110 for number in range(20)])
            service = show("svc", salon.services["massage"])
        found: list[str] = []
        more: dict[str, Any] = {"from": "2026-05-06"}
        while more["from"] is not None:
            page = answered(caller, "get_available_slots", {"service_id": service, "to": "2026-05-08", **more})
            assert "shortened" not in page
            assert all(len(slot["staff"]) == 20 for slot in page["slots"])
            found += [slot["starts_at"] for slot in page["slots"]]
            more = {"from": page["next_from"]}
        assert len(found) == len(set(found)) == 3 * 15
