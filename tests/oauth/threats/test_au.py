"""THREATS.md, group AU: the authorize endpoint."""

from urllib.parse import urlencode

import pytest

from blueprints.ways import ADDRESS_MAX
from tests.oauth.flow import CALLBACK, open_consent, query_of
from tests.oauth.made import created

ISSUER = "http://localhost"


def refused(answer, error):
    """A redirect to the client with this error, the state and the issuer."""
    assert answer.status_code == 302, answer.get_data(as_text=True)[:500]
    assert answer.headers["Location"].startswith(CALLBACK + "?")
    told = query_of(answer.headers["Location"])
    assert told["error"] == error
    assert told["iss"] == ISSUER
    assert told["error_description"].isascii()
    return told


def is_a_page(answer):
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.mimetype == "text/html"
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.get_data(as_text=True)


@pytest.mark.threat("AU01")
@pytest.mark.parametrize(
    "client_id", ["crm_0000000000000", "nobody", "'; DROP TABLE oauth_client;--", "\u0441laude", "x" * 3000, "a\x00b", None]
)
def test_an_unknown_client_is_a_page_and_no_redirect(claude, alice, client_id):
    is_a_page(alice.get(claude.question(client_id=client_id)))


@pytest.mark.threat("AU02")
@pytest.mark.parametrize(
    "uri",
    [CALLBACK + "/more", CALLBACK + "?a=b", CALLBACK + "/", "https://app.example/Callback", "https://app.example:8443/callback",
     "http://app.example/callback", "https://app.example.evil.test/callback", "https://evil.test/callback"],
)  # fmt: skip
def test_a_redirect_uri_that_differs_in_anything_is_a_page(claude, alice, uri):
    assert uri not in is_a_page(alice.get(claude.question(redirect_uri=uri)))


@pytest.mark.threat("AU03")
@pytest.mark.parametrize(
    "uri",
    ["https://app.example/x/../callback", "https://app.example/x/..;/callback", "https://app.example/%2e%2e/callback",
     CALLBACK + "%00", CALLBACK + "\r\nX-Evil: 1", CALLBACK + "\t", CALLBACK + '"', CALLBACK + "é", "https://app.example\\@evil/callback"],
)  # fmt: skip
def test_a_redirect_uri_with_tricks_is_a_page_and_injects_no_header(claude, alice, uri):
    answer = alice.get(claude.question(redirect_uri=uri))
    is_a_page(answer)
    assert "X-Evil" not in answer.headers


@pytest.mark.threat("AU04")
def test_a_host_that_only_begins_like_loopback_is_refused_at_registration_and_authorize(claude, new_app, alice):
    assert claude.register(redirect_uris=["http://localhost.evil.test/cb"]).json["error"] == "invalid_redirect_uri"
    app = new_app(redirect_uris=["http://localhost/cb"])
    is_a_page(alice.get(app.question(redirect_uri="http://localhost.evil.test/cb")))


@pytest.mark.threat("AU05")
def test_loopback_takes_any_port_and_its_three_spellings_never_stand_for_one_another(new_app, alice):
    app = new_app(redirect_uris=["http://127.0.0.1/cb"])
    page = open_consent(alice, app.question(redirect_uri="http://127.0.0.1:49152/cb"))
    assert "this computer" in page.text
    answer = page.decide("authorize")
    assert answer.headers["Location"].startswith("http://127.0.0.1:49152/cb?code=")
    is_a_page(alice.get(app.question(redirect_uri="http://localhost:49152/cb")))
    is_a_page(alice.get(app.question(redirect_uri="http://127.0.0.1:49152/other")))


@pytest.mark.threat("AU06")
def test_a_request_without_a_code_challenge_is_refused_to_the_client(claude, alice):
    told = refused(alice.get(claude.question(code_challenge=None)), "invalid_request")
    assert told["state"] == claude.state


@pytest.mark.threat("AU07")
def test_a_challenge_without_a_method_would_be_plain_and_is_refused(claude, alice):
    refused(alice.get(claude.question(code_challenge_method=None)), "invalid_request")


@pytest.mark.threat("AU08")
@pytest.mark.parametrize("method", ["plain", "S512", "s256", "S256 "])
def test_every_method_but_s256_is_refused(claude, alice, method):
    refused(alice.get(claude.question(code_challenge_method=method)), "invalid_request")


@pytest.mark.threat("AU09")
@pytest.mark.parametrize(
    ("kind", "error"),
    [(None, "invalid_request"), ("", "invalid_request")]
    + [(kind, "unsupported_response_type") for kind in ("token", "id_token", "code token", "none", "CODE", 'é"')],
)
def test_every_response_type_but_code_is_refused(claude, alice, kind, error):
    refused(alice.get(claude.question(response_type=kind)), error)


@pytest.mark.threat("AU10")
def test_an_unsupported_response_type_never_redirects_to_an_unregistered_uri(claude, alice):
    is_a_page(alice.get(claude.question(response_type="token", redirect_uri="https://evil.test/")))


@pytest.mark.threat("AU11")
@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_repeated_client_or_redirect_uri_is_a_page(claude, alice, name):
    value = {"client_id": claude.id, "redirect_uri": CALLBACK}[name]
    is_a_page(alice.get(claude.question() + "&" + urlencode({name: value})))


