"""`private_key_jwt` (RFC 7523): an assertion proves one client, for us, once, for ten minutes at most."""

import base64
import json
from datetime import timedelta

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from models import clock
from tests.oauth.flow import App, open_consent

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.generate_key("P-256", {"kid": "one"})
OTHER = ECKey.generate_key("P-256", {"kid": "one"})


@pytest.fixture
def signer(app):
    made = App(app.test_client())
    answer = made.register(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [KEY.as_dict(private=False)]})
    assert answer.status_code == 201
    assert "client_secret" not in answer.json
    return made


@pytest.fixture
def code(signer, alice):
    return open_consent(alice, signer.question()).authorize()


def assertion(signer, key=KEY, header=None, **changes):
    now = int(clock.now().timestamp())
    claims = {"iss": signer.id, "sub": signer.id, "aud": "http://localhost", "iat": now, "exp": now + 60, "jti": "first"}
    said = {name: value for name, value in (claims | changes).items() if value is not None}
    head = {"alg": "ES256", "kid": "one"} | (header or {})
    return jwt.encode({name: value for name, value in head.items() if value is not None}, said, key, algorithms=[head["alg"]])


def redeem(signer, code, token, **changes):
    sent = {"client_assertion_type": TYPE, "client_assertion": token}
    return signer.redeem(code, **(sent | changes))


@pytest.mark.parametrize("audience", ["http://localhost", "http://localhost/oauth/token", ["http://localhost"]])
def test_an_assertion_for_the_issuer_or_the_token_endpoint_is_taken(signer, code, audience):
    assert redeem(signer, code, assertion(signer, aud=audience)).status_code == 200


def test_an_assertion_is_good_once(signer, code):
    token = assertion(signer)
    answer = redeem(signer, code, token).json
    again = signer.refresh(answer["refresh_token"], client_assertion_type=TYPE, client_assertion=token)
    assert (again.status_code, again.json["error"]) == (401, "invalid_client")
    fresh = assertion(signer, jti="fresh")
    assert signer.refresh(answer["refresh_token"], client_assertion_type=TYPE, client_assertion=fresh).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [{"key": OTHER}, {"iss": "crm_other"}, {"aud": "https://evil.test"}, {"aud": None}, {"exp": None}, {"exp": 1},
     {"exp": 1 << 35}, {"jti": None}, {"jti": ""}, {"jti": "x" * 300}, {"nbf": 1 << 35}, {"exp": "soon"},
     {"header": {"kid": "two"}}],
    ids=str,
)  # fmt: skip
def test_an_assertion_that_proves_nothing_is_refused_and_spends_nothing(signer, code, changes):
    answer = redeem(signer, code, assertion(signer, **changes))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert redeem(signer, code, assertion(signer, jti="good")).status_code == 200


def test_an_assertion_of_another_client_than_the_body_names_is_refused(signer, code):
    answer = redeem(signer, code, assertion(signer, sub="crm_other"))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "e30.e30.", "A" * 10_000])
def test_garbage_is_no_assertion(signer, code, token):
    assert redeem(signer, code, token).status_code == 401


def test_with_two_keys_and_no_kid_each_key_of_the_algorithms_type_is_tried(app, alice):
    keys = [ECKey.generate_key("P-256"), ECKey.generate_key("P-256"), RSAKey.generate_key(2048)]
    made = App(app.test_client())
    public = {"keys": [key.as_dict(private=False) for key in keys]}
    assert made.register(token_endpoint_auth_method="private_key_jwt", jwks=public).status_code == 201
    for number, (key, algorithm) in enumerate(zip(keys, ("ES256", "ES256", "RS256"), strict=True)):
        code = open_consent(alice, made.question()).authorize()
        stranger = assertion(made, key=ECKey.generate_key("P-256"), header={"kid": None}, jti=f"s{number}")
        assert redeem(made, code, stranger).status_code == 401
        own = assertion(made, key=key, header={"alg": algorithm, "kid": None}, jti=f"o{number}")
        assert redeem(made, code, own).status_code == 200


@pytest.mark.parametrize("part", ["header", "claims", "both"])
def test_an_assertion_of_a_thousand_nested_arrays_is_refused_like_any_other(signer, code, part):
    deep = "[" * 2_900 + "]" * 2_900
    header = f'{{"alg":"ES256","x":{deep}}}' if part != "claims" else '{"alg":"ES256"}'
    claims = f'{{"sub":"{signer.id}","x":{deep}}}' if part != "header" else "{}"
    encoded = [base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode() for text in (header, claims)]
    for signature in ("AA", ""):
        answer = redeem(signer, code, ".".join([*encoded, signature]))
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    nobodys = signer.token({"grant_type": "authorization_code", "client_id": None, "code": code,
                            "client_assertion_type": TYPE, "client_assertion": ".".join([*encoded, "AA"])})  # fmt: skip
    assert nobodys.status_code == 401


def test_claims_that_a_key_of_the_client_signed_may_nest_no_deeper_than_they_can_be_read(signer, code):
    deep = f'{{"sub":"{signer.id}","x":{"[" * 2_900 + "]" * 2_900}}}'
    token = jws.serialize_compact({"alg": "ES256", "kid": "one"}, deep, KEY)
    assert redeem(signer, code, token).status_code == 401


def test_an_unsigned_assertion_is_refused(signer, code):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": signer.id, "sub": signer.id, "aud": "http://localhost", "exp": int(clock.now().timestamp()) + 60, "jti": "x"}
    assert redeem(signer, code, f"{part({'alg': 'none'})}.{part(claims)}.").status_code == 401


def test_the_registered_method_is_the_only_one(signer, code, claude):
    assert signer.redeem(code).status_code == 401
    assert signer.redeem(code, client_secret="x").status_code == 401
    both = redeem(signer, code, assertion(signer), client_secret="x")
    assert (both.status_code, both.json["error"]) == (400, "invalid_request")
    wrong_type = redeem(signer, code, assertion(signer, jti="2"), client_assertion_type="other")
    assert (wrong_type.status_code, wrong_type.json["error"]) == (400, "invalid_request")
    assert redeem(claude, code, assertion(claude)).status_code == 401


def test_an_assertion_late_by_a_minute_is_refused(signer, code):
    token = assertion(signer)
    with clock.stopped(clock.now() + timedelta(seconds=95)):
        assert redeem(signer, code, token).status_code == 401


def test_revoke_and_introspect_take_it_too(signer, code):
    answer = redeem(signer, code, assertion(signer)).json
    sent = {"token": answer["access_token"], "client_assertion_type": TYPE}
    told = signer.http.post("/oauth/introspect", data=sent | {"client_assertion": assertion(signer, jti="i")})
    assert told.json["active"] is True
    assert signer.http.post("/oauth/revoke", data=sent | {"client_assertion": assertion(signer, jti="r")}).status_code == 200
    assert signer.call(answer["access_token"]).status_code == 401


