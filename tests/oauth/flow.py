"""An app and a person going through the whole flow over HTTP: register, authorize, decide, redeem, refresh, revoke."""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

CALLBACK = "https://app.example/callback"


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def query_of(location: str) -> dict[str, str]:
    """The query of a redirect; each name once."""
    found = parse_qs(urlsplit(location).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), location
    return {name: values[0] for name, values in found.items()}


@dataclass
class App:
    """An OAuth client that talks to the server through a test client without cookies."""

    http: FlaskClient
    id: str = ""
    redirect_uri: str = CALLBACK
    secret: str | None = None
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(9))

    def register(self, **metadata: Any) -> TestResponse:
        """RFC 7591, as assistants send it."""
        body = {
            "client_name": "Claude",
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        } | metadata
        answer = self.http.post("/oauth/register", json={name: value for name, value in body.items() if value is not None})
        if answer.status_code == 201:
            self.id, self.secret = answer.json["client_id"], answer.json.get("client_secret")
        return answer

    def question(self, **parameters: str | None) -> str:
        """The address of an authorization request; a None leaves a parameter out."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect_uri,
            "scope": "mcp.read mcp.write",
            "state": self.state,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        } | parameters
        return "/oauth/authorize?" + urlencode({name: value for name, value in asked.items() if value is not None})

    def token(self, data: dict[str, str | None], **options: Any) -> TestResponse:
        sent = {"client_id": self.id, "client_secret": self.secret} | data
        return self.http.post("/oauth/token", data={name: value for name, value in sent.items() if value is not None}, **options)

    def redeem(self, code: str, **changes: str | None) -> TestResponse:
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        return self.token(sent | {"code_verifier": self.verifier} | changes)

    def refresh(self, token: str, **changes: str | None) -> TestResponse:
        return self.token({"grant_type": "refresh_token", "refresh_token": token} | changes)

    def revoke(self, token: str, **changes: str | None) -> TestResponse:
        sent = {"client_id": self.id, "client_secret": self.secret, "token": token} | changes
        return self.http.post("/oauth/revoke", data={name: value for name, value in sent.items() if value is not None})

    def call(self, token: str, *, slug: str | None = None) -> TestResponse:
        """A request to the resource server: an MCP ping, answered 200 to any live token."""
        return self._say(token, {"method": "ping"}, slug)

    def use(self, token: str, tool: str, *, slug: str | None = None, headers: Any = (), **arguments: Any) -> TestResponse:
        """A tool call."""
        return self._say(token, {"method": "tools/call", "params": {"name": tool, "arguments": arguments}}, slug, headers)

    def _say(self, token: str, message: dict[str, Any], slug: str | None, more: Any = ()) -> TestResponse:
        path = f"/mcp/{slug}" if slug else "/mcp"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream", **dict(more)}
        return self.http.post(path, json={"jsonrpc": "2.0", "id": 1, **message}, headers=headers)


def result_of(answer: TestResponse) -> dict[str, Any]:
    """What a tool answered, its text read as JSON: `isError` tells a refusal."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    result = answer.json["result"]
    return {"isError": result.get("isError", False), **json.loads(result["content"][0]["text"])}


@dataclass
class ConsentPage:
    """The consent page as a browser without scripts reads it."""

    browser: FlaskClient
    response: TestResponse

    @property
    def text(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def action(self) -> str:
        found = re.search(r'action="(/oauth/authorize/[^"]+)"', self.text)
        assert found, self.text[:3000]
        return found[1]

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text)
        assert found, self.text[:3000]
        return found[1]

    def inputs(self, name: str) -> dict[str, str]:
        """Value → the whole tag of each input of a name."""
        tags = re.findall(rf'<input[^>]*name="{name}"[^>]*>', self.text)
        return {value[1]: tag for tag in tags if (value := re.search(r'value="([^"]*)"', tag))}

    def ticked(self) -> list[str]:
        return [value for value, tag in self.inputs("scope").items() if " checked" in tag and " disabled" not in tag]

    def chosen(self) -> str | None:
        return next((value for value, tag in self.inputs("workspace").items() if " checked" in tag), None)

    def decide(self, decision: str, **changes: Any) -> TestResponse:
        """Press a button; `scope=[…]` and `workspace=…` say otherwise than the page stands."""
        data = {"csrf_token": self.csrf, "decision": decision, "workspace": self.chosen(), "scope": self.ticked()} | changes
        return self.browser.post(self.action, data={name: value for name, value in data.items() if value is not None})

    def authorize(self, **changes: Any) -> str:
        """Press Authorize and return the code."""
        answer = self.decide("authorize", **changes)
        assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
        return query_of(answer.headers["Location"])["code"]


def open_consent(browser: FlaskClient, question: str) -> ConsentPage:
    """A signed-in browser at the authorize address."""
    answer = browser.get(question)
    assert answer.status_code == 200, f"{answer.status} {answer.headers} {answer.get_data(as_text=True)[:2000]}"
    return ConsentPage(browser, answer)


def connect(app: App, browser: FlaskClient, *, workspace: str | None = None, **parameters: str | None) -> dict[str, Any]:
    """From the question to the token answer."""
    page = open_consent(browser, app.question(**parameters))
    code = page.authorize(**({"workspace": workspace} if workspace else {}))
    answer = app.redeem(code)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told: dict[str, Any] = answer.json
    return told