@pytest.mark.threat("AU11")
@pytest.mark.parametrize(
    "name", ["scope", "state", "code_challenge", "code_challenge_method", "response_type", "resource", "prompt"]
)
def test_any_other_repeated_parameter_is_refused_to_the_client(claude, alice, name):
    told = refused(alice.get(claude.question(**{name: "S256"}) + f"&{name}=S256"), "invalid_request")
    assert ("state" in told) == (name != "state")


@pytest.mark.threat("AU12")
def test_scopes_that_mean_nothing_are_dropped_and_the_token_answer_states_what_is_left(claude, alice):
    page = open_consent(alice, claude.question(scope="superadmin mcp.read x:y"))
    assert list(page.inputs("scope")) == ["mcp.read"]
    assert claude.redeem(page.authorize()).json["scope"] == "mcp.read"


@pytest.mark.threat("AU12")
def test_a_scope_of_ten_kilobytes_and_one_that_means_nothing_are_refused(claude, alice):
    refused(alice.get(claude.question(scope="admin:all")), "invalid_scope")
    refused(alice.get(claude.question(scope="x " * 5000)), "invalid_scope")


@pytest.mark.threat("AU12")
@pytest.mark.parametrize("scope", [None, "", "  "])
def test_no_scope_asks_for_the_registered_one_and_else_for_reading(new_app, alice, with_settings, scope):
    with_settings(quarantine_hours=0)
    assert list(open_consent(alice, new_app().question(scope=scope)).inputs("scope")) == ["mcp.read"]
    registered = new_app(client_name="Other", scope="mcp.read mcp.write")
    assert list(open_consent(alice, registered.question(scope=scope)).inputs("scope")) == ["mcp.read", "mcp.write"]


@pytest.mark.threat("AU12")
def test_a_self_registered_app_may_ask_for_more_than_it_registered(new_app, alice, with_settings):
    with_settings(quarantine_hours=0)
    app = new_app(scope="mcp.read")
    page = open_consent(alice, app.question(scope="mcp.read mcp.write"))
    assert app.redeem(page.authorize()).json["scope"] == "mcp.read mcp.write"


@pytest.mark.threat("AU12")
def test_a_created_app_is_offered_what_was_ticked_for_it_and_no_more(app, cast, alice):
    script = created(app, cast.lotus, cast.alice, scopes=["mcp.read"])
    page = open_consent(alice, script.question(scope="mcp.read mcp.write mcp.destructive server.manage"))
    assert list(page.inputs("scope")) == ["mcp.read"]
    told = script.redeem(page.authorize(scope=["mcp.read", "mcp.write"])).json
    assert told["scope"] == "mcp.read"
    assert script.use(told["access_token"], "enrol_member", name="Ming").json["result"]["isError"] is True
    refused(alice.get(script.question(scope="mcp.write server.manage")), "invalid_scope")


@pytest.mark.threat("AU13")
def test_a_new_app_sees_writing_locked_with_the_time_and_is_given_the_rest(claude, alice):
    page = open_consent(alice, claude.question(scope="mcp.read mcp.write"))
    assert " disabled" in page.inputs("scope")["mcp.write"]
    assert "unlocks" in page.text
    code = page.authorize(scope=["mcp.read", "mcp.write"])
    assert claude.redeem(code).json["scope"] == "mcp.read"


@pytest.mark.threat("AU13")
def test_reading_is_offered_where_only_writing_was_asked_for_and_is_locked(claude, alice):
    page = open_consent(alice, claude.question(scope="mcp.write"))
    assert page.ticked() == ["mcp.read"]
    assert claude.redeem(page.authorize()).json["scope"] == "mcp.read"


@pytest.mark.threat("AU14")
@pytest.mark.parametrize("resource", [None, "", ISSUER, ISSUER + "/", ISSUER + "/mcp", "HTTP://LOCALHOST/mcp/"])
def test_without_a_resource_the_token_is_still_bound_to_the_mcp_address(claude, alice, resource):
    from base64 import urlsafe_b64decode
    from json import loads

    token = claude.redeem(open_consent(alice, claude.question(resource=resource)).authorize()).json["access_token"]
    payload = token.split(".")[1]
    assert loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["aud"] == ISSUER + "/mcp"


@pytest.mark.parametrize(
    "resource", ["https://evil.test/mcp", ISSUER + "/mcp/a/b", ISSUER + "/other", ISSUER + "/mcp?x=1", "nonsense"]
)
def test_a_resource_that_is_not_ours_is_an_invalid_target(claude, alice, resource):
    refused(alice.get(claude.question(resource=resource)), "invalid_target")


@pytest.mark.threat("AU15")
@pytest.mark.parametrize("state", ["x", "y" * 8000, "状态é", '"><script>alert(1)</script>', "a b+c%20&d=e"])
def test_the_state_comes_back_exactly_and_never_as_markup(claude, alice, state):
    page = open_consent(alice, claude.question(state=state))
    assert "<script>alert" not in page.text
    assert query_of(page.decide("deny").headers["Location"])["state"] == state
    assert refused(alice.get(claude.question(state=state, code_challenge=None)), "invalid_request")["state"] == state


