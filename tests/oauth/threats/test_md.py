"""THREATS.md, group MD: metadata, published identities, keys."""

import json
from datetime import timedelta

import pytest

from blueprints.proxies import TrustedProxies
from models import clock
from models.activity.actor import SYSTEM
from models.oauth import signature
from models.oauth.signing_key import SigningKey
from models.settings import Settings
from tests.oauth.flow import App, connect, open_consent, query_of
from tests.servers import SECRET

ISSUER = "http://localhost"
IDENTITY = "https://app.example/client.json"


@pytest.fixture
def internet(app):
    """What the fetcher would find: URL → document."""
    found, asked = {}, []

    class Network:
        def get(self, url, *, asked_by, no_older_than=None):
            from blueprints.outbound import LookUpFailed

            asked.append(url)
            if url not in found:
                raise LookUpFailed("dns")
            return json.dumps(found[url]).encode()

    before, app.extensions["outbound"] = app.extensions["outbound"], Network()
    found.update({IDENTITY: {"client_id": IDENTITY, "client_name": "Published", "redirect_uris": ["http://localhost/callback"],
                            "grant_types": ["authorization_code", "refresh_token"]}})  # fmt: skip
    yield found, asked
    app.extensions["outbound"] = before


def published(app, identity=IDENTITY, uri="http://localhost:3118/callback"):
    return App(app.test_client(), id=identity, redirect_uri=uri)


@pytest.mark.threat("MD01")
@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_a_forged_host_changes_nothing(client, header):
    plain = client.get("/.well-known/oauth-authorization-server").json
    assert client.get("/.well-known/oauth-authorization-server", headers={header: "evil.test"}).json == plain
    assert client.get("/.well-known/oauth-authorization-server", headers={"Host": "evil.test"}).status_code == 421


@pytest.mark.threat("MD01")
def test_a_trusted_proxy_cannot_say_who_we_are(client, app):
    plain = client.get("/.well-known/oauth-authorization-server").json
    forged = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "gopher", "X-Forwarded-Prefix": "/evil",
              "Forwarded": "for=198.51.100.7;host=evil.test;proto=gopher", "X-Forwarded-For": "198.51.100.7"}  # fmt: skip
    before = app.wsgi_app
    app.wsgi_app = TrustedProxies(before, Settings(base_url=ISSUER, secret_key=SECRET, trusted_proxies="127.0.0.0/8"))
    try:
        assert client.get("/.well-known/oauth-authorization-server", headers=forged).json == plain
        page = client.get("/connected-apps", headers=forged)
        assert page.headers["Location"].startswith("/login")
        assert client.get("/.well-known/oauth-authorization-server", headers=forged | {"Host": "evil.test"}).status_code == 421
    finally:
        app.wsgi_app = before


