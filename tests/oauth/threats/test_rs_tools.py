"""THREATS.md, group RS, where a tool is called: real tokens, real consents, and whether anything happened."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from models import clock
from models.accounts import usage
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.base import db, enter, writing
from models.customers.customer import Customer
from models.oauth.client import Client
from tests.oauth import acts
from tests.oauth.flow import connect, result_of

MING = {"name": "Ming", "email": "ming@example.com"}


@pytest.fixture
def customers(app, cast):
    """How many live customers Lotus Spa has."""

    def count() -> int:
        with app.app_context():
            enter(cast.lotus.id)
            live = select(func.count()).select_from(Customer).where(
                Customer.workspace_id == cast.lotus.id, Customer.archived_at.is_(None)
            )
            return db.session.scalar(live) or 0

    return count


@pytest.fixture
def trusted(with_settings):
    """Nobody waits a first day."""
    with_settings(quarantine_hours=0)


def refused_at_the_door(answer: Any) -> None:
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.threat("RS11")
def test_a_read_token_that_writes_is_told_the_scopes_to_ask_for_and_writes_nothing(claude, alice, customers, trusted):
    told = connect(claude, alice, workspace="lotus-spa", scope="mcp.read")
    answer = claude.use(told["access_token"], "enrol_member", **MING)
    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert 'scope="mcp.read mcp.write"' in answer.headers["WWW-Authenticate"]
    assert customers() == 0
    again = connect(claude, alice, workspace="lotus-spa", scope="mcp.read mcp.write")
    assert result_of(claude.use(again["access_token"], "enrol_member", **MING))["status"] == "done"
    assert customers() == 1


@pytest.mark.threat("RS11")
def test_a_token_narrowed_at_refresh_writes_nothing_either(claude, alice, customers, trusted):
    told = connect(claude, alice, workspace="lotus-spa")
    narrow = claude.refresh(told["refresh_token"], scope="mcp.read").json
    assert claude.use(narrow["access_token"], "enrol_member", **MING).status_code == 403
    assert customers() == 0


@pytest.mark.threat("RS12")
def test_an_app_in_its_first_day_that_writes_is_told_when_in_a_result_and_writes_nothing(claude, alice, customers):
    start = clock.now()
    with clock.stopped(start):
        told = connect(claude, alice, workspace="lotus-spa")
    with clock.stopped(start + timedelta(minutes=10)):
        said = result_of(claude.use(told["access_token"], "enrol_member", **MING))
        assert (said["isError"], said["code"]) == (True, "quarantined")
        assert said["unlocks_at"].startswith((start + timedelta(hours=32)).isoformat()[:16])  # a day, in Hong Kong's clock
        assert customers() == 0
        assert claude.call(told["access_token"]).status_code == 200


@pytest.mark.threat("RS13")
def test_a_destructive_tool_asks_first_and_does_it_once_it_is_confirmed(claude, alice, customers, trusted):
    told = connect(claude, alice, workspace="lotus-spa", scope="mcp.write mcp.destructive")
    made = result_of(claude.use(told["access_token"], "enrol_member", **MING))["customer"]["id"]
    asked = result_of(claude.use(told["access_token"], "delete_contact", member_id=made, mode="archive"))
    assert asked["status"] == "needs_confirmation"
    assert customers() == 1
    forged = {"member_id": made, "mode": "archive", "confirm_token": "crmct_made_up"}
    assert result_of(claude.use(told["access_token"], "delete_contact", **forged))["isError"] is True
    assert customers() == 1
    confirmed = {"member_id": made, "mode": "archive", "confirm_token": asked["confirm_token"]}
    assert result_of(claude.use(told["access_token"], "delete_contact", **confirmed))["status"] == "done"
    assert customers() == 0


@pytest.mark.threat("RS13")
def test_after_its_quarter_of_an_hour_the_same_token_is_told_to_step_up_and_deletes_nothing(claude, alice, customers, trusted):
    start = clock.now()
    with clock.stopped(start):
        told = connect(claude, alice, workspace="lotus-spa", scope="mcp.write mcp.destructive")
        made = result_of(claude.use(told["access_token"], "enrol_member", **MING))["customer"]["id"]
    with clock.stopped(start + timedelta(minutes=14, seconds=55)):
        fresh = claude.refresh(told["refresh_token"]).json
        assert "mcp.destructive" in fresh["scope"]
    with clock.stopped(start + timedelta(minutes=15)):
        answer = claude.use(fresh["access_token"], "delete_contact", member_id=made, mode="archive")
        assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
        assert "mcp.destructive" in answer.headers["WWW-Authenticate"]
        assert customers() == 1


@pytest.mark.threat("RS14")
def test_a_role_lowered_after_issue_forbids_the_next_call_in_a_result_and_nothing_is_done(
    claude, alice, bob, cast, customers, trusted
):
    told = connect(claude, bob, workspace="lotus-spa")
    made = result_of(claude.use(told["access_token"], "enrol_member", **MING))["customer"]["id"]
    acts.change_role(alice, cast.lotus, cast.bob, "viewer")
    said = result_of(claude.use(told["access_token"], "enrol_member", name="Another", email="another@example.com"))
    assert (said["isError"], said["code"]) == (True, "forbidden")
    assert customers() == 1
    assert result_of(claude.use(told["access_token"], "get_member_profile", member_id=made))["isError"] is False


@pytest.mark.threat("RS15")
@pytest.mark.parametrize("what", ["user", "workspace", "client", "seat"])
def test_whoever_is_suspended_or_removed_is_refused_at_the_next_call(claude, alice, bob, app, cast, what):
    told = connect(claude, bob, workspace="lotus-spa")
    assert claude.call(told["access_token"]).status_code == 200
    if what == "seat":
        acts.remove(alice, cast.lotus, cast.bob)
    else:
        with app.app_context(), writing():
            if what == "user":
                db.session.get_one(User, cast.bob.id).disabled_at = clock.now()
            elif what == "workspace":
                db.session.get_one(Workspace, cast.lotus.id).suspended_at = clock.now()
            else:
                db.session.get_one(Client, claude.id).blocked_at = clock.now()
    refused_at_the_door(claude.use(told["access_token"], "list_tags"))


@pytest.mark.threat("RS15")
def test_a_spent_plan_is_a_result_that_says_so_and_the_token_stays_good(claude, charlie, app, cast):
    told = connect(claude, charlie, workspace="harbour-tutoring")
    with app.app_context(), writing():
        enter(cast.harbour.id)
        place = db.session.get_one(Workspace, cast.harbour.id)
        usage.take(place.id, place.plan_code, place.timezone, "mcp_calls", 1000)
    said = result_of(claude.use(told["access_token"], "list_tags"))
    assert (said["isError"], said["code"], said["limit"]) == (True, "quota_exceeded", 1000)
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    assert claude.http.get("/api/server", headers=headers).json["usage"]["mcp_calls"]["used"] == 1000


@pytest.mark.threat("RS18")
def test_no_header_or_argument_leads_a_token_into_another_workspace(claude, alice, charlie, app, cast):
    told = connect(claude, alice, workspace="lotus-spa")
    elsewhere = {"X-Workspace-ID": str(cast.harbour.id), "X-Workspace": "harbour-tutoring", "X-Tenant-ID": "harbour-tutoring"}
    said = result_of(claude.use(told["access_token"], "list_tags", headers=elsewhere))
    assert said["workspace"]["slug"] == "lotus-spa"
    for name in ("workspace_id", "workspace", "tenant"):
        said = result_of(claude.use(told["access_token"], "list_tags", **{name: "harbour-tutoring"}))
        assert (said["isError"], said["code"]) == (True, "invalid")
    mine = {"Authorization": f"Bearer {told['access_token']}", **elsewhere}
    assert claude.http.get("/api/server?workspace_id=harbour-tutoring", headers=mine).json["slug"] == "lotus-spa"


@pytest.mark.threat("MC23")
def test_the_second_workspace_of_an_app_does_not_move_the_first_connection(claude, alice):
    first = connect(claude, alice, workspace="lotus-spa")
    connect(claude, alice, workspace="peak-fitness")
    again = claude.refresh(first["refresh_token"]).json
    assert result_of(claude.use(again["access_token"], "list_tags"))["workspace"]["slug"] == "lotus-spa"
