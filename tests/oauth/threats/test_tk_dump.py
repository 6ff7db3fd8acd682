"""THREATS.md TK18: a dump of everything that is stored holds no secret that works, of whatever kind."""

import re

import pytest

from models.accounts.user import User
from models.base import db, writing
from models.oauth import new_password
from tests.cast import PASSWORD
from tests.oauth import acts
from tests.oauth.flow import App, connect, open_consent
from tests.oauth.made import created, key
from tests.oauth.test_canaries import everything_stored

API = "/w/lotus-spa/settings/api"


@pytest.mark.threat("TK18")
def test_a_dump_of_the_database_holds_no_secret_of_any_kind(app, cast, claude, alice, client):
    page = open_consent(alice, claude.question())
    waiting = open_consent(alice, claude.question()).authorize()
    told = connect(claude, alice)
    successor = claude.refresh(told["refresh_token"]).json["refresh_token"]
    script = created(app, cast.lotus, cast.alice, token_format="opaque")
    opaque = script.token({"grant_type": "client_credentials"}).json["access_token"]
    managed = App(app.test_client())
    registered = managed.register(token_endpoint_auth_method="client_secret_basic", client_name="Managed").json
    with app.app_context():
        with writing():
            reset = new_password.link_of(db.session.get_one(User, cast.bob.id)).url.rsplit("/", 1)[1]
        db.session.remove()
    acts.send(alice, API, f"{API}/clients/{script.id}/secret", {})  # told to nobody yet: it waits, sealed
    waits = app.test_client()
    with alice.session_transaction() as ours, waits.session_transaction() as theirs:
        theirs.update(ours)
        sign_in = ours["_user_id"]
    secrets = {
        "code": waiting, "access token": told["access_token"], "refresh token": told["refresh_token"], "successor": successor,
        "opaque token": opaque, "client secret": script.secret, "registered secret": registered["client_secret"],
        "registration token": registered["registration_access_token"], "API key": key(app, cast.lotus, cast.alice),
        "reset link": reset, "sign-in": sign_in, "browser mark": alice.get_cookie("frontdesk-browser").value,
        "handle of a request": page.action.rsplit("/", 1)[1], "verifier": claude.verifier, "password": PASSWORD,
    }  # fmt: skip
    dump = everything_stored(app, cast)
    rotated = re.search(r'id="client-secret">([^<]+)<', waits.get(f"{API}/clients/{script.id}").get_data(as_text=True))
    secrets["secret not yet told"] = rotated[1]
    bare = {name: re.sub(r"^crm[a-z]{2}_([0-9a-z]{13}_)?", "", value).split(".")[-1] for name, value in secrets.items()}
    assert [name for name, value in bare.items() if value in dump] == []
    assert [name for name, value in bare.items() if len(value) < 27 and name != "password"] == []  # 160 bits
    assert script.id in dump and "Lotus Spa" in dump
