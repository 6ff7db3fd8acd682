"""`/api/server`: a script sees and changes its workspace's connection settings."""

import pytest

from models.errors import NotAllowed
from models.oauth.access_token import check
from tests.oauth.flow import connect
from tests.oauth.made import created, key


@pytest.fixture
def manager(app, cast):
    return {"Authorization": f"Bearer {key(app, cast.lotus, cast.alice, scopes=['server.manage', 'server.read', 'mcp.write'])}"}


@pytest.fixture
def reader(app, cast):
    return {"X-API-Key": key(app, cast.lotus, cast.alice, scopes=["mcp.read"])}


def test_it_tells_name_address_plan_and_use(client, reader):
    answer = client.get("/api/server", headers=reader)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["slug"] == "lotus-spa"
    assert answer.json["mcp_url"] == "http://localhost/mcp/lotus-spa"
    assert answer.json["usage"]["mcp_calls"] == {
        "used": 0,
        "limit": None,
        "resets_at": answer.json["usage"]["mcp_calls"]["resets_at"],
    }
    assert (answer.json["read_only"], len(answer.json["capabilities"])) == (False, 6)
    assert client.get("/api/server", headers=reader).json["usage"]["mcp_calls"]["used"] == 0


def test_without_a_token_it_is_a_challenge_and_without_the_scope_a_403(client, reader):
    answer = client.get("/api/server")
    assert answer.status_code == 401
    assert "error=" not in answer.headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in client.get("/api/server", headers={"Authorization": "Bearer x"}).headers["WWW-Authenticate"]
    assert client.patch("/api/server", headers=reader, json={"read_only": True}).status_code == 403


def test_a_token_that_may_ask_for_more_is_told_which_scope_besides_those_it_holds(client, app, cast, alice):
    script = created(app, cast.lotus, cast.alice, scopes=["server.manage", "server.read"])
    headers = {"Authorization": f"Bearer {connect(script, alice, scope='mcp:server:read')['access_token']}"}
    answer = client.patch("/api/server", headers=headers, json={"read_only": True})
    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert answer.headers["Cache-Control"] == "no-store"
    challenge = answer.headers["WWW-Authenticate"]
    assert 'scope="mcp:server:read server.manage"' in challenge
    assert 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"' in challenge


def test_read_only_binds_every_app_and_key_at_the_next_call(
    client, manager, claude, alice, app, with_settings, everything_served
):
    with_settings(quarantine_hours=0)
    token = connect(claude, alice, workspace="lotus-spa")["access_token"]

    def refusal():
        with app.app_context():
            return check(token, slug=None, address=None, request_id=None).refusal("customers", "write")

    assert refusal() is None
    assert client.patch("/api/server", headers=manager, json={"read_only": True}).json["read_only"] is True
    assert type(refusal()) is NotAllowed
    assert "switched" in refusal().message
    assert client.patch("/api/server", headers=manager, json={"read_only": False}).status_code == 200
    assert refusal() is None


def test_a_capability_switched_off_is_closed_and_the_settings_stay_open(client, manager, reader, app):
    answer = client.patch("/api/server", headers=manager, json={"capabilities": ["customers"], "read_only": True})
    assert answer.json["capabilities"] == ["customers"]
    with app.app_context():
        standing = check(reader["X-API-Key"], slug=None, address=None, request_id=None)
    assert standing.may("customers", "read")
    assert not standing.may("bookings", "read")
    assert client.patch("/api/server", headers=manager, json={"capabilities": ["customers", "bookings"]}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"plan": "unlimited"},
        {"read_only": "yes"},
        {"capabilities": ["everything"]},
        {"capabilities": "all"},
        {"slug": "x"},
    ],
)
def test_anything_else_is_refused_and_changes_nothing(client, manager, body):
    before = client.get("/api/server", headers=manager).json
    answer = client.patch("/api/server", headers=manager, json={"read_only": True} | body)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert client.get("/api/server", headers=manager).json == before


def test_hostile_bodies_are_refused(client, manager):
    large = b"{" + b" " * (128 << 10) + b"}"
    for body, kind, status in (
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (large, "application/json", 413),
        (b"a=b", "text/plain", 415),
    ):
        assert client.patch("/api/server", headers=manager, data=body, content_type=kind).status_code == status


def test_a_person_behind_the_token_needs_to_manage_the_workspace(app, cast, alice, bob, client):
    script = created(app, cast.lotus, cast.alice, scopes=["server.manage", "server.read"])
    for browser, status in ((alice, 200), (bob, 403)):
        page_scope = "server.manage server.read"
        from tests.oauth.flow import open_consent

        page = open_consent(browser, script.question(scope=page_scope))
        token = script.redeem(page.authorize()).json["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/api/server", headers=headers).status_code == 200
        assert client.patch("/api/server", headers=headers, json={"read_only": False}).status_code == status


@pytest.mark.parametrize(
    ("method", "headers", "body", "status", "workspace"),
    [
        ("get", {}, None, 401, None), ("get", {"Authorization": "Bearer x"}, None, 401, None),
        ("get", {"X-API-Key": "crmak_0000000000000_x"}, None, 401, None),
        ("patch", "reader", {"read_only": True}, 403, "lotus-spa"),
        ("patch", "manager", {"plan": "unlimited"}, 400, "lotus-spa"), ("patch", "manager", [], 400, "lotus-spa"),
    ],
)  # fmt: skip
def test_each_refusal_leaves_one_row_where_the_caller_is_known_in_its_workspace(
    client, manager, reader, marks, method, headers, body, status, workspace
):
    known = {"manager": manager, "reader": reader}
    marks.new()
    given = {"json": body} if body is not None else {}
    shown = known[headers] if isinstance(headers, str) else headers
    answer = getattr(client, method)("/api/server", headers=shown, **given)
    assert answer.status_code == status
    [mark] = marks.new()
    assert (mark.workspace, mark.verb, mark.outcome) == (workspace, "connection_settings", "refused")
