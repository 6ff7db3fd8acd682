"""attach_tags"""

from typing import Any

import pytest
from flask import Flask

from models.activity.undo import undo_of
from models.base import enter, new_id, show, writing
from models.base.tenant import Tenant
from tests.cast import Cast
from tests.customers.desk import ALICE, person
from tests.mcp.desk import Caller


def tags_of(caller: Caller, shown: str) -> list[str]:
    tags: list[str] = caller.done("get_member_profile", {"member_id": shown})["tags"]
    return tags


def undo(cast: Cast, audit_id: str) -> None:
    number = Tenant.nouns["aud"].number(audit_id)
    assert number is not None
    enter(cast.lotus.id)
    with writing():
        undo_of(cast.lotus, number).undo(ALICE)


def test_tags_are_put_on_everybody_once_and_undo_takes_off_just_those(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada, bea = person(cast.lotus, "Ada", tags=("vip",)), person(cast.lotus, "Bea")
    done = caller.done("attach_tags", {"member_ids": [ada, bea, ada], "tags": ["VIP", "new"], "create_missing": True})
    assert (done["status"], done["added"], done["created"], done["tags"]) == ("done", 3, ["new"], ["vip", "new"])
    assert [each["id"] for each in done["customers"]] == sorted([ada, bea])
    assert tags_of(caller, ada) == ["new", "vip"]
    assert tags_of(caller, bea) == ["new", "vip"]
    with app.app_context():
        undo(cast, done["audit_id"])
    assert tags_of(caller, ada) == ["vip"]
    assert tags_of(caller, bea) == []
    assert [tag["name"] for tag in caller.done("list_tags")["items"]] == ["vip"]


def test_a_dry_run_says_the_same_and_changes_nothing(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    shown = caller.done("attach_tags", {"member_ids": [ada], "tags": ["new"], "create_missing": True, "dry_run": True})
    assert (shown["status"], shown["added"]) == ("dry_run", 1)
    assert tags_of(caller, ada) == []
    assert caller.done("list_tags")["items"] == []


def test_the_same_call_twice_has_one_effect_and_says_so(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", tags=("vip",))
        bea = person(cast.lotus, "Bea")
    asked = {"member_ids": [bea], "tags": ["vip"]}
    first = caller.done("attach_tags", asked)
    again = caller.done("attach_tags", asked)
    assert (again["repeated"], again["audit_id"]) == (True, first["audit_id"])
    with app.app_context():
        undo(cast, first["audit_id"])
    anew = caller.done("attach_tags", asked)
    assert "repeated" not in anew
    assert tags_of(caller, bea) == ["vip"]
    key = {"idempotency_key": "once-only-1", **asked}
    assert "repeated" not in caller.done("attach_tags", key)
    assert caller.done("attach_tags", key)["repeated"] is True
    other = caller.result("attach_tags", {**key, "member_ids": [ada]})
    assert "idempotency_conflict" in other["content"][0]["text"]


def test_one_foreign_id_among_many_stops_all_like_a_missing_one(app: Flask, cast: Cast, caller: Caller, told: Any) -> None:
    with app.app_context():
        ada, foreign = person(cast.lotus, "Ada", tags=("vip",)), person(cast.harbour, "Not hers")
        bea = person(cast.lotus, "Bea")
    theirs = caller.result("attach_tags", {"member_ids": [bea, foreign], "tags": ["vip"]})
    nobodys = caller.result("attach_tags", {"member_ids": [bea, show("mem", new_id())], "tags": ["vip"]})
    assert theirs["content"] == nobodys["content"]
    assert told(theirs)["code"] == "not_found"
    assert tags_of(caller, bea) == []
    assert tags_of(caller, ada) == ["vip"]


def test_an_unknown_tag_is_made_only_when_asked(app: Flask, cast: Cast, caller: Caller, told: Any) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
    said = told(caller.result("attach_tags", {"member_ids": [ada], "tags": ["typo"]}))
    assert said["code"] == "invalid"
    assert "list_tags" in said["message"]


@pytest.mark.parametrize(
    "asked",
    [
        {"tags": []}, {"tags": ["x" * 41]}, {"tags": ["\u200b\u200d"], "create_missing": True}, {"tags": ["t"] * 21},
        {"member_ids": []}, {"member_ids": ["mem_0000000000000"] * 101}, {"member_ids": "all"},
        {"member_ids": ["bkg_0000000000000"]},
        {"create_missing": "yes"}, {"idempotency_key": "short"}, {"surprise": True},
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_nothing_changes(
    app: Flask, cast: Cast, front: Any, told: Any, asked: dict[str, Any]
) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", tags=("vip",))
    caller = front.caller()
    assert told(caller.result("attach_tags", {"member_ids": [ada], "tags": ["vip"], **asked}))["code"] == "invalid"
    assert [tag["name"] for tag in caller.done("list_tags")["items"]] == ["vip"]
    assert tags_of(caller, ada) == ["vip"]


def test_nobody_carries_more_than_fifty_tags(app: Flask, cast: Cast, caller: Caller, told: Any) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", tags=tuple(f"t{number}" for number in range(50)))
    said = told(caller.result("attach_tags", {"member_ids": [ada], "tags": ["one more"], "create_missing": True}))
    assert "50" in said["message"]
