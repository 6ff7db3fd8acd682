"""Published identities: the URL by its text, the document by its content (CIMD draft; MD04, MD08)."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from blueprints.oauth.checks.published_identity import BadIdentity, identity_url, is_url, published
from models.oauth.scope import SCOPES, pairs_of

ALL = pairs_of(SCOPES)
URL = "https://claude.ai/oauth/claude-code-client-metadata"
CLAUDE_CODE = {
    "client_id": URL,
    "client_name": "Claude Code",
    "client_uri": "https://claude.ai",
    "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}


def document(**changes: Any) -> bytes:
    return json.dumps({**CLAUDE_CODE, **changes}).encode()


def test_the_document_of_claude_code_is_accepted() -> None:
    metadata = published(document(), URL, ALL)
    assert metadata.title == "Claude Code"
    assert metadata.redirect_uris == ("http://localhost/callback", "http://127.0.0.1/callback")
    assert metadata.auth_method == "none"


@pytest.mark.parametrize("url", [URL, "https://a.example:8443/x", "https://xn--bcher-kva.example/c.json", "https://a.b/c/"])
def test_an_https_url_with_a_path_is_an_identity(url: str) -> None:
    assert is_url(url)
    assert identity_url(url).text == url


@pytest.mark.parametrize(
    "client_id",
    [
        *("http://a.example/x", "https://a.example", "https://a.example/", "https://a.example/x#f", "https://a.example/x#"),
        *("https://u@a.example/x", "https://u:p@a.example/x", "https://a.example/x?y=1", "https://a.example/x?"),
        *("https://a.example/./x", "https://a.example/x/../y", "https://a.example/x/%2e%2e/y", "https://a.example/.."),
        *("https://a.example/" + "x" * 2000, "HTTPS://a.example/x", "https://A.example/x", "https://a.example:443/x"),
        *("https://localhost/x", "https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/x", "https://93.184.215.14/x"),
        *("https://a.example./x", "https://bücher.example/x", "https://a.example/x y", "https://a.example/x\n", "crm_x", ""),
        *("https://a.example\\x/y", "https:/a.example/x", "https:///x", "https://a.example:0/x", "https://a.example/%00"),
    ],
)
def test_a_client_id_of_another_form_is_refused_from_its_text(client_id: str) -> None:
    with pytest.raises(BadIdentity):
        identity_url(client_id)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"not json",
            b"[]",
            b"<html>",
            b'{"client_id":1}',
            document()[:-1],
            document().replace(b"{", b'{"client_id":"x",', 1),
        ),
        document(client_id=URL + "/"),
        document(client_id="https://evil.example/x"),
        document(client_id=None),
        document(client_name=None),
        document(client_name=" "),
        document(client_name="Cl\u202eaude"),
        document(redirect_uris=None),
        document(redirect_uris=[]),
        document(redirect_uris=["javascript:alert(1)"]),
        document(client_secret="x"),
        document(client_secret_expires_at=0),
        document(token_endpoint_auth_method="client_secret_basic"),
        document(token_endpoint_auth_method="client_secret_post"),
        document(token_endpoint_auth_method="client_secret_jwt"),
        document(token_endpoint_auth_method="private_key_jwt"),
        document(token_endpoint_auth_method="private_key_jwt", jwks_uri="http://a.example/k"),
        document(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://127.0.0.1/k"),
        document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}),
        document(grant_types=["client_credentials"]),
        document(response_types=["token"]),
    ],
)
def test_a_faulty_document_is_refused_with_one_text(body: bytes) -> None:
    with pytest.raises(BadIdentity) as refused:
        published(body, URL, ALL)
    assert refused.value.message == "The app's published identity could not be read."


def test_what_a_document_says_to_other_servers_is_passed_over() -> None:
    metadata = published(
        document(
            grant_types=["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "client_credentials"],
            response_types=["code", "code id_token"],
            token_endpoint_auth_method=None,
            scope="openid profile",
            post_logout_redirect_uris=["https://x.example/"],
        ),
        URL,
        ALL,
    )
    assert metadata.grant_types == ("authorization_code",)
    assert metadata.auth_method == "none"
    assert metadata.scope is None


def test_keys_may_stand_in_the_document_or_behind_an_https_url() -> None:
    key = ECKey.generate_key("P-256", auto_kid=True).as_dict(private=False)
    inline = published(document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key]}), URL, ALL)
    assert inline.jwks == {"keys": [key]}
    behind = published(document(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://claude.ai/keys.json"), URL, ALL)
    assert behind.jwks_uri == "https://claude.ai/keys.json"
