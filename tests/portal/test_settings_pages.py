"""Settings: the workspace itself, its team, and the audit log."""

import csv
from collections.abc import Callable
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import opaque
from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import db, enter, writing
from tests.cast import Cast, Person
from tests.portal import apps

Submit = Callable[..., TestResponse]
Open = Callable[[Person], FlaskClient]
SETTINGS = "/w/lotus-spa/settings"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
FORM = {"phone_region": "HK", "locale": "en_HK"}


def shown(person: Person) -> str:
    return f"usr_{opaque.encode(person.id)}"


def role_of(app: Flask, person: Person) -> str | None:
    with app.app_context():
        user = db.session.get_one(User, person.id)
        return next((seat.role for seat in Seat.all_of(user) if seat.workspace.slug == "lotus-spa"), None)


def give_role(submit: Submit, browser: FlaskClient, person: Person, role: str, **options: object) -> TestResponse:
    path = f"{SETTINGS}/team/{shown(person)}/role"
    return submit(browser, path, {"role": role}, page="/workspaces/new", **options)


def test_name_clock_and_currency_can_be_changed(app: Flask, alice: FlaskClient, submit: Submit) -> None:
    data = {**FORM, "business_name": "Lotus Day Spa", "timezone": "Europe/Lisbon", "currency": "EUR"}
    assert submit(alice, f"{SETTINGS}/workspace", data).location == f"{SETTINGS}/workspace"
    with app.app_context():
        changed = Workspace.named("lotus-spa")
        assert (changed.name, changed.timezone, changed.currency) == ("Lotus Day Spa", "Europe/Lisbon", "EUR")
    assert "change_workspace" in alice.get(f"{SETTINGS}/audit").get_data(as_text=True)


@pytest.mark.parametrize(("field", "value"), [("business_name", ""), ("timezone", "Moon/Base"), ("currency", "gold")])
def test_a_bad_setting_is_named_and_nothing_changes(
    app: Flask, alice: FlaskClient, submit: Submit, field: str, value: str
) -> None:
    data = {**FORM, "business_name": "New name", "timezone": "Asia/Tokyo", "currency": "JPY", field: value}
    answer = submit(alice, f"{SETTINGS}/workspace", data)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.get_data(as_text=True)
    with app.app_context():
        assert Workspace.named("lotus-spa").name == "Lotus Spa"


@pytest.mark.parametrize("page", ["workspace", "team", "audit", "audit.csv", "api"])
def test_staff_and_viewers_see_no_settings(
    bob: FlaskClient, cast: Cast, browser_of: Open, charlie: FlaskClient, page: str
) -> None:
    assert bob.get(f"{SETTINGS}/{page}").status_code == browser_of(cast.vera).get(f"{SETTINGS}/{page}").status_code == 403
    assert charlie.get(f"{SETTINGS}/{page}").status_code == 404
    assert browser_of(cast.dana).get(f"{SETTINGS}/{page}").status_code == 200
    assert f"{SETTINGS}/" not in bob.get("/w/lotus-spa/connect").get_data(as_text=True)


@pytest.mark.threat("PO09")
def test_an_owner_gives_any_role_and_a_manager_all_but_ownership(
    app: Flask, cast: Cast, alice: FlaskClient, browser_of: Open, submit: Submit
) -> None:
    dana = browser_of(cast.dana)
    assert give_role(submit, dana, cast.bob, "viewer").status_code == 303
    assert role_of(app, cast.bob) == "viewer"
    assert give_role(submit, dana, cast.bob, "owner").status_code == 403
    assert give_role(submit, dana, cast.alice, "staff").status_code == 403
    assert give_role(submit, dana, cast.dana, "owner").status_code == 403
    assert give_role(submit, alice, cast.alice, "manager").status_code == 403
    assert give_role(submit, alice, cast.bob, "emperor").status_code == 422
    assert give_role(submit, alice, cast.bob, "owner").status_code == 303
    assert [role_of(app, each) for each in (cast.alice, cast.bob, cast.dana)] == ["owner", "owner", "manager"]


def test_to_htmx_a_changed_role_answers_with_the_list(cast: Cast, alice: FlaskClient, submit: Submit) -> None:
    answer = give_role(submit, alice, cast.bob, "manager", headers=HTMX)
    text = answer.get_data(as_text=True)
    assert text.lstrip().startswith('<div class="stack" id="team">') and "Bob is now: Manager." in text


