"""list_contacts"""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from models import clock
from models.customers.note import Note
from tests.cast import Cast
from tests.customers.desk import ALICE, held, person
from tests.mcp.desk import Caller


def test_the_newest_change_comes_first_and_pages_follow_each_other(app: Flask, cast: Cast, caller: Caller, ids: Any) -> None:
    with app.app_context():
        now = clock.now()
        known = []
        for number in range(5):
            with clock.stopped(now + timedelta(seconds=number)):
                known.append(person(cast.lotus, f"Person {number}", member=number % 2 == 0))
        with clock.stopped(now + timedelta(minutes=1)), held(cast.lotus, known[0]) as customer:
            Note.add(customer, "called", ALICE)
    wanted = [known[0], known[4], known[3], known[2], known[1]]
    assert ids(caller.done("list_contacts")) == wanted
    first = caller.done("list_contacts", {"limit": 3})
    second = caller.done("list_contacts", {"limit": 3, "cursor": first["next_cursor"]})
    assert ids(first) + ids(second) == wanted
    assert ids(caller.done("list_contacts", {"kind": "contact"})) == [known[3], known[1]]


def test_updated_since_takes_days_and_times_of_the_workspace(app: Flask, cast: Cast, caller: Caller, ids: Any) -> None:
    with app.app_context():
        now = clock.now()
        with clock.stopped(now - timedelta(days=3)):
            person(cast.lotus, "Old")
        new = person(cast.lotus, "New")
    an_hour_ago = (now - timedelta(hours=1)).isoformat()
    for since in ("-1d", an_hour_ago):
        assert ids(caller.done("list_contacts", {"updated_since": since})) == [new]
    assert len(ids(caller.done("list_contacts", {"updated_since": "-3d"}))) == 2
    assert ids(caller.done("list_contacts", {"updated_since": "tomorrow"})) == []


@pytest.mark.parametrize(
    "asked", [{"updated_since": "soon"}, {"updated_since": "2026-13-01"}, {"updated_since": "0001-01-01"}, {"kind": "client"},
              {"updated_since": "2026-11-23T99:00"}, {"updated_since": "+99999999d"}, {"limit": "5"}, {"offset": 3}]
)  # fmt: skip
def test_what_cannot_be_read_is_refused(caller: Caller, told: Any, asked: dict[str, Any]) -> None:
    assert told(caller.result("list_contacts", asked))["code"] == "invalid"


def test_a_stranger_sees_none_of_it(app: Flask, cast: Cast, charlies: Caller) -> None:
    with app.app_context():
        person(cast.lotus, "Ada")
    assert charlies.done("list_contacts")["items"] == []
