"""THREATS.md, group RF: refresh rotation."""

from datetime import timedelta

import pytest

from models import clock
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.base import db, writing
from tests.oauth import acts
from tests.oauth.flow import connect, open_consent, result_of


@pytest.fixture
def told(claude, alice):
    return connect(claude, alice, workspace="lotus-spa")


def refused(answer, error="invalid_grant", status=400):
    assert (answer.status_code, answer.json["error"]) == (status, error), answer.get_data(as_text=True)


def family_is_dead(app, *answers):
    for answer in answers:
        assert app.call(answer["access_token"]).status_code == 401
        refused(app.refresh(answer["refresh_token"]))


@pytest.mark.threat("RF01")
def test_a_spent_token_presented_after_the_window_ends_the_whole_family(claude, told):
    second = claude.refresh(told["refresh_token"]).json
    third = claude.refresh(second["refresh_token"]).json
    with clock.stopped(clock.now() + timedelta(seconds=61)):
        refused(claude.refresh(second["refresh_token"]))
        family_is_dead(claude, told, second, third)


@pytest.mark.threat("RF01")
def test_with_the_window_at_zero_a_second_presentation_ends_the_family_at_once(claude, told, with_settings):
    with_settings(refresh_reuse_window=0)
    second = claude.refresh(told["refresh_token"]).json
    refused(claude.refresh(told["refresh_token"]))
    family_is_dead(claude, told, second)


@pytest.mark.threat("RF04")
def test_a_retry_in_the_window_gets_the_identical_successor_until_that_is_used(claude, told):
    first, second = claude.refresh(told["refresh_token"]), claude.refresh(told["refresh_token"])
    assert first.status_code == second.status_code == 200
    assert first.json["refresh_token"] == second.json["refresh_token"]
    third = claude.refresh(first.json["refresh_token"])
    assert third.status_code == 200
    refused(claude.refresh(told["refresh_token"]))
    family_is_dead(claude, told, first.json, third.json)


@pytest.mark.threat("RF04")
def test_the_window_does_not_slide(claude, told):
    start = clock.now()
    with clock.stopped(start):
        claude.refresh(told["refresh_token"])
    with clock.stopped(start + timedelta(seconds=50)):
        assert claude.refresh(told["refresh_token"]).status_code == 200
    with clock.stopped(start + timedelta(seconds=61)):
        refused(claude.refresh(told["refresh_token"]))


def test_a_retry_with_other_scopes_is_a_reuse(claude, alice, with_settings):
    with_settings(quarantine_hours=0)
    told = connect(claude, alice)
    claude.refresh(told["refresh_token"], scope="mcp.read")
    refused(claude.refresh(told["refresh_token"]))


def test_a_changed_secret_key_refuses_the_retry_without_ending_the_family(claude, told, with_settings):
    from pydantic import SecretStr

    second = claude.refresh(told["refresh_token"]).json
    with_settings(secret_key=SecretStr("another secret of at least 32 characters"))
    refused(claude.refresh(told["refresh_token"]))
    assert claude.refresh(second["refresh_token"]).status_code == 200


@pytest.mark.threat("RF05")
def test_a_strangers_attempt_is_refused_and_never_ends_the_victims_family(claude, told, new_app):
    other = new_app(client_name="Other")
    refused(other.refresh(told["refresh_token"]))
    second = claude.refresh(told["refresh_token"]).json
    refused(other.refresh(told["refresh_token"]))
    assert claude.call(second["access_token"]).status_code == 200
    assert claude.refresh(second["refresh_token"]).status_code == 200


@pytest.mark.threat("RF06")
def test_a_narrow_refresh_gives_a_narrow_token_and_keeps_the_grant(claude, alice, with_settings):
    with_settings(quarantine_hours=0)
    told = connect(claude, alice)
    assert told["scope"] == "mcp.read mcp.write"
    narrow = claude.refresh(told["refresh_token"], scope="mcp.read").json
    assert narrow["scope"] == "mcp.read"
    assert claude.refresh(narrow["refresh_token"]).json["scope"] == "mcp.read mcp.write"


@pytest.mark.threat("RF06")
def test_a_scope_outside_the_family_is_refused_and_spends_nothing(claude, told):
    refused(claude.refresh(told["refresh_token"], scope="mcp.read mcp.write"), "invalid_scope")
    refused(claude.refresh(told["refresh_token"], scope="admin"), "invalid_scope")
    assert claude.refresh(told["refresh_token"]).status_code == 200