def test_whoever_is_removed_is_out_at_the_next_click_and_their_apps_at_the_next_call(
    app: Flask, cast: Cast, alice: FlaskClient, bob: FlaskClient, submit: Submit
) -> None:
    claude = apps.connect(app, cast.bob, cast.lotus, apps.make_client(app))
    path = f"{SETTINGS}/team/{shown(cast.bob)}/removal"
    assert "Remove Bob?" in alice.get(path).get_data(as_text=True)
    assert submit(alice, path, {}).location == f"{SETTINGS}/team"
    assert bob.get("/w/lotus-spa/connect").status_code == 404
    assert not apps.is_live(app, claude)
    assert alice.get(path).status_code == 404
    with app.app_context(), writing():
        enter(cast.lotus.id)
        Seat.give(db.session.get_one(Workspace, cast.lotus.id), db.session.get_one(User, cast.bob.id), "staff", Actor("system"))
    assert not apps.is_live(app, claude)


@pytest.mark.threat("PO09")
def test_nobody_removes_themselves_nor_a_manager_an_owner(
    app: Flask, cast: Cast, alice: FlaskClient, browser_of: Open, submit: Submit
) -> None:
    dana = browser_of(cast.dana)
    for browser, person in ((alice, cast.alice), (dana, cast.dana), (dana, cast.alice)):
        path = f"{SETTINGS}/team/{shown(person)}/removal"
        assert submit(browser, path, {}, page="/workspaces/new").status_code == 403
    assert role_of(app, cast.alice) == "owner" and role_of(app, cast.dana) == "manager"


def test_people_of_other_workspaces_are_answered_like_none(cast: Cast, alice: FlaskClient, submit: Submit) -> None:
    foreign, absent = shown(cast.charlie), "usr_0000000000001"
    assert alice.get(f"{SETTINGS}/team/{foreign}/removal").data == alice.get(f"{SETTINGS}/team/{absent}/removal").data
    for someone in (foreign, absent, "x", "mem_0000000000001"):
        for end in ("removal", "role"):
            assert submit(alice, f"{SETTINGS}/team/{someone}/{end}", {}, page="/workspaces/new").status_code == 404


@pytest.fixture
def trail(app: Flask, cast: Cast) -> None:
    """Acts of a person, an app and a key."""
    claude = apps.connect(app, cast.bob, cast.lotus, apps.make_client(app))
    with app.app_context(), writing():
        enter(cast.lotus.id)
        user, by_app = Actor("user", user_id=cast.bob.id, address="203.0.113.9"), Actor("app", client_id=claude.client_id)
        for verb, by in (("create_booking", user), ("cancel_booking", by_app), ("=cmd()", Actor("api_key", key_id=7))):
            audit_event.record(cast.lotus.id, verb, by, outcome="refused" if by is by_app else "done")


def test_the_audit_log_is_narrowed_by_who_what_and_outcome(trail: None, alice: FlaskClient) -> None:
    everything = alice.get(f"{SETTINGS}/audit").get_data(as_text=True)
    assert all(fact in everything for fact in ("create_booking", "cancel_booking", "Bob", "Claude", "203.0.113.9", "Refused"))
    for query, kept, gone in (
        ("who=app", "cancel_booking", "create_booking"),
        ("outcome=refused", "cancel_booking", "create_booking"),
        ("verb=create_booking", "create_booking", "cancel_booking"),
    ):
        page = alice.get(f"{SETTINGS}/audit?{query}").get_data(as_text=True)
        assert f"<code>{kept}</code>" in page and f"<code>{gone}</code>" not in page
    assert "Nothing like this was done" in alice.get(f"{SETTINGS}/audit?verb=nothing").get_data(as_text=True)
    for bad in ("who=nobody", "outcome=fine", "cursor=x"):
        assert alice.get(f"{SETTINGS}/audit?{bad}").status_code == 422


def test_the_audit_log_comes_in_pages(app: Flask, cast: Cast, alice: FlaskClient) -> None:
    with app.app_context(), writing():
        enter(cast.lotus.id)
        for number in range(60):
            audit_event.record(cast.lotus.id, f"act_{number:02}", Actor("system"))
    first = alice.get(f"{SETTINGS}/audit?who=system").get_data(as_text=True)
    assert "act_59" in first and "act_10" in first and "act_09" not in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "act_09" in alice.get(following).get_data(as_text=True)


def test_the_export_holds_what_the_filter_leaves_and_no_formula(trail: None, alice: FlaskClient) -> None:
    answer = alice.get(f"{SETTINGS}/audit.csv")
    assert answer.mimetype == "text/csv" and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lotus-spa-audit.csv"'
    rows = list(csv.DictReader(StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert {"create_booking", "cancel_booking", "'=cmd()"} <= {row["what"] for row in rows}
    assert next(row["who"] for row in rows if row["what"] == "create_booking") == "Bob"
    narrowed = alice.get(f"{SETTINGS}/audit.csv?who=app").get_data(as_text=True)
    assert "cancel_booking" in narrowed and "create_booking" not in narrowed
