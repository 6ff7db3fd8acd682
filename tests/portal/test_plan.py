"""Settings → Plan: what is used of what the plan allows, and what is refused beyond it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models.accounts import usage
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.activity.audit_event import AuditEvent
from models.base import db, enter, writing
from models.errors import Invalid, LimitReached
from tests.cast import Cast, Person, Place

PLAN = "/w/lotus-spa/settings/plan"


def put_on(place: Place, code: str) -> None:
    with writing():
        enter(place.id)
        db.session.get_one(Workspace, place.id).choose_plan(code, SYSTEM)


def test_the_page_shows_each_limit_with_its_use(app: Flask, cast: Cast, alice: FlaskClient) -> None:
    with app.app_context():
        put_on(cast.lotus, "free")
        with writing():
            usage.take(cast.lotus.id, "free", "Asia/Hong_Kong", "customers", 87)
            usage.take(cast.lotus.id, "free", "Asia/Hong_Kong", "mcp_calls", 999)
    page = alice.get(PLAN).text
    assert "The plan Free" in page
    assert "87 of 100" in page
    assert "999 of 1,000" in page
    assert 'max="200" value="0"' in page


def test_a_plan_without_limits_shows_the_use_alone(app: Flask, cast: Cast, alice: FlaskClient) -> None:
    with app.app_context():
        put_on(cast.lotus, "unlimited")
    page = alice.get(PLAN).text
    assert "The plan Unlimited" in page
    assert "<progress" not in page


def test_owners_and_managers_see_it_and_nobody_else(
    browser_of: Callable[[Person], FlaskClient], cast: Cast, bob: FlaskClient, charlie: FlaskClient
) -> None:
    assert browser_of(cast.alice).get(PLAN).status_code == 200
    assert [browser_of(cast.vera).get(PLAN).status_code, bob.get(PLAN).status_code] == [403, 403]
    assert charlie.get(PLAN).data == charlie.get("/w/no-such-place/settings/plan").data


@pytest.mark.parametrize(
    ("metric", "limit", "words"),
    [
        ("customers", 100, "customers: 100 are allowed and 100 used."),
        ("bookings", 200, "bookings this month: 200 are allowed and 200 used."),
        ("mcp_calls", 1000, "assistant calls this month: 1000 are allowed and 1000 used."),
        ("seats", 1, "seats: 1 are allowed and 1 used."),
    ],
)
def test_one_over_the_limit_is_refused_with_the_limit_the_use_and_who_can_change_it(
    app: Flask, cast: Cast, metric: str, limit: int, words: str
) -> None:
    place = cast.harbour.id
    with app.app_context():
        enter(place)
        there = usage.uses_of(place, "free", "UTC")[metric].used
        with writing():
            usage.take(place, "unlimited", "UTC", metric, limit - there)
        with pytest.raises(LimitReached) as refused, writing():
            usage.take(place, "free", "UTC", metric)
        assert usage.uses_of(place, "free", "UTC")[metric].used == limit
    assert words in refused.value.message
    assert "Whoever runs this server can change the plan." in refused.value.message
    assert {name: refused.value.details[name] for name in ("limit", "used")} == {"limit": limit, "used": limit}
    assert (refused.value.details["resets_at"] is None) == (metric in usage.STOCKS)


def test_another_plan_keeps_what_there_is_and_leaves_a_mark(app: Flask, cast: Cast) -> None:
    with app.app_context():
        enter(cast.lotus.id)
        with writing():
            usage.take(cast.lotus.id, "unlimited", "UTC", "customers", 350)
        put_on(cast.lotus, "free")
        put_on(cast.lotus, "free")
        assert usage.uses_of(cast.lotus.id, "free", "UTC")["customers"] == usage.Use(350, 100, None)
        with pytest.raises(LimitReached), writing():
            usage.take(cast.lotus.id, "free", "UTC", "customers")
        with pytest.raises(Invalid, match="one of free, lite, starter, unlimited"):
            put_on(cast.lotus, "gold")
        mine = select(AuditEvent.fields).where(AuditEvent.workspace_id == cast.lotus.id, AuditEvent.verb == "change_plan")
        assert list(db.session.scalars(mine)) == [{"plan": "free"}]
