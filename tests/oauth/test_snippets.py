"""Scripts written for other CRMs' documented paths work by changing the host alone, aliases and commas included."""

import pytest

from models.oauth.scope_request import canonical_names
from tests.oauth.flow import CALLBACK, ConsentPage, query_of
from tests.oauth.made import created

pytestmark = pytest.mark.usefixtures("everything_served")


def test_client_credentials_with_aliases_at_the_other_path(app, cast):
    script = created(app, cast.lotus, cast.alice)
    form = {"grant_type": "client_credentials", "client_id": script.id, "client_secret": script.secret}
    answer = script.http.post("/api/oauth/token", data=form | {"scope": "mcp:tools:read mcp:tools:execute"})
    assert answer.status_code == 200
    assert answer.json["scope"] == "mcp:tools:read mcp:tools:execute"
    assert canonical_names(answer.json["scope"], ["mcp.write"]) == {"mcp.read", "mcp.write"}


def test_consent_with_commas_at_the_other_path(app, cast, alice):
    script = created(app, cast.lotus, cast.alice)
    path = script.question(scope="mcp:tools:read,mcp:tools:execute,mcp:resources:read")
    path = path.replace("/oauth/authorize", "/oauth/consent")
    page = ConsentPage(alice, alice.get(path))
    assert list(page.inputs("scope")) == ["mcp.read", "mcp.write", "resources.read"]
    code = query_of(page.decide("authorize").headers["Location"])["code"]
    answer = script.redeem(code)
    assert answer.json["scope"] == "mcp:tools:read mcp:tools:execute mcp:resources:read"
    assert script.refresh(answer.json["refresh_token"]).json["scope"] == answer.json["scope"]


def test_a_code_with_secret_verifier_and_scope_in_the_token_request(app, cast, alice):
    script = created(app, cast.lotus, cast.alice, scopes=["crm.read", "crm.write"])
    page = ConsentPage(alice, alice.get(script.question(scope="crm:read crm:write")))
    code = query_of(page.decide("authorize").headers["Location"])["code"]
    form = {
        "grant_type": "authorization_code", "code": code, "client_id": script.id, "client_secret": script.secret,
        "code_verifier": script.verifier, "redirect_uri": CALLBACK, "scope": "crm:read crm:write",
    }  # fmt: skip
    answer = script.http.post("/api/oauth/token", data=form)
    assert answer.json["scope"] == "crm:read crm:write"
    revoked = {"token": answer.json["refresh_token"], "client_id": script.id, "client_secret": script.secret}
    assert script.http.post("/api/oauth/revoke", data=revoked).status_code == 200
    assert script.call(answer.json["access_token"]).status_code == 401
