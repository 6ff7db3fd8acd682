"""What real clients send, to the letter, must work."""

import base64

import pytest

from tests.oauth.flow import App, challenge_of, connect, open_consent, query_of
from tests.oauth.made import created


@pytest.fixture
def registered(app):
    def register(body):
        made = App(app.test_client())
        answer = made.http.post("/oauth/register", json=body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        made.id, made.secret = answer.json["client_id"], answer.json.get("client_secret")
        made.redirect_uri = body["redirect_uris"][0]
        return made, answer.json

    return register


def test_claude_registers_and_connects(registered, alice):
    claude, told = registered(
        {
            "client_name": "Claude",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "mcp.read mcp.write",
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        }
    )
    assert "client_secret" not in told
    page = open_consent(alice, claude.question(resource="http://localhost/mcp"))
    assert '<strong class="returns-to">claude.ai</strong>' in page.text
    answer = page.decide("authorize")
    assert answer.headers["Location"].startswith("https://claude.ai/api/mcp/auth_callback?code=")
    assert claude.redeem(query_of(answer.headers["Location"])["code"], resource="http://localhost/mcp").status_code == 200


def test_cursor_sends_three_redirect_uris_in_one_body(registered, alice):
    uris = [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
    ]
    cursor, told = registered(
        {
            "client_name": "Cursor",
            "redirect_uris": uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
    )
    assert told["redirect_uris"] == uris
    for uri in uris:
        cursor.redirect_uri = uri
        assert connect(cursor, alice)["refresh_token"]


def test_vs_code_registers_web_and_loopback_uris_and_the_device_grant_it_never_uses(registered, alice):
    code, told = registered(
        {
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "redirect_uris": ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }
    )
    assert told["grant_types"] == ["authorization_code", "refresh_token"]
    code.redirect_uri = "http://127.0.0.1:33418/"
    assert connect(code, alice)["access_token"]


def test_chatgpt_needs_the_issuer_in_its_callback(registered, alice):
    chatgpt, _ = registered(
        {
            "client_name": "ChatGPT",
            "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
    )
    answer = open_consent(alice, chatgpt.question()).decide("authorize")
    assert query_of(answer.headers["Location"])["iss"] == "http://localhost"


def test_n8n_sends_basic_and_body_credentials_together(app, cast, alice):
    uri = "https://n8n.example/rest/oauth2-credential/callback"
    n8n = created(app, cast.lotus, cast.alice, redirect_uris=[uri])
    n8n.redirect_uri = uri
    code = open_consent(alice, n8n.question(scope="mcp.read")).authorize()
    basic = {"Authorization": "Basic " + base64.b64encode(f"{n8n.id}:{n8n.secret}".encode()).decode()}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri, "code_verifier": n8n.verifier}
    answer = n8n.http.post("/oauth/token", data=form | {"client_id": n8n.id, "client_secret": n8n.secret}, headers=basic)
    assert answer.status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": answer.json["refresh_token"]}
    assert n8n.http.post("/oauth/token", data=form, headers=basic).status_code == 200


def test_a_claude_code_client_comes_back_on_another_port_under_the_same_id(registered, alice):
    body = {"client_name": "Claude Code", "token_endpoint_auth_method": "none"}
    one, _ = registered(body | {"redirect_uris": ["http://localhost:50001/callback"]})
    again, _ = registered(body | {"redirect_uris": ["http://localhost:50777/callback"]})
    assert one.id == again.id
    page = open_consent(alice, again.question(code_challenge=challenge_of(again.verifier)))
    assert page.decide("authorize").headers["Location"].startswith("http://localhost:50777/callback?code=")
