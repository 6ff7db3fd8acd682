"""THREATS.md, group TK: the token endpoint and its code grant."""

import base64
import hmac
from datetime import timedelta

import pytest

from models import clock
from tests.oauth.flow import CALLBACK, open_consent


@pytest.fixture
def code(claude, alice):
    return open_consent(alice, claude.question()).authorize()


def refused(answer, error, status=400):
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.json["error"] == error
    assert answer.json["error_description"].isascii()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.mimetype == "application/json"


@pytest.mark.threat("TK01")
def test_a_code_presented_twice_is_refused_and_ends_what_it_began(claude, code):
    first = claude.redeem(code).json
    assert claude.call(first["access_token"]).status_code == 200
    refused(claude.redeem(code), "invalid_grant")
    assert claude.call(first["access_token"]).status_code == 401
    refused(claude.refresh(first["refresh_token"]), "invalid_grant")


@pytest.mark.threat("TK01")
def test_a_thief_without_the_verifier_ends_nobodys_sign_in(claude, code):
    first = claude.redeem(code).json
    refused(claude.redeem(code, code_verifier="a" * 43), "invalid_grant")
    assert claude.call(first["access_token"]).status_code == 200


@pytest.mark.threat("TK03")
@pytest.mark.parametrize("uri", [None, CALLBACK + "/", "https://app.example/other"])
def test_a_missing_or_different_redirect_uri_is_refused_and_spends_nothing(claude, code, uri):
    refused(claude.redeem(code, redirect_uri=uri), "invalid_grant")
    assert claude.redeem(code).status_code == 200


@pytest.mark.threat("TK04")
def test_a_missing_verifier_is_refused_and_spends_nothing(claude, code):
    refused(claude.redeem(code, code_verifier=None), "invalid_request")
    assert claude.redeem(code).status_code == 200


@pytest.mark.threat("TK05")
@pytest.mark.parametrize("change", ["wrong", "challenge", "upper", "short", "long", "strange"])
def test_a_wrong_verifier_is_refused_and_never_spends_the_code(claude, code, change):
    from tests.oauth.flow import challenge_of

    wrong = {
        "wrong": "b" * 64, "challenge": challenge_of(claude.verifier), "upper": claude.verifier.swapcase(),
        "short": claude.verifier[:42], "long": claude.verifier * 3, "strange": "é" * 43,
    }[change]  # fmt: skip
    refused(claude.redeem(code, code_verifier=wrong), "invalid_grant")
    assert claude.redeem(code).status_code == 200


@pytest.mark.threat("TK06")
def test_a_code_is_over_after_a_minute(claude, code):
    with clock.stopped(clock.now() + timedelta(seconds=61)):
        refused(claude.redeem(code), "invalid_grant")


@pytest.mark.threat("TK07")
def test_another_resource_is_refused_and_does_not_spend_the_code(claude, code):
    refused(claude.redeem(code, resource="http://localhost/mcp/lotus-spa"), "invalid_target")
    refused(claude.redeem(code, resource="https://evil.test"), "invalid_target")
    assert claude.redeem(code, resource="http://localhost/mcp").status_code == 200


@pytest.mark.threat("TK08")
def test_nothing_is_taken_from_the_address_and_get_is_refused(claude, code):
    answer = claude.http.get(f"/oauth/token?grant_type=authorization_code&code={code}&client_id={claude.id}")
    refused(answer, "invalid_request", 405)
    answer = claude.http.post(f"/oauth/token?code={code}", data={"grant_type": "authorization_code", "client_id": claude.id})
    refused(answer, "invalid_request")
    assert claude.redeem(code).status_code == 200


@pytest.mark.threat("TK09")
@pytest.mark.parametrize("name", ["code", "grant_type", "client_id", "code_verifier", "redirect_uri"])
def test_a_repeated_parameter_is_refused(claude, code, name):
    body = (
        f"grant_type=authorization_code&code={code}&client_id={claude.id}&code_verifier={claude.verifier}&redirect_uri={CALLBACK}"
    )
    value = dict(part.split("=", 1) for part in body.split("&"))[name]
    answer = claude.http.post("/oauth/token", data=f"{body}&{name}={value}", content_type="application/x-www-form-urlencoded")
    refused(answer, "invalid_request")
    assert claude.redeem(code).status_code == 200


@pytest.mark.threat("TK10")
def test_a_missing_grant_type_and_one_that_is_not_served_are_refused(claude):
    refused(claude.token({}), "invalid_request")
    for kind in ("password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", 'é"\\'):
        answer = claude.token({"grant_type": kind})
        refused(answer, "unsupported_grant_type")
        assert kind not in answer.get_data(as_text=True)
    refused(claude.token({"grant_type": "client_credentials"}), "unauthorized_client")


