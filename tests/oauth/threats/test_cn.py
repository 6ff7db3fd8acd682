"""THREATS.md, group CN: the consent page."""

import html
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from itsdangerous import URLSafeTimedSerializer

from models import clock
from tests.oauth import acts
from tests.oauth.flow import CALLBACK, ConsentPage, connect, open_consent, query_of


def no_code(answer, statuses=(400, 403, 404)):
    assert answer.status_code in statuses, answer.status
    assert "Location" not in answer.headers


def codes(sql, cast):
    count = "SELECT count(*) AS n FROM authorization_code WHERE workspace_id = :here"
    return sum(sql(count, workspace=place.id, here=place.id)[0]["n"] for place in (cast.lotus, cast.peak))


@pytest.mark.threat("CN01")
@pytest.mark.parametrize("token", [None, "", "forged", "other"])
def test_a_decision_without_this_browsers_csrf_token_gives_no_code(claude, alice, bob, token, sql, cast):
    page = open_consent(alice, claude.question())
    if token == "other":
        token = open_consent(bob, claude.question()).csrf
    no_code(page.decide("authorize", csrf_token=token), (400,))
    assert codes(sql, cast) == 0
    assert page.decide("authorize").status_code == 303


@pytest.mark.threat("CN01")
def test_a_csrf_token_of_yesterday_gives_no_code(app, claude, alice, sql, cast):
    page = open_consent(alice, claude.question())
    with alice.session_transaction() as cookie:
        own = cookie["csrf_token"]
    sealed = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token")
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=12, seconds=5)):
        old = sealed.dumps(own)
    no_code(page.decide("authorize", csrf_token=old), (400,))
    assert codes(sql, cast) == 0
    assert page.decide("authorize", csrf_token=sealed.dumps(own)).status_code == 303


@pytest.mark.threat("CN01")
def test_the_form_is_taken_with_a_null_origin_and_no_referrer_as_its_page_sends_none(claude, alice):
    page = open_consent(alice, claude.question())
    data = {"csrf_token": page.csrf, "decision": "authorize", "workspace": "lotus-spa", "scope": "mcp.read"}
    assert alice.post(page.action, data=data, headers={"Origin": "null"}).status_code == 303


@pytest.mark.threat("CN02")
def test_consent_and_error_pages_cannot_be_framed(claude, alice, client):
    answers = [open_consent(alice, claude.question()).response, alice.get("/oauth/authorize"), client.get("/login")]
    for answer in answers:
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.threat("CN03")
def test_a_request_belongs_to_the_browser_it_was_shown_in(claude, alice, bob, app, browser_of, cast, sql):
    page = open_consent(alice, claude.question())
    other = browser_of(cast.alice)  # the same person elsewhere
    own = open_consent(other, claude.question())
    data = {"csrf_token": own.csrf, "decision": "authorize", "workspace": "lotus-spa", "scope": "mcp.read"}
    no_code(other.post(page.action, data=data))
    no_code(bob.get(page.action))
    assert codes(sql, cast) == 0


@pytest.mark.threat("CN04")
@pytest.mark.parametrize("slug", ["harbour-tutoring", "no-such-place", "../lotus-spa", "\x00"])
def test_a_workspace_the_user_has_no_seat_in_gives_no_code(claude, alice, slug, sql, cast):
    no_code(open_consent(alice, claude.question()).decide("authorize", workspace=slug))
    assert codes(sql, cast) == 0


@pytest.mark.threat("CN05")
def test_a_scope_added_by_hand_is_not_granted(claude, alice, with_settings):
    with_settings(quarantine_hours=0)
    page = open_consent(alice, claude.question(scope="mcp.read"))
    code = page.authorize(scope=["mcp.read", "mcp.write", "mcp.destructive", "server.manage"])
    assert claude.redeem(code).json["scope"] == "mcp.read"


@pytest.mark.threat("CN05")
def test_hidden_fields_decide_nothing(claude, alice):
    page = open_consent(alice, claude.question())
    answer = page.decide(
        "authorize", redirect_uri="https://evil.test/", client_id="crm_x", state="forged", resource="https://evil.test"
    )
    assert answer.headers["Location"].startswith(CALLBACK)
    assert query_of(answer.headers["Location"])["state"] == claude.state


@pytest.mark.threat("CN06")
def test_deny_goes_back_with_state_and_issuer_and_leaves_no_consent(claude, alice, sql):
    answer = open_consent(alice, claude.question()).decide("deny")
    assert answer.status_code == 303
    told = query_of(answer.headers["Location"])
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", claude.state, "http://localhost")
    assert sql("SELECT count(*) AS n FROM consent")[0]["n"] == 0


