"""What holds for every tool that is served: reading changes nothing, and a stranger's id is nobody's."""

import hashlib
import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import blueprints.mcp.tools
from blueprints.mcp.registry import Tool, tools_in
from models import clock
from models.base import ACROSS, Base, db, enter
from tests.bookings.salon import NOW
from tests.cast import Cast, Place
from tests.mcp.desk import Caller, Desk
from tests.mcp.tools.cases import CASES, furnish, nobodys, strangers, with_ids

TOOLS = list(tools_in(blueprints.mcp.tools))
COUNTED = {"usage_counter", "audit_event", "idempotency_key"}
"""What a call may leave behind: its count, its audit row, and the mark of a key."""


def contents(place: Place) -> dict[str, str]:
    """A digest of every table as the workspace sees it."""
    enter(place.id)
    found: dict[str, str] = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in COUNTED:
            rows = db.session.execute(select(table).execution_options(**ACROSS)).all()
            found[table.name] = hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()
    db.session.rollback()
    return found


@pytest.fixture
def furnished(app: Flask, cast: Cast, front: Desk) -> Any:
    """Ids of Alice's and of Charlie's, and the hour at which the salon is open."""
    with clock.stopped(NOW):
        with app.app_context():
            mine, theirs = (furnish(place, "2026-05-06") for place in (cast.lotus, cast.harbour))
            db.session.remove()
        yield mine, theirs


def test_every_tool_and_every_argument_that_takes_an_id_has_a_case() -> None:
    assert {each.name for each in TOOLS} == set(CASES)
    for each in TOOLS:
        takes_ids = {name for name in each.input_schema["properties"] if name.endswith(("_id", "_ids"))}
        assert takes_ids == set(CASES[each.name].ids), each.name
        assert takes_ids <= set(CASES[each.name].good), each.name


@pytest.mark.threat("MC16")
@pytest.mark.parametrize("tool", [each for each in TOOLS if each.access == "read"], ids=lambda tool: tool.name)
def test_reading_changes_nothing_but_usage_and_audit(
    app: Flask, cast: Cast, front: Desk, furnished: Any, tool: Tool
) -> None:
    mine, _ = furnished
    with app.app_context():
        before = contents(cast.lotus)
    answer = front.caller().result(tool.name, with_ids(CASES[tool.name].good, mine))
    assert not answer.get("isError"), answer
    with app.app_context():
        after = contents(cast.lotus)
    assert {name for name in before if before[name] != after[name]} == set()


@pytest.mark.threat("MC12")
@pytest.mark.parametrize("tool", [each for each in TOOLS if CASES[each.name].ids], ids=lambda tool: tool.name)
def test_a_strangers_id_is_answered_byte_for_byte_like_one_that_does_not_exist(
    app: Flask, cast: Cast, front: Desk, furnished: Any, tool: Tool
) -> None:
    """At every place where an id may stand, within lists too."""
    (mine, theirs), case = furnished, CASES[tool.name]
    caller: Caller = front.caller()
    with app.app_context():
        before = contents(cast.lotus)
    for name in case.ids:
        foreign = strangers(case, name, mine, lambda word: theirs[word])
        missing = strangers(case, name, mine, nobodys)
        for theirs_given, nobodys_given in zip(foreign, missing, strict=True):
            told = caller.result(tool.name, theirs_given)
            assert told == caller.result(tool.name, nobodys_given), (tool.name, name)
            assert told["isError"]
            assert json.loads(told["content"][0]["text"])["code"] == "not_found", (name, told)
    with app.app_context():
        assert contents(cast.lotus) == before
