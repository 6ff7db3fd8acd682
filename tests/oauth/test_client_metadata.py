"""Self-registration: what a client may say about itself (RFC 7591; RG01–RG10, RG14, RG16)."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from blueprints.oauth.checks import client_name
from blueprints.oauth.checks.client_json import MAX_BYTES, BadJson, read_object
from blueprints.oauth.checks.client_metadata import BadMetadata, registered
from models.oauth.client_metadata import ClientMetadata
from models.oauth.scope import SCOPES, Kind, pairs_of
from tests.cheaply import cheaply

ALL = pairs_of(SCOPES)
CLAUDE = {
    "client_name": "Claude",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "scope": "mcp.read mcp.write",
    "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
}
CURSOR = {
    "client_name": "Cursor",
    "redirect_uris": [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
    ],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "application_type": "native",
}
VS_CODE = {
    "client_name": "Visual Studio Code",
    "client_uri": "https://code.visualstudio.com",
    "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    "response_types": ["code"],
    "redirect_uris": [
        "https://insiders.vscode.dev/redirect",
        "https://vscode.dev/redirect",
        "http://127.0.0.1/",
        "http://127.0.0.1:33418/",
    ],
    "token_endpoint_auth_method": "none",
    "application_type": "native",
}
MCP_REMOTE = {
    "redirect_uris": ["http://localhost:3334/oauth/callback"],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "client_name": "MCP CLI Proxy",
    "client_uri": "https://github.com/modelcontextprotocol/mcp-cli",
    "software_id": "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
    "software_version": "0.1.37",
    "logo_uri": None,
}
EC = ECKey.generate_key("P-256", auto_kid=True)


def sent(**changes: Any) -> dict[str, Any]:
    return {**CLAUDE, **changes}


def accepted(**changes: Any) -> ClientMetadata:
    return registered(sent(**changes), ALL)


def fingerprint(metadata: ClientMetadata, kind: Kind = "registered", client_id: str = "crm_0000000000001") -> str:
    return metadata.fingerprint(kind, client_id)


def refused(**changes: Any) -> str:
    with pytest.raises(BadMetadata) as bad:
        accepted(**changes)
    assert bad.value.message.isascii()
    return bad.value.error


@pytest.mark.parametrize("body", [CLAUDE, CURSOR, VS_CODE, MCP_REMOTE])
def test_what_real_clients_send_is_accepted_and_answered_as_they_sent_it(body: dict[str, Any]) -> None:
    members = registered(body, ALL).members()
    assert members["redirect_uris"] == body["redirect_uris"]
    assert members["client_name"] == body["client_name"]
    assert members["grant_types"] == ["authorization_code", "refresh_token"]
    assert None not in members.values()
    assert members.get("scope") == body.get("scope")


def test_a_body_of_nothing_but_a_redirect_uri_gets_the_defaults() -> None:
    assert registered({"redirect_uris": ["http://127.0.0.1/cb"]}, ALL).members() == {
        "redirect_uris": ["http://127.0.0.1/cb"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }


@pytest.mark.threat("RG01")
@pytest.mark.parametrize(
    "uris",
    [None, [], "https://a.example/", {}, 7, [7], [None], [[]], ["https://a.example/"] * 1000, ["javascript:alert(1)"]],
)
def test_redirect_uris_that_are_missing_or_no_list_or_too_many_are_refused(uris: object) -> None:
    uris = [f"https://a.example/{n}" for n in range(1000)] if isinstance(uris, list) and len(uris) == 1000 else uris
    assert refused(redirect_uris=uris) == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "name",
    [
        *("x" * 121, "x" * 10_240, "\ufdfa" * 60, "Claude\u202e", "\u2066Claude", "Cl\u200baude", "Cl\u200daude", "Claude\ufeff"),
        *("Claude\n", "Cl\x00aude", "Claude\u2028x", "Claude\x1b[31m", "Claude\U000e0041", "\u3164", "\u2800", "Cl\u00adaude"),
        *("Cl\u034faude", "Z" + "\u0300" * 20, "\U000e0100A", 7, ["Claude"], {}),
    ],
)
def test_a_name_that_hides_or_rearranges_text_or_is_too_long_is_refused(name: object) -> None:
    assert refused(client_name=name) == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ｃｌａｕｄｅ", "Claude"),
        ("  Claude \u00a0 Code ", "Claude Code"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Сlaude", "Сlaude"),
        ("❤\ufe0f Salon 🧖", "❤ Salon 🧖"),
        ("蓮花水療 – נייל", "蓮花水療 – נייל"),
        ("Frontdesk Support", "Frontdesk Support"),
        ("x" * 120, "x" * 120),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_a_name_is_kept_in_its_compatible_form(name: str | None, kept: str | None) -> None:
    assert accepted(client_name=name).name == kept


def test_a_client_without_a_name_is_called_after_where_its_answer_goes() -> None:
    assert accepted(client_name=None).title == "claude.ai"
    assert accepted().title == "Claude"


@given(st.text(max_size=200))
def test_every_accepted_name_is_one_visible_stable_line(text: str) -> None:
    try:
        name = client_name.clean(text)
    except client_name.BadName:
        return
    if name is not None:
        assert 0 < len(name) <= 120
        assert name == " ".join(name.split()) == unicodedata.normalize("NFKC", name) == client_name.clean(name)
        assert name.isprintable()


def test_scopes_that_are_unknown_or_not_for_such_a_client_are_dropped() -> None:
    assert accepted(scope="admin mcp:tools:read,superadmin server.manage").scope == "mcp:tools:read"
    assert accepted(scope="").scope is None
    assert refused(scope="admin superadmin") == "invalid_client_metadata"
    assert refused(scope=["mcp.read"]) == "invalid_client_metadata"


@pytest.mark.threat("RG07")
@pytest.mark.parametrize(
    "grant", ["password", "implicit", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer", "", "Code"]
)
def test_grant_types_that_are_not_for_registration_are_refused(grant: str) -> None:
    assert refused(grant_types=[grant]) == "invalid_client_metadata"
    assert refused(grant_types=["authorization_code", grant]) == "invalid_client_metadata"


@pytest.mark.threat("RG08")
@pytest.mark.parametrize(
    "changes",
    [
        {"grant_types": ["refresh_token"]},
        {"grant_types": []},
        {"grant_types": "authorization_code"},
        {"response_types": []},
        {"response_types": ["token"]},
        {"response_types": ["code", "token"]},
        {"response_types": ["code id_token"]},
        {"response_types": "code"},
        {"grant_types": ["refresh_token"], "response_types": ["code"]},
    ],
)
def test_grant_and_response_types_that_do_not_go_together_are_refused(changes: dict[str, Any]) -> None:
    assert refused(**changes) == "invalid_client_metadata"


@pytest.mark.threat("RG09")
@pytest.mark.parametrize("method", ["tls_client_auth", "client_secret_jwt", "", "NONE", 7, ["none"]])
def test_an_unknown_auth_method_is_refused(method: object) -> None:
    assert refused(token_endpoint_auth_method=method) == "invalid_client_metadata"


@pytest.mark.threat("RG09")
def test_signed_assertions_need_public_keys() -> None:
    jwt = {"token_endpoint_auth_method": "private_key_jwt"}
    private: list[RSAKey | ECKey | OKPKey] = [RSAKey.generate_key(2048), EC, OKPKey.generate_key("Ed25519")]
    for key in private:
        public = key.as_dict(private=False, use="sig")
        assert accepted(**jwt, jwks={"keys": [{**public, "x5u": "https://127.0.0.1/"}]}).jwks == {"keys": [public]}
    ec = EC.as_dict(private=False)
    for keys in (
        *([key.as_dict(private=True)] for key in private),
        *([OctKey.generate_key(256).as_dict()], [], [ec] * 11, [ec, ec], [7], ["x"], [{}], [{"kty": "EC"}]),
        *([{**ec, "x": "AA"}], [{**ec, "x": 7}], [{**ec, "crv": "secp256k1"}], [{**ec, "use": "enc"}], [{**ec, "kty": ["EC"]}]),
        *([{"kty": "RSA", "n": "AQAB", "e": "AQAB"}], [{"kty": "RSA", "n": "A" * 50_000, "e": "AQAB"}]),
        *([{**private[0].as_dict(private=False), "e": "A" * 300}], [{**ec, "kid": "a\nb"}], [{**ec, "kid": "é"}]),
    ):
        assert refused(**jwt, jwks={"keys": keys}) == "invalid_client_metadata"
    others: tuple[dict[str, Any], ...] = (
        {},
        {"jwks_uri": "https://a.example/k"},
        {"jwks": {}},
        {"jwks": []},
        {"jwks": {"keys": {}}},
    )
    for other in others:
        assert refused(**jwt, **other) == "invalid_client_metadata"
    assert refused(jwks={"keys": [ec]}, jwks_uri="https://a.example/k") == "invalid_client_metadata"
    assert refused(jwks_uri="http://a.example/k") == "invalid_client_metadata"


@pytest.mark.threat("RG16")
def test_what_only_the_server_may_say_is_ignored() -> None:
    plain = accepted()
    for extra in (
        {"client_id": "crm_mine", "client_secret": "x", "client_id_issued_at": 1, "client_secret_expires_at": 0},
        {"trusted": True, "kind": "static", "blocked": False, "workspace_id": 1, "scopes_are_limit": False},
        {"software_statement": "garbage", "registration_access_token": "x", "fingerprint": "y"},
        {"software_statement": {"a": [1]}, "client_name#fr": "Autre", "application_type": 7},
    ):
        assert accepted(**extra) == plain


def test_uris_for_people_are_kept_only_when_https() -> None:
    for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri"):
        assert getattr(accepted(**{name: "https://a.example/x"}), name) == "https://a.example/x"
        for bad in ("http://a.example/", "javascript:alert(1)", "", "https://u@a.example/", "https://a.example/#x"):
            assert getattr(accepted(**{name: bad}), name) is None
        assert refused(**{name: 7}) == "invalid_client_metadata"


@pytest.mark.parametrize(
    "changes",
    [{"contacts": "a"}, {"contacts": ["a"] * 11}, {"contacts": ["a\x00"]}, {"software_id": "a\nb"}, {"software_id": "x" * 256}],
)
def test_other_members_are_short_lines(changes: dict[str, Any]) -> None:
    assert refused(**changes) == "invalid_client_metadata"


def test_equal_public_metadata_has_one_digest_whatever_order_port_or_extra() -> None:
    one = registered(CURSOR, ALL)
    other = registered(
        {
            **CURSOR,
            "redirect_uris": [*CURSOR["redirect_uris"][1::-1], "http://localhost:1234/callback"],
            "grant_types": ["refresh_token", "authorization_code"],
            "software_version": "2",
        },
        ALL,
    )
    assert fingerprint(one) == fingerprint(other)
    assert one.registration_digest == other.registration_digest
    assert other.members()["redirect_uris"][2] == "http://localhost:1234/callback"


def test_the_kind_and_a_published_ones_host_count_for_the_fingerprint_and_its_path_does_not() -> None:
    one = accepted()
    published = fingerprint(one, "published", "https://claude.ai/oauth/metadata")
    assert published == fingerprint(one, "published", "https://claude.ai/other.json")
    others = [fingerprint(one), fingerprint(one, "created"), fingerprint(one, "published", "https://claude.ai:8443/oauth/metadata")]
    assert len({published, *others, fingerprint(one, "published", "https://evil.example/oauth/metadata")}) == 5


def test_the_scope_counts_for_the_digest_and_not_for_the_fingerprint() -> None:
    one, other = accepted(scope="mcp.read mcp.write"), accepted(scope="mcp.read")
    assert fingerprint(one) == fingerprint(other)
    assert one.registration_digest != other.registration_digest
    assert one.registration_digest == accepted(scope="mcp.write,mcp.read").registration_digest


@pytest.mark.parametrize(
    "changes",
    [
        {"client_name": "Claude 2"},
        {"client_name": None},
        {"redirect_uris": ["https://claude.ai/api/mcp/auth_callback", "https://evil.example/"]},
        {"redirect_uris": ["https://claude.ai:8443/api/mcp/auth_callback"]},
        {"grant_types": ["authorization_code"]},
        {"token_endpoint_auth_method": "client_secret_post"},
    ],
)
def test_another_name_uri_grant_or_method_is_another_app(changes: dict[str, Any]) -> None:
    assert fingerprint(accepted(**changes)) != fingerprint(accepted())


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"7", b"null", b'"x"', b"\xff{}", b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"), b"a=b&c=d"),
        *(b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":"\\ud800"}', b'{"a":1}x'),
        *(b"[" * 10**5, b'{"a":' * 10**4, b'{"a":' + b"[" * 10**4 + b"]" * 10**4 + b"}", b"9" * 10**4, b" " * 10**6),
        b'{"a":"' + b"x" * MAX_BYTES + b'"}',
    ],
)
def test_a_body_that_is_no_plain_json_object_is_refused_at_once(body: bytes) -> None:
    with cheaply(), pytest.raises(BadJson):
        read_object(body)


def test_null_members_count_as_not_sent() -> None:
    body = json.dumps({**CLAUDE, "logo_uri": None, "scope": None, "jwks": None}).encode()
    assert registered(read_object(body), ALL).members() == accepted(scope=None).members()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*MCP_REMOTE, "jwks", "jwks_uri", "contacts", "scope"]), json_values))
def test_no_body_makes_anything_but_metadata_or_a_refusal(changes: dict[str, Any]) -> None:
    try:
        members = accepted(**changes).members()
    except BadMetadata:
        return
    assert registered(members, ALL).members() == members