@pytest.mark.threat("AU15")
def test_a_state_with_a_control_character_is_refused_without_being_echoed(claude, alice):
    assert "state" not in refused(alice.get(claude.question(state="a\x00b")), "invalid_request")


@pytest.mark.threat("AU15")
def test_a_request_too_long_to_come_back_from_the_sign_in_is_refused_before_it_with_what_to_do(claude, alice, app):
    room = ADDRESS_MAX - len(claude.http.get(claude.question(state="y")).location) + 1
    longest = claude.question(state="y" * room)
    led = claude.http.get(longest)
    assert (led.status_code, len(led.location), query_of(led.location)["next"]) == (303, ADDRESS_MAX, longest)
    longer = claude.question(state="y" * (room + 1))
    answer = app.test_client().get(longer)
    assert (answer.status_code, "Location" in answer.headers, answer.headers["Cache-Control"]) == (414, False, "no-store")
    text = answer.get_data(as_text=True)
    assert "too long to be kept while you sign in" in text and "yyy" not in text
    assert open_consent(alice, longer).authorize()  # it is no longer than a signed-in person's browser may send


@pytest.mark.threat("AU16")
def test_a_request_without_a_state_works_and_gets_none(claude, alice):
    answer = open_consent(alice, claude.question(state=None)).decide("authorize")
    assert set(query_of(answer.headers["Location"])) == {"code", "iss"}


@pytest.mark.threat("AU17")
def test_success_and_denial_carry_the_issuer_of_the_metadata(claude, alice):
    metadata = claude.http.get("/.well-known/oauth-authorization-server").json
    assert metadata["authorization_response_iss_parameter_supported"] is True
    for decision in ("authorize", "deny"):
        answer = open_consent(alice, claude.question()).decide(decision)
        assert query_of(answer.headers["Location"])["iss"] == metadata["issuer"] == ISSUER


@pytest.mark.threat("AU18")
@pytest.mark.parametrize("mode", ["fragment", "form_post", "web_message", "jwt"])
def test_every_response_mode_but_query_is_refused(claude, alice, mode):
    refused(alice.get(claude.question(response_mode=mode)), "invalid_request")
    assert alice.get(claude.question(response_mode="query")).status_code == 200


@pytest.mark.threat("AU19")
def test_a_silent_request_never_gets_a_code(claude, alice, client):
    refused(client.get(claude.question(prompt="none")), "login_required")
    refused(alice.get(claude.question(prompt="none")), "consent_required")
    claude.redeem(open_consent(alice, claude.question(prompt="consent")).authorize())
    refused(alice.get(claude.question(prompt="none")), "consent_required")


@pytest.mark.threat("AU20")
@pytest.mark.parametrize("decision", ["authorize", "deny"])
def test_the_answer_to_the_form_is_a_303(claude, alice, decision):
    assert open_consent(alice, claude.question()).decide(decision).status_code == 303


@pytest.mark.threat("AU21")
def test_a_code_is_long_short_lived_and_leaks_by_no_referrer(claude, alice, sql, cast):
    page = open_consent(alice, claude.question())
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    answer = page.decide("authorize")
    code = query_of(answer.headers["Location"])["code"]
    assert len(code.split("_", 2)[2]) >= 22  # 128 bits in base64url
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    lifetime = sql("SELECT created_at, expires_at FROM authorization_code", workspace=cast.lotus.id)[0]
    seconds = lifetime["expires_at"] - lifetime["created_at"]
    assert seconds in (60_000,) if isinstance(seconds, int) else seconds.total_seconds() == 60


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/consent", "/authorize"])
def test_the_aliases_are_the_same_page(claude, alice, path):
    answer = alice.get(claude.question().replace("/oauth/authorize", path))
    assert answer.status_code == 200
    assert "Claude" in answer.get_data(as_text=True)


def test_nobody_signed_in_is_sent_to_sign_in_and_back_and_fills_no_table(claude, client, sql):
    question = claude.question(state="状态")
    answer = client.get(question)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=%2Foauth%2Fauthorize")
    assert query_of(answer.headers["Location"])["next"] == question
    assert sql("SELECT count(*) AS n FROM authorization_request")[0]["n"] == 0


def test_bytes_that_are_no_utf8_are_a_page(claude, alice):
    is_a_page(alice.get(claude.question() + "&state=%FF%FE"))
    is_a_page(alice.get("/oauth/authorize?client_id=%ED%A0%80"))


def test_an_app_with_one_redirect_uri_may_leave_it_out(claude, new_app, alice):
    page = open_consent(alice, claude.question(redirect_uri=None))
    code = page.authorize()
    assert claude.redeem(code, redirect_uri=None).status_code == 200
    two = new_app(redirect_uris=[CALLBACK, "https://app.example/second"])
    is_a_page(alice.get(two.question(redirect_uri=None)))


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused_as_a_page(client, method):
    answer = getattr(client, method)("/oauth/authorize")
    assert answer.status_code == 405
    assert answer.mimetype == "text/html"
