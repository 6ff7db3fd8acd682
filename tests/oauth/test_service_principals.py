"""Scripts: client credentials and API keys act as a service principal of their workspace (PRODUCT §3)."""

import base64

import pytest

from models import clock
from models.activity.actor import Actor
from models.base import db, enter, writing
from models.errors import Invalid, NotAllowed
from models.oauth import api_key, service_principal
from models.oauth.access_token import check
from models.oauth.client import Client
from models.oauth.consent import Consent
from tests.oauth.made import created, key

pytestmark = pytest.mark.usefixtures("everything_served")


def standing_of(app, token, slug=None):
    with app.app_context():
        return check(token, slug=slug, address=None, request_id=None)


def ask(script, **more):
    return script.token({"grant_type": "client_credentials"} | more)


def test_a_script_gets_a_token_of_all_its_ticked_scopes_and_no_refresh_token(app, cast):
    script = created(app, cast.lotus, cast.alice)
    answer = ask(script)
    assert answer.status_code == 200
    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json["scope"] == "mcp.read mcp.write"
    standing = standing_of(app, answer.json["access_token"])
    assert (standing.role, standing.actor.user_id, standing.workspace.slug) == (None, None, "lotus-spa")
    assert standing.may("customers", "write")
    assert not standing.may("customers", "destructive")
    assert type(standing.refusal("customers", "destructive")) is NotAllowed
    assert script.call(answer.json["access_token"]).status_code == 200
    assert script.call(answer.json["access_token"], slug="peak-fitness").status_code == 401


def test_a_script_may_ask_for_less_and_never_for_more_than_is_ticked(app, cast):
    script = created(app, cast.lotus, cast.alice, scopes=["mcp.read"])
    assert ask(script, scope="mcp.read mcp.write").json["scope"] == "mcp.read"
    assert ask(script, scope="mcp.write").json["error"] == "invalid_scope"
    assert ask(created(app, cast.lotus, cast.alice, scopes=["mcp.read", "mcp.destructive"])).json["scope"] == "mcp.read"


def test_a_script_has_one_consent_row_and_one_family_however_often_it_asks(app, cast, sql):
    script = created(app, cast.lotus, cast.alice)
    tokens = {ask(script).json["access_token"] for _ in range(3)}
    assert len(tokens) == 3
    assert sql("SELECT user_id FROM consent", workspace=cast.lotus.id) == [{"user_id": None}]
    assert sql("SELECT count(*) AS n FROM token_family", workspace=cast.lotus.id) == [{"n": 1}]


def test_revoking_its_row_disables_a_script_until_an_owner_enables_it(app, cast):
    script, owner = created(app, cast.lotus, cast.alice), Actor("user", user_id=cast.alice.id)
    token = ask(script).json["access_token"]
    with app.app_context(), writing():
        Consent.live_of(None, script.id, cast.lotus.id).withdraw(owner)
    assert script.call(token).status_code == 401
    assert ask(script).json["error"] == "unauthorized_client"
    with app.app_context(), writing():
        enter(cast.lotus.id)
        service_principal.enable(db.session.get_one(Client, script.id), owner)
    assert script.call(ask(script).json["access_token"]).status_code == 200
    assert script.call(token).status_code == 401


def test_a_revoked_client_ends_with_all_its_tokens(app, cast):
    script = created(app, cast.lotus, cast.alice)
    token = ask(script).json["access_token"]
    with app.app_context(), writing():
        enter(cast.lotus.id)
        Client.find(cast.lotus, script.id).revoke(Actor("user", user_id=cast.alice.id))
    assert script.call(token).status_code == 401
    assert (ask(script).status_code, ask(script).json["error"]) == (401, "invalid_client")


def test_a_rotated_secret_leaves_the_old_one_a_day(app, cast):
    from datetime import timedelta

    script = created(app, cast.lotus, cast.alice)
    with app.app_context(), writing():
        enter(cast.lotus.id)
        fresh = Client.find(cast.lotus, script.id).rotate_secret(Actor("user", user_id=cast.alice.id))
    assert ask(script).status_code == ask(script, client_secret=fresh).status_code == 200
    with clock.stopped(clock.now() + timedelta(days=1, seconds=1)):
        assert ask(script).status_code == 401
        assert ask(script, client_secret=fresh).status_code == 200


@pytest.mark.parametrize("way", ["basic", "post", "both"])
def test_a_created_client_may_use_basic_or_body_or_both_alike(app, cast, way):
    script = created(app, cast.lotus, cast.alice)
    basic = {"Authorization": "Basic " + base64.b64encode(f"{script.id}:{script.secret}".encode()).decode()}
    body = {} if way == "basic" else {"client_id": script.id, "client_secret": script.secret}
    sent = {"grant_type": "client_credentials"} | body
    answer = script.http.post("/oauth/token", data=sent, headers={} if way == "post" else basic)
    assert answer.status_code == 200
    if way == "both":
        answer = script.http.post("/oauth/token", data=sent | {"client_secret": "other"}, headers=basic)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_opaque_tokens_live_an_hour_and_end_at_revocation(app, cast, sql):
    script = created(app, cast.lotus, cast.alice, token_format="opaque")
    answer = ask(script).json
    assert answer["access_token"].startswith("crmat_")
    assert answer["expires_in"] == 3600
    assert standing_of(app, answer["access_token"]).may("customers", "write")
    assert answer["access_token"] not in repr(sql("SELECT * FROM access_token", workspace=cast.lotus.id))
    script.revoke(answer["access_token"])
    assert standing_of(app, answer["access_token"]) is None


def test_a_chosen_lifetime_is_the_tokens(app, cast):
    assert ask(created(app, cast.lotus, cast.alice, token_minutes=5)).json["expires_in"] == 300
    with pytest.raises(Invalid):
        created(app, cast.lotus, cast.alice, token_minutes=0)


def test_a_public_client_and_one_of_the_operator_have_no_client_credentials(app, cast):
    public = created(app, cast.lotus, cast.alice, confidential=False)
    assert ask(public).json["error"] == "unauthorized_client"


def test_a_key_is_a_service_principal_with_the_full_catalogue(app, cast):
    value = key(app, cast.lotus, cast.alice, scopes=["mcp.read", "mcp.write", "mcp.destructive"])
    standing = standing_of(app, value)
    assert standing.everything
    assert standing.may("customers", "destructive")
    assert (standing.actor.kind, standing.actor.user_id) == ("api_key", None)
    assert standing_of(app, value, slug="lotus-spa") is not None
    assert standing_of(app, value, slug="peak-fitness") is None


def test_only_an_owner_lets_a_key_cancel_refund_and_delete(app, cast):
    with pytest.raises(NotAllowed):
        key(app, cast.lotus, cast.dana, scopes=["mcp.destructive"], role="manager")


def test_a_revoked_key_is_refused_at_the_next_call(app, cast, client):
    value = key(app, cast.lotus, cast.alice)
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"X-API-Key": value, "Accept": "application/json, text/event-stream"}
    assert client.post("/mcp", json=ping, headers=headers).status_code == 200
    with app.app_context(), writing():
        enter(cast.lotus.id)
        db.session.scalars(api_key.ApiKey.newest_first(cast.lotus)).one().revoke(Actor("user", user_id=cast.alice.id))
    assert client.post("/mcp", json=ping, headers=headers).status_code == 401
