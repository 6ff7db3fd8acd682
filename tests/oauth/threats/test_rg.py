"""THREATS.md, group RG: self-registration."""

import json
import time
from datetime import timedelta

import pytest

from blueprints.oauth.checks.client_json import BadJson, read_object
from blueprints.oauth.checks.client_metadata import BadMetadata, registered
from models import clock
from tests.oauth.flow import CALLBACK, connect, open_consent


def refused(answer, *errors, status=400):
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.json["error"] in errors
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.threat("RG01")
@pytest.mark.parametrize(
    "uris",
    [None, [], "https://a.example/", {}, ["https://a.example/"] * 1000, [f"https://a.example/{n}" for n in range(1000)], [1]],
)
def test_redirect_uris_must_be_a_short_list(claude, uris):
    answer = claude.register(redirect_uris=uris)
    if uris == ["https://a.example/"] * 1000:
        assert answer.status_code in (201, 400)  # one URI said often is one URI
    else:
        refused(answer, "invalid_redirect_uri", "invalid_client_metadata")


@pytest.mark.threat("RG02")
@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://x/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://a/x",
        "file:///etc/passwd",
        "mailto:a@b.c",
    ],
)
def test_schemes_that_a_browser_runs_are_refused(claude, uri):
    refused(claude.register(redirect_uris=[uri]), "invalid_redirect_uri")
    refused(claude.register(redirect_uris=[CALLBACK, uri]), "invalid_redirect_uri")


@pytest.mark.threat("RG03")
@pytest.mark.parametrize(
    "uri",
    ["https://a.example/#f", "https://u:p@a.example/", "https://*.example/", "https://a.example/\r\nx", "https://a.example/ x",
     "https://a.example\\b", "https://ex\u00e4mple.test/", "http://a.example/"],
)  # fmt: skip
def test_malformed_redirect_uris_are_refused(claude, uri):
    refused(claude.register(redirect_uris=[uri]), "invalid_redirect_uri")


@pytest.mark.threat("RG04")
def test_a_private_use_scheme_is_accepted_and_shown_as_one(new_app, alice):
    app = new_app(redirect_uris=["cursor://anysphere.cursor-mcp/oauth/callback"])
    page = open_consent(alice, app.question())
    assert "cursor://anysphere.cursor-mcp" in page.text
    assert page.decide("authorize").headers["Location"].startswith("cursor://anysphere.cursor-mcp/oauth/callback?code=")


@pytest.mark.threat("RG05")
@pytest.mark.parametrize("name", ["x" * 10_000, "a\u202eb", "a\u200bb", "a\x07b"])
def test_names_that_hide_something_are_refused(claude, name):
    refused(claude.register(client_name=name), "invalid_client_metadata")


@pytest.mark.threat("RG05")
@pytest.mark.parametrize("name", [None, "", "<script>alert(1)</script>", "Frontdesk Support", "\u0421laude"])
def test_other_names_are_shown_as_text_unverified_and_beside_the_host(claude, alice, name):
    assert claude.register(client_name=name).status_code == 201
    page = open_consent(alice, claude.question())
    assert "<script>alert" not in page.text
    assert "unverified" in page.text
    assert "app.example" in page.text


@pytest.mark.threat("RG06")
def test_scopes_that_nobody_can_have_are_dropped_and_the_answer_says_so(claude):
    assert claude.register(scope="mcp.read admin superadmin server.manage").json["scope"] == "mcp.read"
    refused(claude.register(scope="admin"), "invalid_client_metadata")


