"""Writes: done once, rolled back when only tried, and repeated answers instead of repeated effects."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from models import clock
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from tests.mcp.desk import Desk

KEY = {"idempotency_key": "key-of-the-tests"}


@pytest.fixture
def name(desk: Desk, rows: Any) -> Any:
    """The workspace's name as it stands."""
    return lambda: rows("SELECT name FROM workspace WHERE slug = 'lotus-spa'")[0]["name"]


@pytest.fixture
def audit(desk: Desk, rows: Any) -> Any:
    """Outcomes of this consent, oldest first."""
    place = desk.workspace.id
    sql = "SELECT outcome, verb, tool, ms FROM audit_event WHERE consent_id = 7 AND workspace_id = :place ORDER BY id"
    return lambda: rows(sql, place=place, workspace=place)


def rename_behind(desk: Desk, name: str) -> None:
    """Someone renames the workspace in the portal."""
    with desk.app.app_context():
        enter(desk.workspace.id)
        with writing():
            db.session.get_one(Workspace, desk.workspace.id).name = name
            db.session.flush()
            audit_event.record(desk.workspace.id, "rename", SYSTEM, entity="workspace", entity_id=desk.workspace.id)


def test_a_done_write_names_its_audit_row_and_until_when_it_can_be_undone(desk: Desk, name: Any, audit: Any) -> None:
    done = desk.caller().done("rename_workspace", {"name": "Jade Spa"})
    assert (done["status"], done["name"], name()) == ("done", "Jade Spa", "Jade Spa")
    assert done["audit_id"].startswith("aud_")
    assert done["undo_until"].endswith("+08:00")
    assert done["workspace"]["slug"] == "lotus-spa"
    assert [(row["outcome"], row["verb"], row["tool"]) for row in audit()] == [("done", "rename_workspace", "rename_workspace")]
    assert audit()[0]["ms"] is not None


def test_a_dry_run_shows_the_outcome_and_changes_nothing(desk: Desk, name: Any, audit: Any) -> None:
    shown = desk.caller().done("rename_workspace", {"name": "Jade Spa", "dry_run": True})
    assert (shown["status"], shown["name"], name()) == ("dry_run", "Jade Spa", "Lotus Spa")
    assert "audit_id" not in shown
    assert [row["outcome"] for row in audit()] == ["dry_run"]


def test_a_refused_write_leaves_one_audit_row_and_nothing_else(desk: Desk, name: Any, audit: Any, told: Any) -> None:
    said = told(desk.caller().result("rename_workspace", {"name": "Jade Spa", "expected": "Rose Spa"}))
    assert (said["code"], said["current"], name()) == ("conflict", {"name": "Lotus Spa"}, "Lotus Spa")
    assert [row["outcome"] for row in audit()] == ["conflict"]


@pytest.mark.threat("MC14")
def test_the_same_key_twice_has_one_effect_and_the_first_answer(desk: Desk, audit: Any) -> None:
    first = desk.caller().done("rename_workspace", {"name": "Jade Spa", **KEY})
    rename_behind(desk, "Rose Spa")
    second = desk.caller().done("rename_workspace", {"name": "Jade Spa", **KEY})
    assert (second["repeated"], second["audit_id"], second["name"]) == (True, first["audit_id"], "Jade Spa")
    assert "new idempotency_key" in second["how_to_repeat"]
    assert [row["verb"] for row in audit()] == ["rename_workspace"] * 2


@pytest.mark.threat("MC14")
def test_the_same_key_with_another_request_is_a_conflict(desk: Desk, name: Any, told: Any) -> None:
    desk.caller().done("rename_workspace", {"name": "Jade Spa", **KEY})
    assert told(desk.caller().result("rename_workspace", {"name": "Rose Spa", **KEY}))["code"] == "idempotency_conflict"
    assert told(desk.caller().result("close_workspace", {"name": "Jade Spa", **KEY}))["code"] == "idempotency_conflict"
    assert name() == "Jade Spa"


def test_the_same_key_of_another_app_is_another_key(desk: Desk, name: Any) -> None:
    desk.admit("other", consent=8)
    desk.caller().done("rename_workspace", {"name": "Jade Spa", **KEY})
    assert "repeated" not in desk.caller("other").done("rename_workspace", {"name": "Rose Spa", **KEY})
    assert name() == "Rose Spa"


@pytest.mark.threat("MC14")
def test_twenty_parallel_calls_under_one_key_have_one_effect(desk: Desk, rows: Any) -> None:
    arguments = {"name": "Jade Spa", **KEY}
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: desk.caller().result("rename_workspace", arguments), range(20)))
    done = [each["structuredContent"] for each in answers if "structuredContent" in each]
    assert len(done) == 20
    assert len({each["audit_id"] for each in done}) == 1
    assert sum("repeated" not in each for each in done) == 1


def test_only_a_done_write_is_kept_under_its_key(desk: Desk, told: Any) -> None:
    told(desk.caller().result("rename_workspace", {"name": "Jade Spa", "expected": "Rose Spa", **KEY}))
    desk.caller().done("rename_workspace", {"name": "Jade Spa", "dry_run": True, **KEY})
    assert "repeated" not in desk.caller().done("rename_workspace", {"name": "Jade Spa", **KEY})


def test_a_given_key_is_free_again_after_a_day(desk: Desk) -> None:
    desk.caller().done("rename_workspace", {"name": "Jade Spa", **KEY})
    with clock.stopped(clock.now() + timedelta(hours=24, seconds=1)):
        assert "repeated" not in desk.caller().done("rename_workspace", {"name": "Rose Spa", **KEY})


def test_a_call_without_a_key_is_not_done_twice_within_ten_minutes(desk: Desk, name: Any) -> None:
    first = desk.caller().done("rename_workspace", {"name": "Jade Spa"})
    second = desk.caller().done("rename_workspace", {"name": "Jade Spa"})
    assert (second["repeated"], second["audit_id"]) == (True, first["audit_id"])
    with clock.stopped(clock.now() + timedelta(minutes=10, seconds=1)):
        assert "repeated" not in desk.caller().done("rename_workspace", {"name": "Jade Spa"})


def test_a_call_without_a_key_runs_anew_once_someone_changed_what_it_made(desk: Desk, name: Any) -> None:
    desk.caller().done("rename_workspace", {"name": "Jade Spa"})
    rename_behind(desk, "Rose Spa")
    again = desk.caller().done("rename_workspace", {"name": "Jade Spa"})
    assert ("repeated" in again, name()) == (False, "Jade Spa")
    assert desk.caller().done("rename_workspace", {"name": "Jade Spa"})["repeated"] is True
