"""No secret is left lying about: not in logs, audit, error pages, nor in the database outside its hash columns."""

import logging

from flask import Response
from sqlalchemy import select, text

from models import opaque
from models.accounts.workspace import Workspace
from models.base import db, enter, writing
from tests.cast import PASSWORD
from tests.oauth.flow import App, connect, open_consent
from tests.oauth.made import created, key


def everything_stored(app, cast):
    """Every column of every table, as each workspace sees it."""
    found = []
    with app.app_context():
        for place in (cast.lotus, cast.peak, cast.harbour):
            if db.engine.dialect.name == "postgresql":
                db.session.execute(text("SELECT set_config('app.workspace_id', :id, true)"), {"id": str(place.id)})
            for table in db.metadata.sorted_tables:
                rows = db.session.execute(select(table), execution_options={"across_workspaces": True}).all()
                found += [repr(tuple(row)) for row in rows]
        db.session.rollback()
    return "\n".join(found)


def test_secrets_leave_no_trace_in_logs_pages_audit_or_tables(app, cast, claude, alice, client, caplog, with_settings):
    with_settings(quarantine_hours=0)
    caplog.set_level(logging.DEBUG)
    answers = []
    page = open_consent(alice, claude.question())
    code = page.authorize()
    told = claude.redeem(code).json
    second = claude.refresh(told["refresh_token"]).json
    answers += [claude.redeem(code), claude.refresh(told["refresh_token"]), claude.refresh(second["refresh_token"])]
    script = created(app, cast.lotus, cast.alice, token_format="opaque")
    opaque = script.token({"grant_type": "client_credentials"}).json["access_token"]
    answers += [script.token({"grant_type": "client_credentials", "client_secret": script.secret[:-1]})]
    api_key = key(app, cast.lotus, cast.alice)
    confidential = App(app.test_client())
    registered = confidential.register(token_endpoint_auth_method="client_secret_post").json
    last = connect(confidential, alice)
    answers += [confidential.call(second["access_token"]), confidential.call(api_key[:-2]), confidential.revoke(opaque)]
    answers += [client.post("/login", data={"email": "alice@demo.test", "password": PASSWORD})]
    answers += [client.get(f"/oauth/authorize?client_id={script.secret}&code={code}")]
    with alice.session_transaction() as cookie:
        sign_in = cookie["_user_id"]
    secrets = {
        "code": code, "verifier": claude.verifier, "refresh": told["refresh_token"], "successor": second["refresh_token"],
        "jwt": told["access_token"].split(".")[2], "opaque": opaque, "client secret": script.secret, "api key": api_key,
        "registered secret": registered["client_secret"], "registration token": registered["registration_access_token"],
        "last": last["refresh_token"], "handle": page.action.rsplit("/", 1)[1], "sign-in": sign_in, "password": PASSWORD,
    }  # fmt: skip
    places = {
        "logs": caplog.text,
        "database": everything_stored(app, cast),
        "error answers": "\n".join(answer.get_data(as_text=True) + str(answer.headers) for answer in answers),
    }
    assert [(name, place) for name, secret in secrets.items() for place, content in places.items() if secret in content] == []
    assert claude.id in places["database"]


def test_the_watch_over_every_test_finds_what_is_left_lying_about(app, cast, databases, database, tmp_path, watch):
    token, log = opaque.make("crmat", cast.lotus.id), tmp_path / "log"
    logging.getLogger("somewhere").error("a token: %s", token)
    log.write_text(f"GET /login?password={PASSWORD}")
    watch.look_at(Response(f"<p>{signature_like(token)}</p>", status=400))
    with app.app_context(), writing():
        enter(cast.lotus.id)
        db.session.get_one(Workspace, cast.lotus.id).name = f"Spa {token}"
    found = set(watch.leaks(databases, [log]))
    stored = {place for place in found if place.startswith("app.sqlite3")}
    assert found - stored == {"log", str(log), "refusals"}
    assert bool(stored) == (database == "sqlite")
    with app.app_context(), writing():
        enter(cast.lotus.id)
        db.session.get_one(Workspace, cast.lotus.id).name = "Lotus Spa"


def signature_like(token):
    """Something of a signed JWT's shape."""
    return f"eyJ{token[:20]}.eyJ{token[:20]}.{token * 2}"