@pytest.mark.threat("RG07")
@pytest.mark.parametrize("kind", ["password", "implicit", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"])
def test_grant_types_that_cannot_be_registered_are_refused(claude, kind):
    refused(claude.register(grant_types=["authorization_code", kind]), "invalid_client_metadata")


@pytest.mark.threat("RG08")
@pytest.mark.parametrize(
    "change", [{"response_types": ["token"]}, {"grant_types": ["refresh_token"]}, {"response_types": ["code", "token"]}]
)
def test_grant_and_response_types_must_go_together(claude, change):
    refused(claude.register(**change), "invalid_client_metadata")


@pytest.mark.threat("RG09")
@pytest.mark.parametrize("method", ["client_secret_jwt", "tls_client_auth", "private_key_jwt", 7])
def test_authentication_methods_we_do_not_know_or_without_keys_are_refused(claude, method):
    refused(claude.register(token_endpoint_auth_method=method), "invalid_client_metadata")


@pytest.mark.threat("RG10")
def test_what_the_server_decides_is_not_the_clients_to_say(claude, alice):
    answer = claude.register(
        client_id="crm_mine", client_secret="s", client_id_issued_at=1, trusted=True, kind="static", workspace_id=1
    )
    assert answer.json["client_id"] != "crm_mine"
    assert abs(answer.json["client_id_issued_at"] - time.time()) < 60
    assert "client_secret" not in answer.json
    assert " disabled" in open_consent(alice, claude.question()).inputs("scope")["mcp.write"]


@pytest.mark.threat("RG11")
def test_fifty_new_clients_a_day_and_equal_ones_count_once(app, claude, with_settings):
    with_settings(registration_limit=10)
    with clock.stopped(clock.now()):
        made = [claude.register(client_name=f"App {n}") for n in range(12)]  # the fixture's own was the first
        assert [answer.status_code for answer in made] == [201] * 9 + [429] * 3
        assert 0 < int(made[-1].headers["Retry-After"]) <= 86_400
        assert made[-1].json["error"] == "temporarily_unavailable"
        again = [claude.register(client_name="App 0") for _ in range(5)]
        assert {answer.json["client_id"] for answer in again} == {made[0].json["client_id"]}
    with clock.stopped(clock.now() + timedelta(days=1)):
        assert claude.register(client_name="Tomorrow").status_code == 201


def test_an_equal_registration_that_waited_for_the_days_last_one_is_not_refused(claude, with_settings, monkeypatch):
    from models.oauth import registration

    with_settings(registration_limit=1)  # and the fixture's own was the first
    look, looks = registration._shared, []

    def too_early_at_first(digest):
        looks.append(digest)
        return look(digest) if len(looks) > 1 else None

    first = claude.id
    monkeypatch.setattr(registration, "_shared", too_early_at_first)
    assert claude.register().json["client_id"] == first
    refused(claude.register(client_name="Another"), "temporarily_unavailable", status=429)


@pytest.mark.threat("RG12")
def test_a_forwarded_address_that_nobody_vouches_for_does_not_count(claude, with_settings):
    with_settings(registration_limit=3)
    answers = [
        claude.http.post(
            "/oauth/register",
            json={"redirect_uris": [CALLBACK], "client_name": f"App {n}"},
            headers={"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"},
        ).status_code
        for n in range(4)
    ]
    assert answers == [201, 201, 429, 429]


@pytest.mark.threat("RG13")
def test_refused_registrations_have_a_higher_limit_of_their_own(claude):
    with clock.stopped(clock.now()):
        for _ in range(300):
            refused(claude.register(redirect_uris=[]), "invalid_redirect_uri")
        assert claude.register(redirect_uris=[]).status_code == 429
        assert claude.register(client_name="Right").status_code == 429
    with clock.stopped(clock.now() + timedelta(hours=1)):
        assert claude.register(client_name="Right").status_code == 201


@pytest.mark.threat("RG14")
@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"a=b", 400),
     (b"[]", 400), (b'"x"', 400), (b"[" * 100_000, 400), (b'{"a":' * 20_000, 400), (b"[" * 200_000, 413),
     (b'{"client_name":1e999}', 400),
     (b'{"redirect_uris":[],"redirect_uris":[]}', 400),
     (b'{"client_name":"\\ud800"}', 400), (b'{"x":"' + b"y" * 1_000_000 + b'"}', 413)],
)  # fmt: skip
def test_hostile_json_is_refused_quickly(claude, body, status):
    started = time.thread_time()
    with pytest.raises((BadJson, BadMetadata)):
        registered(read_object(body), frozenset())
    assert time.thread_time() - started < 0.05
    answer = claude.http.post("/oauth/register", data=body, content_type="application/json")
    refused(answer, "invalid_client_metadata", "invalid_redirect_uri", "invalid_request", status=status)


@pytest.mark.threat("RG14")
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused(claude, kind):
    refused(claude.http.post("/oauth/register", data=b"a=b", content_type=kind), "invalid_client_metadata", status=415)