@pytest.mark.threat("TK11")
@pytest.mark.parametrize(
    "value", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /////w==", "Bearer x", "Basic " + "A" * 9000]
)
def test_malformed_basic_credentials_are_a_401_with_the_scheme(claude, code, value):
    answer = claude.http.post(
        "/oauth/token", data={"grant_type": "authorization_code", "code": code}, headers={"Authorization": value}
    )
    refused(answer, "invalid_client", 401)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.threat("TK11")
def test_the_case_of_the_scheme_does_not_count(new_app, alice):
    app = new_app(token_endpoint_auth_method="client_secret_basic")
    code = open_consent(alice, app.question()).authorize()
    header = "bAsIc " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": app.verifier}
    assert app.http.post("/oauth/token", data=sent, headers={"Authorization": header}).status_code == 200


@pytest.mark.threat("TK12")
def test_a_public_client_that_sends_a_secret_is_refused(claude, code):
    refused(claude.redeem(code, client_secret="anything"), "invalid_client", 401)
    assert claude.redeem(code).status_code == 200


@pytest.mark.threat("TK13")
def test_a_confidential_client_needs_its_secret_by_the_method_it_registered(new_app, alice):
    app = new_app(token_endpoint_auth_method="client_secret_post")
    code = open_consent(alice, app.question()).authorize()
    refused(app.redeem(code, client_secret=None), "invalid_client", 401)
    refused(app.redeem(code, client_secret="crmcs_wrong"), "invalid_client", 401)
    basic = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": app.verifier}
    refused(app.http.post("/oauth/token", data=sent, headers=basic), "invalid_client", 401)
    assert app.redeem(code).status_code == 200


@pytest.mark.threat("TK13")
def test_a_wrong_secret_is_as_much_work_as_an_unknown_client_and_compared_in_constant_time(new_app, monkeypatch):
    app, compared = new_app(token_endpoint_auth_method="client_secret_post"), []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append((len(one), len(other))) or real(one, other))
    work = {}
    for name, changes in {
        "wrong": {"client_secret": "crmcs_wrong"}, "almost": {"client_secret": app.secret[:-1] + "x"},
        "unknown": {"client_id": "crm_0000000000000"}, "right": {},
    }.items():  # fmt: skip
        compared.clear()
        answer = app.token({"grant_type": "refresh_token", "refresh_token": "x"} | changes)
        assert answer.json["error"] == ("invalid_grant" if name == "right" else "invalid_client")
        work[name] = [lengths for lengths in compared if lengths == (64, 64)]
    assert work["wrong"] == work["almost"] == work["unknown"] == work["right"] == [(64, 64)] * 2


@pytest.mark.threat("TK13")
def test_a_hundred_wrong_secrets_a_minute_are_the_limit_and_then_nothing_has_an_effect(new_app, alice):
    app = new_app(token_endpoint_auth_method="client_secret_post")
    code = open_consent(alice, app.question()).authorize()
    with clock.stopped(clock.now()):
        for _ in range(100):
            refused(app.redeem(code, client_secret="crmcs_wrong"), "invalid_client", 401)
        answer = app.redeem(code)
        refused(answer, "temporarily_unavailable", 429)
        assert 1 <= int(answer.headers["Retry-After"]) <= 61
    with clock.stopped(clock.now() + timedelta(seconds=61)):
        refused(app.redeem(code), "invalid_grant")  # over by now, but answered again


def test_a_known_token_presented_again_never_counts_as_a_guess(claude, code):
    assert claude.redeem(code).status_code == 200
    for _ in range(105):
        refused(claude.redeem(code), "invalid_grant")


@pytest.mark.threat("TK14")
@pytest.mark.parametrize("gone", ["disabled", "removed", "suspended", "withdrawn", "revoked"])
def test_whatever_ends_between_consent_and_exchange_ends_the_code(claude, code, sql, cast, database, gone):
    now = "1" if database == "sqlite" else "now()"
    sql(
        {
            "disabled": f"UPDATE app_user SET disabled_at = {now} WHERE email = 'alice@demo.test'",
            "removed": f"UPDATE seat SET revoked_at = {now} WHERE user_id = {cast.alice.id}",
            "suspended": f"UPDATE workspace SET suspended_at = {now} WHERE slug = 'lotus-spa'",
            "withdrawn": f"UPDATE consent SET withdrawn_at = {now}",
            "revoked": f"UPDATE oauth_client SET revoked_at = {now} WHERE kind = 'registered'",
        }[gone]
    )
    answer = claude.redeem(code)
    assert (answer.status_code, answer.json["error"]) == (
        (401, "invalid_client") if gone == "revoked" else (400, "invalid_grant")
    )


