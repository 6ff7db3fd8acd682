"""Authlib's own `OAuth2Session`, from a client created in Settings → API: the Python script of a merchant's developer."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from tests.clients.consent import Owner
from tests.clients.created import create_client
from tests.servers import Server
from tests.visitor import Visitor

CALLBACK = "http://127.0.0.1:3121/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()


@pytest.fixture
def owner(server: Server) -> Iterator[Owner]:
    with closing(Owner(Visitor(server.url))) as someone:
        yield someone


def session_of(server: Server, made: dict[str, str], **options: Any) -> OAuth2Session:
    """The library as a script sets it up: what Settings → API showed, and our token endpoint."""
    return OAuth2Session(
        **made,
        token_endpoint=f"{server.url}/oauth/token",
        revocation_endpoint=f"{server.url}/oauth/revoke",
        **options,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "method"), [("confidential", "client_secret_basic"), ("confidential", "client_secret_post"), ("public", "none")]
)
def test_a_session_signs_in_calls_refreshes_by_itself_and_revokes(
    server: Server, owner: Owner, kind: str, method: str
) -> None:
    made = create_client(owner, "A script", [CALLBACK], kind=kind)
    renewed: list[dict[str, Any]] = []
    session = session_of(
        server,
        made,
        redirect_uri=CALLBACK,
        scope="mcp.read",
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
        update_token=lambda token, **_: renewed.append(token),
    )
    session.trust_env = False
    url, state = session.create_authorization_url(f"{server.url}/oauth/authorize", code_verifier=VERIFIER)
    token = session.fetch_token(authorization_response=owner.authorize(url), code_verifier=VERIFIER, state=state)
    assert token["token_type"] == "Bearer"
    assert token["scope"] == "mcp.read"
    assert session.post(f"{server.url}/mcp", json=LIST, headers=ACCEPT).status_code == 200

    session.token = {**token, "expires_at": 1}
    assert session.post(f"{server.url}/mcp", json=LIST, headers=ACCEPT).status_code == 200
    assert [each["refresh_token"] != token["refresh_token"] for each in renewed] == [True]

    spent = session.token["refresh_token"]
    extra = {"client_id": made["client_id"]} if kind == "public" else {}
    assert session.revoke_token(f"{server.url}/oauth/revoke", token=spent, body=None, **extra).status_code == 200
    assert session.post(f"{server.url}/mcp", json=LIST, headers=ACCEPT).status_code == 401
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(f"{server.url}/oauth/token", refresh_token=spent)


@pytest.mark.slow
def test_a_session_without_a_person_gets_a_token_for_its_own_credentials(server: Server, owner: Owner) -> None:
    made = create_client(owner, "Nightly report", kind="confidential")
    session = session_of(server, made)
    session.trust_env = False
    token = session.fetch_token(grant_type="client_credentials", scope="mcp.read")
    assert token["scope"] == "mcp.read"
    assert "refresh_token" not in token
    assert session.post(f"{server.url}/mcp", json=LIST, headers=ACCEPT).status_code == 200


@pytest.mark.slow
def test_a_session_with_a_wrong_secret_gets_nothing(server: Server, owner: Owner) -> None:
    made = create_client(owner, "Nightly report", kind="confidential")
    session = session_of(server, made | {"client_secret": f"{made['client_secret']}x"})
    session.trust_env = False
    with pytest.raises(OAuthError, match="invalid_client"):
        session.fetch_token(grant_type="client_credentials")