@pytest.mark.threat("CN07")
def test_a_name_with_markup_is_text_isolated_unverified_and_beside_its_host(new_app, alice):
    app = new_app(client_name='<b onload=x>"Claude"</b>')
    text = open_consent(alice, app.question()).text
    assert "<b onload" not in text
    assert html.escape('<b onload=x>"Claude"</b>', quote=False).replace('"', "&#34;") in text
    assert "<bdi>" in text
    assert "unverified" in text
    assert "app.example" in text
    assert app.id in text


@pytest.mark.threat("CN08")
def test_the_page_says_what_for_whom_where_and_how_long(claude, alice):
    text = open_consent(alice, claude.question(scope="mcp.read offline_access")).text
    for said in ("See customers, bookings", "Alice", "alice@demo.test", "Lotus Spa", "180 days", "app.example", "It cannot"):
        assert said in text, said


@pytest.mark.threat("CN08")
def test_how_long_is_what_the_operator_set(claude, new_app, alice, with_settings):
    with_settings(refresh_family_ttl=7 * 86_400, access_token_ttl=600)
    assert "at most 7 days" in open_consent(alice, claude.question()).text
    asked = open_consent(alice, claude.question(scope="mcp.read offline_access")).text
    assert "at most 7 days" in asked and "Without “Stay connected” it is 10 minutes" in asked
    once = new_app(client_name="Once", grant_types=["authorization_code"])
    text = open_consent(alice, once.question()).text
    assert "It stays connected for 10 minutes, and then asks again." in text
    assert "at most" not in text


@pytest.mark.threat("CN08")
def test_beside_cancel_refund_and_delete_stands_its_quarter_of_an_hour(claude, alice, with_settings, everything_served):
    with_settings(quarantine_hours=0)
    text = open_consent(alice, claude.question(scope="mcp.read mcp.destructive")).text
    assert "mcp.destructive · for 15 minutes" in text


@pytest.mark.threat("CN10")
def test_two_consent_pages_at_once_both_work(claude, alice):
    one, two = open_consent(alice, claude.question(state="one")), open_consent(alice, claude.question(state="two"))
    assert query_of(one.decide("authorize").headers["Location"])["state"] == "one"
    assert query_of(two.decide("authorize").headers["Location"])["state"] == "two"


@pytest.mark.threat("CN11")
def test_a_second_click_and_the_back_button_give_no_second_code(claude, alice, sql, cast):
    page = open_consent(alice, claude.question())
    assert page.decide("authorize").status_code == 303
    no_code(page.decide("authorize"), (400,))
    no_code(page.decide("deny"), (400,))
    no_code(alice.get(page.action), (400,))
    assert codes(sql, cast) == 1


@pytest.mark.threat("CN12")
def test_another_account_between_look_and_decision_sees_the_page_anew_and_gives_no_code(claude, alice, app, cast, sql):
    from models.accounts.sign_in import SignIn
    from models.accounts.user import User
    from models.activity.actor import SYSTEM
    from models.base import db, writing

    page = open_consent(alice, claude.question())
    with app.app_context(), writing():
        token = SignIn.start(db.session.get_one(User, cast.bob.id), SYSTEM)
    with alice.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = token
    answer = page.decide("authorize")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert "bob@demo.test" in text
    assert "Another account" in text
    assert "Peak Fitness" not in text
    assert codes(sql, cast) == 0
    assert claude.redeem(ConsentPage(alice, answer).authorize()).status_code == 200


@pytest.mark.threat("CN13")
def test_the_policy_of_the_page_has_no_form_action_and_no_script(claude, alice):
    page = open_consent(alice, claude.question())
    policy = page.response.headers["Content-Security-Policy"]
    assert "form-action" not in policy
    assert "script-src 'none'" in policy
    assert "<script" not in page.text
    again = page.decide("authorize", scope=[])
    assert "form-action" not in again.headers["Content-Security-Policy"]


@pytest.mark.threat("CN14")
def test_no_page_of_the_flow_sends_a_referrer_or_loads_from_elsewhere(claude, alice):
    page = open_consent(alice, claude.question())
    answers = [page.response, alice.get("/oauth/authorize"), page.decide("authorize", scope=[]), page.decide("authorize")]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "https://" not in answer.get_data(as_text=True).replace("https://app.example", "").split("<body>")[0]


@pytest.mark.threat("CN15")
def test_revoking_on_connected_apps_ends_everything_at_the_next_call(claude, alice, app, cast):
    told = connect(claude, alice, workspace="lotus-spa")
    row = acts.row_of(app, cast.alice, claude, cast.lotus)
    listed = alice.get("/connected-apps").get_data(as_text=True)
    assert row in listed and "Lotus Spa" in listed and "mcp.read" in listed
    answer = acts.revoke(alice, row)
    assert (answer.status_code, answer.location) == (303, "/connected-apps")
    assert row not in alice.get("/connected-apps").get_data(as_text=True)
    assert claude.call(told["access_token"]).status_code == 401
    assert claude.refresh(told["refresh_token"]).json["error"] == "invalid_grant"