@pytest.mark.threat("TK15")
def test_token_answers_are_json_and_never_stored(claude, code):
    answer = claude.redeem(code)
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 900)


BROWSER = {"Origin": "https://app.example"}
READABLE = [
    ("post", "/oauth/token"), ("post", "/api/oauth/token"), ("post", "/token"),
    ("post", "/oauth/revoke"), ("post", "/api/oauth/revoke"),
    ("post", "/oauth/register"), ("post", "/register"), ("get", "/oauth/register/crm_0000000000000"), ("get", "/oauth/jwks"),
    ("get", "/.well-known/oauth-authorization-server"), ("get", "/.well-known/oauth-protected-resource/mcp"),
]  # fmt: skip


@pytest.mark.threat("TK16")
@pytest.mark.parametrize(("method", "path"), READABLE)
def test_a_page_of_another_origin_may_ask_and_read_refusals_too(client, method, path):
    asked = BROWSER | {"Access-Control-Request-Method": method.upper(), "Access-Control-Request-Headers": "authorization"}
    preflight = client.options(path, headers=asked)
    assert preflight.status_code == 204
    assert method.upper() in preflight.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    for answer in (preflight, getattr(client, method)(path, headers=BROWSER), client.patch(path, headers=BROWSER)):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.threat("TK16")
def test_a_page_of_another_origin_reads_the_answers_of_a_whole_connection(claude, code):
    registered = claude.http.post("/register", json={"redirect_uris": [CALLBACK], "client_name": "Page"}, headers=BROWSER)
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": claude.verifier}
    told = claude.http.post("/token", data=sent | {"client_id": claude.id}, headers=BROWSER)
    again = claude.http.post("/token", data=sent | {"client_id": claude.id}, headers=BROWSER)
    ended = claude.http.post("/oauth/revoke", data={"client_id": claude.id, "token": told.json["refresh_token"]}, headers=BROWSER)
    assert [answer.status_code for answer in (registered, told, again, ended)] == [201, 200, 400, 200]
    for answer in (registered, told, again, ended):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.threat("TK16")
@pytest.mark.parametrize(
    "path", ["/oauth/authorize", "/oauth/consent", "/authorize", "/login", "/connected-apps", "/oauth/introspect", "/"]
)
def test_no_other_page_is_readable_from_elsewhere(client, alice, path):
    asked = BROWSER | {"Access-Control-Request-Method": "POST"}
    for answer in (client.options(path, headers=asked), client.get(path, headers=BROWSER), alice.get(path, headers=BROWSER)):
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.threat("TK17")
def test_a_code_of_another_sign_in_does_not_fit_this_ones_verifier(claude, alice, code):
    import copy

    victim = copy.copy(claude)
    victim.verifier = "v" * 50
    open_consent(alice, victim.question()).authorize()
    refused(victim.redeem(code), "invalid_grant")


@pytest.mark.threat("TK17")
def test_a_code_belongs_to_its_client(claude, new_app, code):
    other = new_app(client_name="Other")
    other.verifier = claude.verifier
    refused(other.redeem(code), "invalid_grant")
    assert claude.redeem(code).status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_another_content_type_is_a_415_in_json(claude, kind):
    refused(
        claude.http.post("/oauth/token", data=b'{"grant_type":"authorization_code"}', content_type=kind), "invalid_request", 415
    )


def test_bytes_that_are_no_utf8_a_nul_and_a_body_cut_short_are_refused(claude):
    form = "application/x-www-form-urlencoded"
    for body in (b"grant_type=%FF", b"\xff\xfe=1", b"grant_type=authorization_code&client_id=x%00y", b"&".join([b"a=1"] * 200)):
        refused(claude.http.post("/oauth/token", data=body, content_type=form), "invalid_request")
    refused(
        claude.http.post("/oauth/token", data=b"grant_type=authorization_code&code=x&client_id=\xc3\xa9", content_type=form),
        "invalid_client",
        401,
    )
    refused(claude.http.post("/oauth/token", data=b"a=1", content_type=form, headers={"Content-Length": "50"}), "invalid_request")


@pytest.mark.parametrize("path", ["/api/oauth/token", "/token"])
def test_the_aliases_are_the_same_endpoint(claude, code, path):
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": claude.verifier}
    assert claude.http.post(path, data=sent | {"client_id": claude.id}).status_code == 200