@pytest.mark.threat("MD02")
def test_the_issuer_is_the_same_bytes_everywhere(client, claude, alice):
    metadata = client.get("/.well-known/oauth-authorization-server").json
    assert metadata["issuer"] == ISSUER
    assert all(value.startswith(ISSUER + "/") for name, value in metadata.items() if name.endswith(("_endpoint", "_uri")))
    resource = client.get("/.well-known/oauth-protected-resource/mcp").json
    assert resource["authorization_servers"] == [ISSUER]
    import base64

    payload = connect(claude, alice)["access_token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["iss"] == ISSUER


@pytest.mark.threat("MD03")
def test_the_metadata_says_what_is_enforced(client):
    metadata = client.get("/.well-known/oauth-authorization-server").json
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["response_types_supported"] == ["code"]
    assert set(metadata["grant_types_supported"]) == {"authorization_code", "refresh_token", "client_credentials"}
    assert metadata["client_id_metadata_document_supported"] is True
    assert "none" in metadata["token_endpoint_auth_methods_supported"]
    for endpoint in ("token", "revocation", "introspection"):  # RFC 8414 §2: required beside private_key_jwt
        assert "private_key_jwt" in metadata[f"{endpoint}_endpoint_auth_methods_supported"]
        assert "ES256" in metadata[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
    assert not any(":" in scope for scope in metadata["scopes_supported"])


@pytest.mark.parametrize("slug", [None, "lotus-spa", "no-such-workspace"])
def test_each_protected_resource_document_names_its_own_url(client, slug):
    path = "/mcp" + (f"/{slug}" if slug else "")
    answer = client.get("/.well-known/oauth-protected-resource" + path)
    assert answer.json["resource"] == ISSUER + path
    assert "offline_access" not in answer.json["scopes_supported"]
    assert client.get("/.well-known/oauth-protected-resource").json["resource"] == ISSUER


@pytest.mark.threat("MD04")
@pytest.mark.parametrize(
    "identity",
    ["http://app.example/c.json", "https://app.example", "https://app.example/", IDENTITY + "#f", "https://u:p@app.example/c.json",
     IDENTITY + "?a=b", "https://app.example/a/../c.json", "https://app.example/" + "x" * 3000, "https://app.example:443/c.json"],
)  # fmt: skip
def test_a_malformed_identity_is_a_page_and_is_never_fetched(app, alice, internet, identity):
    answer = alice.get(published(app, identity).question())
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert internet[1] == []


@pytest.mark.threat("MD08")
@pytest.mark.parametrize(
    "change",
    [{"client_id": "https://evil.test/c.json"}, {"client_name": None}, {"redirect_uris": None}, {"redirect_uris": []},
     {"client_secret": "s"}, {"token_endpoint_auth_method": "client_secret_basic"},
     {"token_endpoint_auth_method": "private_key_jwt"}],
)  # fmt: skip
def test_a_document_that_is_not_right_is_refused_with_one_text(app, alice, internet, change):
    found, _ = internet
    found[IDENTITY] = {name: value for name, value in (found[IDENTITY] | change).items() if value is not None}
    bad = alice.get(published(app).question())
    missing = alice.get(published(app, "https://gone.example/c.json").question())
    assert bad.status_code == missing.status_code == 400
    assert "published identity could not be read" in bad.get_data(as_text=True)
    assert bad.get_data() == missing.get_data()


@pytest.mark.threat("MD10")
def test_an_identity_is_fetched_only_for_somebody_who_is_signed_in(app, client, internet):
    answer = client.get(published(app).question())
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")
    assert internet[1] == []


@pytest.mark.threat("AU19")
def test_a_silent_request_of_a_known_identity_fails_by_redirect_and_fetches_nothing(app, alice, client, internet):
    one = published(app)
    connect(one, alice)
    internet[1].clear()
    answer = client.get(one.question(prompt="none"))
    assert answer.status_code == 302
    assert query_of(answer.headers["Location"])["error"] == "login_required"
    assert answer.headers["Location"].startswith("http://localhost:3118/callback?")
    assert internet[1] == []


@pytest.mark.threat("AU19")
@pytest.mark.parametrize("change", [{"client_id": "https://nobody.example/c.json"}, {"redirect_uri": "https://evil.test/"}])
def test_a_silent_request_of_an_unknown_identity_or_to_an_unknown_address_is_a_page(app, alice, client, internet, change):
    one = published(app)
    connect(one, alice)
    internet[1].clear()
    answer = client.get(one.question(prompt="none", **change))
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert internet[1] == []


@pytest.mark.threat("MD11")
def test_a_published_app_on_this_computer_shows_its_host_and_a_warning(app, alice, internet):
    page = open_consent(alice, published(app).question())
    assert "published by app.example" in page.text
    assert "this computer" in page.text
    assert "Any program here" in page.text


def test_a_published_app_with_a_portless_uri_arrives_on_any_port_and_completes(app, alice, internet):
    claude_code = published(app, uri="http://localhost:54321/callback")
    told = connect(claude_code, alice)
    assert claude_code.call(told["access_token"]).status_code == 200
    assert claude_code.refresh(told["refresh_token"]).status_code == 200


def test_a_host_on_the_operators_list_needs_no_quarantine(app, alice, internet, with_settings):
    assert " disabled" in open_consent(alice, published(app).question()).inputs("scope")["mcp.write"]
    with_settings(trusted_client_hosts=("app.example",))
    assert connect(published(app), alice)["scope"] == "mcp.read mcp.write"


def test_a_published_app_cannot_authenticate_with_a_secret(app, alice, internet):
    one = published(app)
    code = open_consent(alice, one.question()).authorize()
    assert one.redeem(code, client_secret="x").status_code == 401


@pytest.mark.threat("MD13")
def test_the_key_set_holds_public_parts_only_and_old_tokens_live_out_their_time(client, claude, alice, app, sql):
    from models.base import writing

    told = connect(claude, alice)
    before = client.get("/oauth/jwks").json["keys"]
    assert len(before) == 2  # active and next
    for key in before:
        assert key.keys() >= {"kty", "crv", "x", "y", "kid", "alg", "use"}
        assert key.keys().isdisjoint({"d", "p", "q", "k"})
    with app.app_context(), writing():
        SigningKey.rotate(SYSTEM)
    after = client.get("/oauth/jwks").json["keys"]
    assert {key["kid"] for key in after} > {key["kid"] for key in before}
    signature.forget()
    assert claude.call(told["access_token"]).status_code == 200
    fresh = claude.refresh(told["refresh_token"]).json["access_token"]
    assert signature_kid(fresh) != signature_kid(told["access_token"])
    assert claude.call(fresh).status_code == 200
    with clock.stopped(clock.now() + timedelta(days=2)):
        assert signature_kid(told["access_token"]) not in {key["kid"] for key in client.get("/oauth/jwks").json["keys"]}
    assert '"d"' not in json.dumps(sql("SELECT private FROM signing_key"))


def signature_kid(token):
    import base64

    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]


@pytest.mark.threat("MD14")
@pytest.mark.parametrize(
    "path", ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp", "/oauth/jwks"]
)
def test_discovery_may_be_cached_and_read_by_any_origin(client, path):
    answer = client.get(path)
    assert "max-age=300" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
