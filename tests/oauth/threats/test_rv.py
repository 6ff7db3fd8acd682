"""THREATS.md, group RV: revocation and introspection."""

from datetime import timedelta

import pytest

from models import clock
from tests.oauth import acts
from tests.oauth.flow import connect
from tests.oauth.made import created


@pytest.fixture
def told(claude, alice):
    return connect(claude, alice, workspace="lotus-spa")


@pytest.fixture
def secretive(new_app, alice):
    app = new_app(token_endpoint_auth_method="client_secret_post", client_name="Script")
    return app, connect(app, alice, workspace="lotus-spa")


@pytest.mark.threat("RV01")
def test_an_unknown_an_expired_and_a_revoked_token_are_answered_200(claude, told):
    for token in ("nonsense", "crmrt_0000000000000_x", "a.b.c", told["refresh_token"], told["refresh_token"]):
        answer = claude.revoke(token)
        assert (answer.status_code, answer.get_data()) == (200, b"")
        assert answer.headers["Cache-Control"] == "no-store"
    with clock.stopped(clock.now() + timedelta(hours=1)):
        assert claude.revoke(told["access_token"]).status_code == 200


@pytest.mark.threat("RV02")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "garbage", "é"])
def test_a_wrong_hint_does_not_keep_a_token_from_being_revoked(claude, told, hint):
    assert claude.revoke(told["refresh_token"], token_type_hint=hint).status_code == 200
    assert claude.call(told["access_token"]).status_code == 401


@pytest.mark.threat("RV03")
def test_a_revoked_access_token_ends_alone(claude, told):
    assert claude.revoke(told["access_token"]).status_code == 200
    assert claude.call(told["access_token"]).status_code == 401
    again = claude.refresh(told["refresh_token"])
    assert again.status_code == 200
    assert claude.call(again.json["access_token"]).status_code == 200


def test_a_spent_refresh_token_revokes_its_family_too(claude, told):
    second = claude.refresh(told["refresh_token"]).json
    assert claude.revoke(told["refresh_token"]).status_code == 200
    assert claude.call(second["access_token"]).status_code == 401
    assert claude.refresh(second["refresh_token"]).json["error"] == "invalid_grant"


@pytest.mark.threat("RV04")
def test_another_clients_token_is_answered_like_an_unknown_one_and_stays(claude, told, new_app):
    other = new_app(client_name="Other")
    unknown = other.revoke("nonsense")
    for token in (told["refresh_token"], told["access_token"]):
        answer = other.revoke(token)
        assert (answer.status_code, answer.get_data(), dict(answer.headers)) == (200, b"", dict(unknown.headers))
    assert claude.call(told["access_token"]).status_code == 200
    assert claude.refresh(told["refresh_token"]).status_code == 200


@pytest.mark.threat("RV04")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("at", ["revoke", "introspect"])
def test_whoever_holds_another_apps_token_leaves_one_row_in_the_trail_of_its_workspace(
    claude, told, secretive, marks, kind, at
):
    thief, _ = secretive
    marks.new()
    sent = {"client_id": thief.id, "client_secret": thief.secret, "token": told[kind]}
    assert claude.http.post(f"/oauth/{at}", data=sent).status_code == 200
    [mark] = marks.new()
    assert (mark.workspace, mark.verb.split("_")[0], mark.outcome) == ("lotus-spa", at, "refused")
    assert told[kind] not in repr(mark)


@pytest.mark.threat("RV05")
def test_a_confidential_client_must_authenticate_and_a_public_one_must_name_itself(claude, told, secretive):
    app, its = secretive
    for changes in ({"client_secret": None}, {"client_secret": "crmcs_wrong"}, {"client_id": None, "client_secret": None}):
        answer = app.revoke(its["refresh_token"], **changes)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert claude.revoke(told["refresh_token"], client_id=None).status_code == 401
    assert app.call(its["access_token"]).status_code == 200