def test_authorize_with_nothing_ticked_is_the_page_again(claude, alice):
    page = open_consent(alice, claude.question())
    answer = page.decide("authorize", scope=[])
    assert answer.status_code == 422
    again = ConsentPage(alice, answer)
    assert again.ticked() == []
    assert again.chosen() == page.chosen()
    assert again.authorize(scope=["mcp.read"])


def test_authorize_without_a_workspace_is_the_page_again(claude, alice):
    assert open_consent(alice, claude.question()).decide("authorize", workspace=None).status_code == 422


def test_signed_out_meanwhile_the_decision_leads_to_sign_in_and_back_to_the_same_request(claude, alice, app, cast):
    page = open_consent(alice, claude.question())
    with alice.session_transaction() as cookie:
        cookie.clear()
    answer = alice.post(page.action, data={"decision": "authorize", "workspace": "lotus-spa", "scope": "mcp.read"})
    assert answer.status_code == 303
    assert query_of(answer.headers["Location"])["next"] == page.action


def test_a_request_waits_ten_minutes_and_no_longer(claude, alice):
    page = open_consent(alice, claude.question())
    with clock.stopped(clock.now() + timedelta(minutes=10, seconds=1)):
        no_code(page.decide("authorize"), (400,))


@pytest.mark.parametrize(("slug", "status"), [("harbour-tutoring", "stranger"), ("no-such-workspace", "none")])
def test_a_workspace_fixed_by_the_address_without_a_seat_there_offers_only_deny(claude, alice, slug, status):
    page = open_consent(alice, claude.question(resource=f"http://localhost/mcp/{slug}"))
    assert ">Authorize<" not in page.text
    assert page.inputs("workspace") == {}
    assert query_of(page.decide("deny").headers["Location"])["error"] == "access_denied"
    no_code(
        open_consent(alice, claude.question(resource=f"http://localhost/mcp/{slug}")).decide("authorize", workspace=slug), (403,)
    )


def test_a_workspace_fixed_by_the_address_is_the_only_one_offered(claude, alice):
    page = open_consent(alice, claude.question(resource="http://localhost/mcp/peak-fitness"))
    assert list(page.inputs("workspace")) == ["peak-fitness"]
    no_code(page.decide("authorize", workspace="lotus-spa"), (403,))


def test_a_viewer_sees_writing_locked_by_their_role(new_app, browser_of, cast, with_settings):
    with_settings(quarantine_hours=0)
    app = new_app()
    page = open_consent(browser_of(cast.vera), app.question())
    assert " disabled" in page.inputs("scope")["mcp.write"]
    assert app.redeem(page.authorize(scope=["mcp.read", "mcp.write"])).json["scope"] == "mcp.read"


def test_someone_who_allowed_the_app_before_finds_workspace_and_choices_as_they_left_them(claude, alice, with_settings):
    with_settings(quarantine_hours=0)
    assert open_consent(alice, claude.question()).chosen() == "lotus-spa"
    page = open_consent(alice, claude.question())
    claude.redeem(page.authorize(workspace="peak-fitness", scope=["mcp.read"]))
    again = open_consent(alice, claude.question())
    assert again.chosen() == "peak-fitness"
    assert again.ticked() == ["mcp.read"]


def test_a_consent_is_asked_every_time_and_is_one_row(claude, alice, sql):
    for _ in range(2):
        connect(claude, alice)
    assert sql("SELECT count(*) AS n FROM consent")[0]["n"] == 1


def test_a_body_cut_short_decides_nothing(claude, alice):
    page = open_consent(alice, claude.question())
    answer = alice.post(
        page.action, data=b"decision=deny", content_type="application/x-www-form-urlencoded", headers={"Content-Length": "99"}
    )
    no_code(answer, (400,))


@pytest.mark.threat("CN09")
def test_signing_in_takes_a_csrf_token_and_the_page_names_who_is_signed_in(claude, client, sql):
    from tests.cast import PASSWORD

    data = {"email": "charlie@demo.test", "password": PASSWORD}
    assert client.post("/login", data=data).status_code == 400
    assert sql("SELECT count(*) AS n FROM sign_in WHERE user_id IN (SELECT id FROM app_user WHERE name = 'Charlie')")[0]["n"] == 0
    login = client.get("/login").get_data(as_text=True)
    token = login.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    assert client.post("/login", data=data | {"csrf_token": token}).status_code == 303
    text = open_consent(client, claude.question()).text
    assert "charlie@demo.test" in text
    assert "Harbour Tutoring" in text