@pytest.mark.threat("RG15")
def test_a_registration_is_managed_with_its_own_token_only(new_app, claude, app):
    one, other = (new_app(token_endpoint_auth_method="client_secret_basic", client_name=name) for name in ("One", "Other"))
    tokens = {}
    for each in (one, other):
        answer = each.register(token_endpoint_auth_method="client_secret_basic", client_name="Managed")
        tokens[each.id] = answer.json["registration_access_token"]
        assert answer.json["registration_client_uri"] == f"http://localhost/oauth/register/{each.id}"
    for method in ("get", "put", "delete"):
        for token in (None, "x", tokens[other.id]):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = getattr(claude.http, method)(
                f"/oauth/register/{one.id}", headers=headers, json={} if method == "put" else None
            )
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    mine = {"Authorization": f"Bearer {tokens[one.id]}"}
    assert claude.http.get(f"/oauth/register/{one.id}", headers=mine).json["client_name"] == "Managed"
    changed = {
        "client_id": one.id,
        "client_name": "Renamed",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    assert claude.http.put(f"/oauth/register/{one.id}", headers=mine, json=changed).json["client_name"] == "Renamed"
    assert claude.http.get(f"/oauth/register/{claude.id}", headers=mine).status_code == 401  # a shared client has none
    assert claude.http.delete(f"/oauth/register/{one.id}", headers=mine).status_code == 204
    assert claude.http.get(f"/oauth/register/{one.id}", headers=mine).status_code == 401


@pytest.mark.threat("RG15")
def test_an_update_makes_an_app_no_older_and_ends_no_first_day(app, alice, new_app):
    start = clock.now()
    with clock.stopped(start):
        one = new_app(token_endpoint_auth_method="client_secret_post", client_name="Managed")
        answer = one.register(token_endpoint_auth_method="client_secret_post", client_name="Managed").json
    mine = {"Authorization": f"Bearer {answer['registration_access_token']}"}
    said = {
        "client_id": one.id, "client_name": "Managed", "redirect_uris": [CALLBACK], "client_id_issued_at": 1,
        "token_endpoint_auth_method": "client_secret_post", "grant_types": ["authorization_code", "refresh_token"],
    }  # fmt: skip
    with clock.stopped(start + timedelta(hours=3)):
        changed = one.http.put(f"/oauth/register/{one.id}", headers=mine, json=said)
        assert changed.status_code == 200
        assert changed.json["client_id_issued_at"] == answer["client_id_issued_at"] == int(start.timestamp())
        assert " disabled" in open_consent(alice, one.question()).inputs("scope")["mcp.write"]
        assert connect(one, alice, workspace="lotus-spa")["scope"] == "mcp.read"
    with clock.stopped(start + timedelta(hours=26)):
        one.http.put(f"/oauth/register/{one.id}", headers=mine, json=said)
        assert " disabled" in open_consent(alice, one.question()).inputs("scope")["mcp.write"]
    with clock.stopped(start + timedelta(hours=27, seconds=1)):
        assert " disabled" not in open_consent(alice, one.question()).inputs("scope")["mcp.write"]


@pytest.mark.threat("RG15")
def test_a_blocked_client_cannot_lift_its_block_or_lose_its_age(new_app, claude, app):
    from models.activity.actor import SYSTEM
    from models.base import writing
    from models.oauth.block import block

    one = new_app(token_endpoint_auth_method="client_secret_basic")
    answer = one.register(token_endpoint_auth_method="client_secret_basic", client_name="Managed")
    with app.app_context(), writing():
        assert block(one.id, SYSTEM) == 1
        assert block("app.example", SYSTEM) >= 1
    mine = {"Authorization": f"Bearer {answer.json['registration_access_token']}"}
    changed = {"client_id": one.id, "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_basic"}
    assert claude.http.put(f"/oauth/register/{one.id}", headers=mine, json=changed).status_code == 401
    refused(claude.register(client_name="Another name"), "invalid_client_metadata")


@pytest.mark.threat("RG16")
def test_a_software_statement_is_ignored(claude):
    assert claude.register(software_statement="garbage").status_code == 201


@pytest.mark.threat("RG17")
def test_the_answer_is_a_201_that_is_never_stored(claude):
    answer = claude.register()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert None not in json.loads(answer.get_data()).values()


@pytest.mark.threat("RG18")
def test_the_page_shows_the_uri_of_this_request_and_trusts_no_substring(new_app, alice):
    app = new_app(redirect_uris=["https://claude.ai/api/mcp/auth_callback", "https://evil.test/claude.ai"])
    app.redirect_uri = "https://evil.test/claude.ai"
    text = open_consent(alice, app.question()).text
    assert '<strong class="returns-to">evil.test</strong>' in text
    assert "unverified" in text


def test_equal_public_metadata_gives_back_the_same_client_with_the_uris_of_this_request(app, claude, new_app):
    one = new_app(redirect_uris=["http://127.0.0.1:1234/cb"])
    answer = one.register(redirect_uris=["http://127.0.0.1:5678/cb"])
    assert answer.status_code == 201
    assert answer.json["redirect_uris"] == ["http://127.0.0.1:5678/cb"]
    assert "registration_access_token" not in answer.json
    another_home = one.register(redirect_uris=["http://127.0.0.1:1234/cb"], client_uri="https://evil.test/", contacts=["x"])
    assert another_home.json["client_id"] == one.id
    assert not {"client_uri", "contacts", "registration_client_uri"} & another_home.json.keys()
    assert new_app(redirect_uris=["http://127.0.0.1/cb"]).id == one.id
    assert new_app(redirect_uris=["http://localhost/cb"]).id != one.id


def test_an_omitted_method_registers_none_and_the_answer_says_so(claude):
    assert claude.register(token_endpoint_auth_method=None).json["token_endpoint_auth_method"] == "none"
