"""THREATS.md, group RS: the resource server's bearer check."""

import base64
import json
import time
from datetime import timedelta

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey

from blueprints import doors
from models import clock
from models.oauth.access_token import check
from models.oauth.signing_key import SigningKey
from tests.oauth.flow import connect

METADATA = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'


@pytest.fixture
def told(claude, alice):
    return connect(claude, alice, workspace="lotus-spa")


@pytest.fixture
def forge(app, told):
    """Make a token as ours are made, but for what is given."""
    claims = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[1] + "=="))

    def make(header=None, **changes):
        from models.base import writing

        with app.app_context(), writing():
            kid, key = SigningKey.active()
        said = {name: value for name, value in (claims | changes).items() if value is not None}
        head = {"alg": "ES256", "typ": "at+jwt", "kid": kid} | (header or {})
        return jws.serialize_compact({name: value for name, value in head.items() if value is not None}, json.dumps(said), key)

    return make


def is_refused(answer):
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert METADATA in answer.headers["WWW-Authenticate"]


@pytest.mark.threat("RS01")
def test_without_a_token_the_challenge_has_no_error_and_names_the_scopes(client):
    challenge = client.post("/mcp", json={}).headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert METADATA in challenge
    assert 'scope="mcp.read mcp.write"' in challenge
    assert "error" not in challenge


@pytest.mark.threat("RS02")
def test_garbage_expired_and_revoked_tokens_are_refused(claude, told):
    for garbage in ("x", "a.b.c", "crmat_0000000000000_abc", "crmak_0000000000000_abc", "..", "a" * 3000):
        is_refused(claude.call(garbage))
    with clock.stopped(clock.now() + timedelta(seconds=901)):
        is_refused(claude.call(told["access_token"]))
    claude.revoke(told["access_token"])
    is_refused(claude.call(told["access_token"]))


@pytest.mark.threat("RS03")
def test_a_token_for_another_audience_is_refused(claude, alice, forge):
    assert claude.call(forge()).status_code == 200
    is_refused(claude.call(forge(aud="https://evil.test/mcp")))
    is_refused(claude.call(forge(aud=None)))
    is_refused(claude.call(forge(aud=["http://localhost/mcp"])))


@pytest.mark.threat("RS03")
def test_the_bound_address_takes_its_workspaces_tokens_and_the_general_one_only_its_own(claude, alice, told):
    bound = connect(claude, alice, resource="http://localhost/mcp/lotus-spa")["access_token"]
    assert claude.call(bound, slug="lotus-spa").status_code == 200
    assert claude.call(bound).status_code == 401
    assert claude.call(bound, slug="peak-fitness").status_code == 401
    assert claude.call(told["access_token"], slug="lotus-spa").status_code == 200
    answer = claude.call(told["access_token"], slug="peak-fitness")
    assert answer.status_code == 401
    assert "oauth-protected-resource/mcp/peak-fitness" in answer.headers["WWW-Authenticate"]


@pytest.mark.threat("RS04")
def test_another_issuer_and_an_unknown_client_are_refused(claude, forge):
    is_refused(claude.call(forge(iss="https://evil.test")))
    is_refused(claude.call(forge(client_id="crm_0000000000000")))


@pytest.mark.threat("RS05")
@pytest.mark.parametrize("algorithm", ["none", "nOnE", "NONE", "HS256"])
def test_an_unsigned_token_is_refused(claude, told, algorithm):
    head = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[0] + "==")) | {"alg": algorithm}
    encoded = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
    payload = told["access_token"].split(".")[1]
    for signed in ("", "AA", told["access_token"].split(".")[2]):
        is_refused(claude.call(f"{encoded}.{payload}.{signed}"))


@pytest.mark.threat("RS05")
def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(claude, told, app):
    with app.app_context():
        public = SigningKey.published()[0]
    claims = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[1] + "=="))
    forged = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": public["kid"]}, claims, OctKey.import_key(json.dumps(public)))
    is_refused(claude.call(forged))


@pytest.mark.threat("RS06")
def test_a_key_that_comes_with_the_token_is_never_used(claude, told, forge):
    claims = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[1] + "=="))
    mine = ECKey.generate_key("P-256")
    kid = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[0] + "=="))["kid"]
    head = {"alg": "ES256", "typ": "at+jwt", "kid": kid, "jwk": mine.as_dict(private=False)}
    is_refused(claude.call(jws.serialize_compact(head, json.dumps(claims), mine)))
    for name in ("jku", "x5u"):
        is_refused(claude.call(forge(header={name: "https://evil.test/keys"})))


@pytest.mark.threat("RS07")
def test_critical_and_unencoded_payload_headers_are_refused(claude, told):
    _, payload, signed = told["access_token"].split(".")
    own = json.loads(base64.urlsafe_b64decode(told["access_token"].split(".")[0] + "=="))
    for more in ({"crit": ["bork"], "bork": 1}, {"b64": False, "crit": ["b64"]}, {"zip": "DEF"}):
        encoded = base64.urlsafe_b64encode(json.dumps(own | more).encode()).rstrip(b"=").decode()
        is_refused(claude.call(f"{encoded}.{payload}.{signed}"))


@pytest.mark.threat("RS08")
@pytest.mark.parametrize("token", ["a" * 8_000_000, "A." * 2_000, "A." * 4_000_000, "crmat_" + "0" * 8_000_000])
def test_a_huge_token_is_refused_in_less_than_fifty_milliseconds_of_work(claude, app, token):
    with app.test_request_context(headers={"Authorization": f"Bearer {token}"}):
        started = time.thread_time()
        presented = doors.presented_token()
        assert presented is None or check(presented, slug=None, address=None, request_id=None) is None
        assert check(token, slug=None, address=None, request_id=None) is None
        assert time.thread_time() - started < 0.05
    is_refused(claude.call(token[:20_000]))


@pytest.mark.threat("RS09")
@pytest.mark.parametrize("kid", ["../../etc/passwd", "' OR 1=1 --", "unknown", "", None, 7, "\x00", "k" * 5000])
def test_a_strange_key_id_is_refused(claude, forge, kid):
    head = {"kid": kid} if isinstance(kid, str) or kid is None else None
    if head is None:
        encoded = (
            base64.urlsafe_b64encode(json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": kid}).encode()).decode().rstrip("=")
        )
        is_refused(claude.call(f"{encoded}.e30.AA"))
    else:
        token = forge(header=head)
        is_refused(claude.call(token))


@pytest.mark.threat("RS10")
@pytest.mark.parametrize("kind", ["JWT", "id+jwt", "AT+JWT ", None])
def test_a_token_of_another_type_is_refused(claude, forge, kind):
    is_refused(claude.call(forge(header={"typ": kind})))


@pytest.mark.threat("RS10")
def test_a_refresh_token_is_no_access_token(claude, told):
    is_refused(claude.call(told["refresh_token"]))


@pytest.mark.threat("RS16")
def test_a_browsers_cookie_never_stands_for_a_token(alice):
    answer = alice.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert answer.status_code == 401


@pytest.mark.threat("RS17")
def test_a_token_never_stands_for_a_sign_in(claude, told):
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    for path in ("/connected-apps", "/w/lotus-spa/", "/workspaces"):
        answer = claude.http.get(path, headers=headers)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login")