def introspect(app, token, **changes):
    sent = {"client_id": app.id, "client_secret": app.secret, "token": token} | changes
    return app.http.post("/oauth/introspect", data={name: value for name, value in sent.items() if value is not None})


@pytest.mark.threat("RV08")
def test_introspection_is_for_confidential_clients_about_their_own_tokens(claude, told, secretive):
    app, its = secretive
    assert introspect(claude, told["access_token"]).status_code == 401
    assert introspect(app, its["access_token"], client_secret=None).status_code == 401
    for token in (told["access_token"], told["refresh_token"], "nonsense"):
        assert introspect(app, token).json == {"active": False}
    mine = introspect(app, its["access_token"])
    assert mine.headers["Cache-Control"] == "no-store"
    assert mine.json["active"] is True
    assert mine.json["scope"] == its["scope"]
    assert mine.json["client_id"] == app.id
    assert "alice" not in mine.get_data(as_text=True).lower()
    assert introspect(app, its["refresh_token"]).json["active"] is True
    app.revoke(its["refresh_token"])
    assert introspect(app, its["access_token"]).json == {"active": False}


def test_an_expired_opaque_token_never_counts_as_a_guess_and_an_invented_one_does(app, cast, alice):
    script = created(app, cast.lotus, cast.alice, token_format="opaque")
    told = connect(script, alice)
    with clock.stopped(clock.now() + timedelta(seconds=told["expires_in"] + 1)):
        for _ in range(101):
            assert introspect(script, told["access_token"]).json == {"active": False}
            assert script.revoke(told["access_token"]).status_code == 200
        for _ in range(100):
            assert introspect(script, told["access_token"] + "x").json == {"active": False}
        assert introspect(script, told["access_token"]).status_code == 429


@pytest.mark.parametrize("path", ["/oauth/revoke", "/api/oauth/revoke"])
def test_the_alias_is_the_same_endpoint(claude, told, path):
    assert claude.http.post(path, data={"client_id": claude.id, "token": told["refresh_token"]}).status_code == 200
    assert claude.call(told["access_token"]).status_code == 401


def test_an_owner_ends_a_colleagues_consent_in_their_own_workspace_and_a_viewer_finds_none(
    claude, alice, bob, browser_of, app, cast
):
    told = connect(claude, bob, workspace="lotus-spa")
    row = acts.row_of(app, cast.bob, claude, cast.lotus)
    for stranger in (cast.charlie, cast.vera):
        path = f"/connected-apps/{row}/revocation"
        answer = acts.send(browser_of(stranger), "/workspaces/new", path, {"where": "here"})
        assert answer.status_code == 404
    assert claude.call(told["access_token"]).status_code == 200
    assert acts.revoke(alice, row).status_code == 303
    assert claude.call(told["access_token"]).status_code == 401


@pytest.mark.parametrize(("where", "left"), [("here", 200), ("everywhere", 401)])
def test_everywhere_ends_the_app_in_all_of_ones_workspaces_and_here_only_in_one(claude, alice, app, cast, where, left):
    here, there = connect(claude, alice, workspace="lotus-spa"), connect(claude, alice, workspace="peak-fitness")
    acts.revoke(alice, acts.row_of(app, cast.alice, claude, cast.lotus), where)
    assert [claude.call(each["access_token"]).status_code for each in (here, there)] == [401, left]


@pytest.mark.threat("RV09")
def test_someone_who_neither_gave_a_consent_nor_manages_its_workspace_finds_nothing_to_end(claude, told, charlie, bob, app, cast):
    shown = acts.row_of(app, cast.alice, claude, cast.lotus)
    for browser in (charlie, bob):
        page = browser.get("/connected-apps").get_data(as_text=True)
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        for path in (f"/connected-apps/{shown}", f"/connected-apps/{shown}/revocation", "/connected-apps/con_0000000000000"):
            assert browser.get(path).status_code == 404
        answer = browser.post(f"/connected-apps/{shown}/revocation", data={"csrf_token": token, "where": "everywhere"})
        assert answer.status_code == 404
    assert claude.call(told["access_token"]).status_code == 200