@pytest.mark.threat("RF07")
def test_another_resource_is_refused_and_spends_nothing(claude, told):
    refused(claude.refresh(told["refresh_token"], resource="http://localhost/mcp/lotus-spa"), "invalid_target")
    assert claude.refresh(told["refresh_token"], resource="http://localhost/mcp").status_code == 200


@pytest.mark.threat("RF08")
def test_a_token_unused_for_thirty_days_is_over(claude, told):
    with clock.stopped(clock.now() + timedelta(days=30, seconds=1)):
        refused(claude.refresh(told["refresh_token"]))


@pytest.mark.threat("RF08")
def test_a_family_is_over_after_half_a_year_however_often_it_was_used(claude, told):
    start, token = clock.now(), told["refresh_token"]
    for day in range(25, 180, 25):
        with clock.stopped(start + timedelta(days=day)):
            token = claude.refresh(token).json["refresh_token"]
    with clock.stopped(start + timedelta(days=180, seconds=1)):
        refused(claude.refresh(token))


@pytest.mark.threat("RF10")
def test_a_seat_taken_away_on_the_team_page_ends_its_refreshes(claude, alice, bob, cast):
    told = connect(claude, bob, workspace="lotus-spa")
    acts.remove(alice, cast.lotus, cast.bob)
    family_is_dead(claude, told)


@pytest.mark.threat("RF10")
def test_a_role_lowered_on_the_team_page_takes_writing_from_the_token_in_hand_and_from_the_next(
    claude, alice, bob, cast, with_settings
):
    with_settings(quarantine_hours=0)
    told = connect(claude, bob, workspace="lotus-spa")
    write = {"tool": "enrol_member", "name": "Ming", "email": "ming@example.com"}
    assert result_of(claude.use(told["access_token"], dry_run=True, **write))["status"] == "dry_run"
    acts.change_role(alice, cast.lotus, cast.bob, "viewer")
    again = claude.refresh(told["refresh_token"]).json
    for token in (told["access_token"], again["access_token"]):
        assert result_of(claude.use(token, **write))["code"] == "forbidden"
        assert result_of(claude.use(token, "list_contacts"))["items"] == []


@pytest.mark.threat("RF10")
def test_a_disabled_user_ends_their_refreshes(claude, told, app, cast):
    with app.app_context(), writing():
        db.session.get_one(User, cast.alice.id).disabled_at = clock.now()
    family_is_dead(claude, told)


@pytest.mark.threat("RF13")
def test_a_deleted_workspace_ends_its_refreshes(claude, told, app, cast):
    with app.app_context(), writing():
        db.session.get_one(Workspace, cast.lotus.id).deleted_at = clock.now()
    family_is_dead(claude, told)


@pytest.mark.threat("RF09")
def test_a_password_reset_ends_families_and_waiting_codes_in_every_workspace(claude, alice, told, app, cast):
    elsewhere = connect(claude, alice, workspace="peak-fitness")
    waiting = open_consent(alice, claude.question()).authorize()
    acts.reset_password(app, cast.alice)
    family_is_dead(claude, told, elsewhere)
    refused(claude.redeem(waiting))


@pytest.mark.threat("RF09")
@pytest.mark.parametrize("disconnect", [True, False])
def test_a_changed_password_ends_the_families_unless_that_was_unticked(claude, alice, told, disconnect):
    waiting = open_consent(alice, claude.question()).authorize()
    acts.change_password(alice, disconnect=disconnect)
    if disconnect:
        family_is_dead(claude, told)
        refused(claude.redeem(waiting))
    else:
        assert claude.call(told["access_token"]).status_code == 200
        assert claude.refresh(told["refresh_token"]).status_code == 200


def test_a_code_ended_by_a_reset_is_over_for_a_redemption_that_began_before_it(claude, alice, app, cast):
    start = clock.now()
    with clock.stopped(start):
        waiting = open_consent(alice, claude.question()).authorize()
    with clock.stopped(start + timedelta(seconds=9)):
        acts.reset_password(app, cast.alice)
    with clock.stopped(start + timedelta(seconds=8)):
        refused(claude.redeem(waiting))


@pytest.mark.threat("RF11")
def test_a_refresh_after_the_first_day_does_not_gain_writing(claude, told):
    assert told["scope"] == "mcp.read"
    with clock.stopped(clock.now() + timedelta(hours=25)):
        again = claude.refresh(told["refresh_token"]).json
        assert again["scope"] == "mcp.read"
        refused(claude.refresh(again["refresh_token"], scope="mcp.write"), "invalid_scope")


@pytest.mark.threat("RF11")
def test_a_fresh_consent_after_the_first_day_gains_writing(claude, told, alice):
    with clock.stopped(clock.now() + timedelta(hours=25)):
        assert connect(claude, alice, workspace="lotus-spa")["scope"] == "mcp.read mcp.write"


@pytest.mark.threat("RF12")
def test_an_access_token_is_no_refresh_token(claude, told):
    refused(claude.refresh(told["access_token"]))
    refused(claude.redeem(told["refresh_token"]))


@pytest.mark.threat("RF15")
def test_a_client_whose_registration_was_deleted_is_no_client_any_more(new_app, alice):
    app = new_app(token_endpoint_auth_method="client_secret_post")
    answer = app.register(token_endpoint_auth_method="client_secret_post", client_name="Second")
    told = connect(app, alice)
    bearer = {"Authorization": f"Bearer {answer.json['registration_access_token']}"}
    assert app.http.delete(f"/oauth/register/{app.id}", headers=bearer).status_code == 204
    refused(app.refresh(told["refresh_token"]), "invalid_client", 401)
    assert app.call(told["access_token"]).status_code == 401


def test_every_rotation_replay_and_reuse_is_an_audit_event_with_its_age(claude, told, sql, cast):
    with clock.stopped(clock.now()):
        claude.refresh(told["refresh_token"])
    claude.refresh(told["refresh_token"])
    with clock.stopped(clock.now() + timedelta(seconds=100)):
        claude.refresh(told["refresh_token"])
    rows = sql(
        "SELECT verb, outcome, fields, client_id FROM audit_event WHERE verb LIKE '%_token' ORDER BY id", workspace=cast.lotus.id
    )
    assert [row["verb"] for row in rows] == ["issue_token", "rotate_token", "replay_token", "reuse_token"]
    assert [row["outcome"] for row in rows] == ["done", "done", "done", "refused"]
    assert "age_seconds" in str(rows[2]["fields"])
    assert "100" in str(rows[3]["fields"])
    assert {row["client_id"] for row in rows} == {claude.id}


def test_unticking_stay_connected_withholds_the_refresh_token(claude, alice):
    page = open_consent(alice, claude.question(scope="mcp.read offline_access"))
    assert page.ticked() == ["mcp.read", "offline_access"]
    told = claude.redeem(page.authorize(scope=["mcp.read"])).json
    assert "refresh_token" not in told
    page = open_consent(alice, claude.question(scope="mcp.read offline_access"))
    assert page.ticked() == ["mcp.read"]  # as it was left the last time
    told = claude.redeem(page.authorize(scope=["mcp.read", "offline_access"])).json
    assert told["refresh_token"]
    assert told["scope"] == "mcp.read offline_access"


def test_an_app_without_the_refresh_grant_gets_no_refresh_token(new_app, alice):
    app = new_app(grant_types=["authorization_code"])
    assert "refresh_token" not in connect(app, alice)


def test_tokens_of_a_family_that_ended_a_month_ago_are_swept_and_live_ones_stay(claude, new_app, alice, app, cast, sql):
    from models.oauth.sweep import sweep_tokens

    over, live = connect(claude, alice, workspace="lotus-spa"), connect(new_app(client_name="Live"), alice, workspace="lotus-spa")
    second = claude.refresh(over["refresh_token"]).json
    claude.revoke(second["refresh_token"])
    count = "SELECT count(*) AS n FROM refresh_token"
    assert sql(count, workspace=cast.lotus.id)[0]["n"] == 3
    with clock.stopped(clock.now() + timedelta(days=31)), app.app_context(), writing():
        assert sweep_tokens() == 2
    assert sql(count, workspace=cast.lotus.id)[0]["n"] == 1
    assert claude.call(over["access_token"]).status_code == 401
    assert claude.call(live["access_token"]).status_code == 200
