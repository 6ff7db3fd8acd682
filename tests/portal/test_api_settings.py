"""Settings → API: apps and keys, their secrets told once, and who may make them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from models import clock
from models.base import db, enter, writing
from models.oauth.api_key import ApiKey, check
from models.oauth.client import NAME_MAX, Client
from models.oauth.token_format import TTL_MINUTES
from tests.cast import PASSWORD, Cast, Person

Submit = Callable[..., TestResponse]
API = "/w/lotus-spa/settings/api"
NEW = {
    "name": "n8n", "kind": "confidential", "redirect_uris": "https://n8n.example/cb", "scopes": ["mcp.read", "mcp.write"],
    "token_format": "jwt", "token_minutes": "",
}  # fmt: skip
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def create(submit: Submit, browser: FlaskClient, **changed: Any) -> TestResponse:
    return submit(browser, f"{API}/clients", {**NEW, **changed}, page=API)


def create_key(submit: Submit, browser: FlaskClient, **changed: Any) -> TestResponse:
    return submit(browser, f"{API}/keys", {"key-name": "cron", "key-scopes": ["mcp.read"], **changed}, page=API)


def told(page: str, mark: str) -> str | None:
    found = re.search(rf'id="{mark}">([^<]+)<', page)
    return found[1] if found else None


def text_of(browser: FlaskClient, path: str | None) -> str:
    assert path
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def client_row(app: Flask, client_id: str) -> Client:
    with app.app_context():
        found = Client.known(client_id)
        assert found is not None
        return found


def test_the_page_after_creating_tells_id_and_secret_and_the_secret_only_once(
    app: Flask, alice: FlaskClient, submit: Submit
) -> None:
    answer = create(submit, alice)
    assert answer.status_code == 303
    page = text_of(alice, answer.location)
    client_id, secret = told(page, "client-id"), told(page, "client-secret")
    assert client_id and secret and secret.startswith("crmcs_")
    row = client_row(app, client_id)
    assert row.has_secret(secret)
    assert (row.name, row.redirect_uris, row.scope) == ("n8n", ["https://n8n.example/cb"], "mcp.read mcp.write")
    assert row.grant_types == ["authorization_code", "refresh_token", "client_credentials"]
    again = text_of(alice, answer.location)
    assert told(again, "client-id") == client_id
    assert told(again, "client-secret") is None and secret not in again
    assert "n8n" in text_of(alice, API) and secret not in text_of(alice, API)


def test_the_secret_is_in_no_address_and_not_readable_in_the_cookie(alice: FlaskClient, submit: Submit) -> None:
    answer = create(submit, alice)
    with alice.session_transaction() as cookie:
        sealed = str(dict(cookie))
    secret = told(text_of(alice, answer.location), "client-secret")
    assert secret and secret not in sealed and secret not in str(answer.headers)


def test_to_htmx_creating_answers_with_where_to_go(alice: FlaskClient, submit: Submit) -> None:
    answer = submit(alice, f"{API}/clients", NEW, page=API, headers=HTMX)
    assert answer.status_code == 204
    assert told(text_of(alice, answer.headers["HX-Redirect"]), "client-secret")


def test_a_public_app_has_no_secret(app: Flask, alice: FlaskClient, submit: Submit) -> None:
    page = text_of(alice, create(submit, alice, kind="public").location)
    client_id = told(page, "client-id")
    assert client_id and told(page, "client-secret") is None
    assert client_row(app, client_id).auth_method == "none"


def test_a_confidential_app_without_redirect_uris_has_client_credentials_only(
    app: Flask, alice: FlaskClient, submit: Submit
) -> None:
    client_id = told(text_of(alice, create(submit, alice, redirect_uris="  \r\n ").location), "client-id")
    assert client_id and client_row(app, client_id).grant_types == ["client_credentials"]


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, 900), ({"token_format": "opaque"}, 3600), ({"token_format": "opaque", "kind": "public"}, 900),
        ({"token_minutes": "5"}, 300), ({"token_format": "opaque", "token_minutes": "1440"}, 86400),
    ],
)  # fmt: skip
def test_the_lifetime_of_access_tokens_is_what_was_chosen(
    app: Flask, alice: FlaskClient, submit: Submit, changes: dict[str, str], seconds: int
) -> None:
    client_id = told(text_of(alice, create(submit, alice, **changes).location), "client-id")
    assert client_id and client_row(app, client_id).token_lifetime() == seconds


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}), ("name", {"name": "x" * (NAME_MAX + 1)}), ("name", {"name": "\u200b"}),
        ("redirect_uris", {"kind": "public", "redirect_uris": ""}), ("redirect_uris", {"redirect_uris": "http://evil.example/cb"}),
        ("redirect_uris", {"redirect_uris": "https://a.example/cb\njavascript:alert(1)"}),
        ("redirect_uris", {"redirect_uris": "https://*.example/cb"}),
        ("redirect_uris", {"redirect_uris": "\n".join(f"https://a.example/{n}" for n in range(21))}),
        ("scopes", {"scopes": []}), ("scopes", {"scopes": ["admin"]}), ("kind", {"kind": "static"}),
        ("token_format", {"token_format": "paseto"}), ("token_minutes", {"token_minutes": "0"}),
        ("token_minutes", {"token_minutes": str(TTL_MINUTES[1] + 1)}), ("token_minutes", {"token_minutes": "soon"}),
        ("token_minutes", {"token_minutes": "9" * 400}),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_beside_its_field_and_nothing_is_made(
    app: Flask, alice: FlaskClient, submit: Submit, field: str, changes: dict[str, Any]
) -> None:
    answer = create(submit, alice, **changes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in page
    if "redirect_uris" not in changes:
        assert "https://n8n.example/cb" in page
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Client)) == 0


def test_rotating_tells_a_new_secret_and_the_former_works_for_a_day(app: Flask, alice: FlaskClient, submit: Submit) -> None:
    page = text_of(alice, create(submit, alice).location)
    client_id, first = told(page, "client-id"), told(page, "client-secret")
    assert client_id and first
    answer = submit(alice, f"{API}/clients/{client_id}/secret", {}, page=API)
    second = told(text_of(alice, answer.location), "client-secret")
    assert second and second != first
    row = client_row(app, client_id)
    assert row.has_secret(first) and row.has_secret(second)
    with clock.stopped(clock.now() + timedelta(hours=25)):
        assert not row.has_secret(first) and row.has_secret(second)


def test_revoking_goes_by_a_page_and_ends_the_app(app: Flask, alice: FlaskClient, submit: Submit) -> None:
    client_id = told(text_of(alice, create(submit, alice).location), "client-id")
    path = f"{API}/clients/{client_id}/revocation"
    assert "Revoke n8n?" in text_of(alice, path) and "Revoke access" in text_of(alice, path)
    assert client_row(app, str(client_id)).live
    assert submit(alice, path, {}).location == API
    assert not client_row(app, str(client_id)).live
    assert "Revoked: n8n" in text_of(alice, API) and str(client_id) not in text_of(alice, API)
    assert alice.get(path).status_code == alice.get(f"{API}/clients/{client_id}").status_code == 404


def test_a_key_is_told_once_works_and_stops_when_revoked(app: Flask, alice: FlaskClient, submit: Submit) -> None:
    answer = create_key(submit, alice)
    page = text_of(alice, answer.location)
    value = told(page, "api-key")
    assert value and value.startswith("crmak_")
    assert told(text_of(alice, answer.location), "api-key") is None
    with app.app_context():
        standing = check(value, slug=None, address=None, request_id=None)
        assert standing is not None and standing.scope == "mcp.read"
        assert value not in " ".join(str(row) for row in db.session.execute(text("SELECT * FROM api_key")).all())
    listed = text_of(alice, "/connected-apps")
    assert "cron" in listed and "no user" in listed and "API key" in listed
    assert submit(alice, f"{answer.location}/revocation", {}).location == API
    with app.app_context():
        assert check(value, slug=None, address=None, request_id=None) is None
    assert f'id="{answer.location.rpartition("/")[2]}"' not in text_of(alice, "/connected-apps")


def test_only_an_owner_is_offered_a_key_that_cancels_refunds_and_deletes(
    cast: Cast, alice: FlaskClient, browser_of: Callable[[Person], FlaskClient], submit: Submit, everything_served: None
) -> None:
    dana = browser_of(cast.dana)
    offered = re.compile(r'<input[^>]*name="key-scopes"[^>]*value="mcp.destructive"')
    assert offered.search(text_of(alice, API))
    assert not offered.search(text_of(dana, API))
    assert create_key(submit, dana, **{"key-scopes": ["mcp.read", "mcp.destructive"]}).status_code == 422
    assert create_key(submit, alice, **{"key-scopes": ["mcp.read", "mcp.destructive"]}).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"), [("key-name", ""), ("key-name", "x" * 81), ("key-scopes", []), ("key-scopes", ["root"])]
)
def test_a_bad_key_is_named_beside_its_field(
    app: Flask, cast: Cast, alice: FlaskClient, submit: Submit, field: str, value: Any
) -> None:
    answer = create_key(submit, alice, **{field: value})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.get_data(as_text=True)
    with app.app_context():
        enter(cast.lotus.id)
        assert db.session.execute(text("SELECT count(*) FROM api_key")).scalar() == 0


def test_staff_viewers_and_strangers_may_not(
    bob: FlaskClient, charlie: FlaskClient, cast: Cast, browser_of: Callable[[Person], FlaskClient], submit: Submit
) -> None:
    for browser, status in ((bob, 403), (browser_of(cast.vera), 403), (charlie, 404)):
        assert browser.get(API).status_code == status
        assert submit(browser, f"{API}/clients", NEW, page="/workspaces/new").status_code == status
        assert submit(browser, f"{API}/keys", {"key-name": "x"}, page="/workspaces/new").status_code == status
    assert browser_of(cast.dana).get(API).status_code == 200


def test_another_workspaces_app_and_key_are_answered_like_none(
    app: Flask, cast: Cast, alice: FlaskClient, charlie: FlaskClient, submit: Submit
) -> None:
    client_id = told(text_of(alice, create(submit, alice).location), "client-id")
    key_path = str(create_key(submit, alice).location).removeprefix(API)
    theirs = "/w/harbour-tutoring/settings/api"
    for path in (f"/clients/{client_id}", f"/clients/{client_id}/revocation", key_path, f"{key_path}/revocation"):
        foreign = charlie.get(theirs + path)
        absent = charlie.get(theirs + re.sub(r"(crm|key)_[a-z0-9]+", r"\1_0000000000001", path))
        assert foreign.status_code == absent.status_code == 404
        assert foreign.data == absent.data
    for path in (f"/clients/{client_id}/revocation", f"/clients/{client_id}/secret", f"{key_path}/revocation"):
        assert submit(charlie, theirs + path, {}, page="/workspaces/new").status_code == 404
    assert client_row(app, str(client_id)).live
    for odd in ("x", "mem_0000000000001", "a" * 500):
        assert alice.get(f"{API}/keys/{odd}").status_code == alice.get(f"{API}/clients/{odd}").status_code == 404


def test_five_minutes_after_signing_in_the_password_is_asked_again(app: Flask, alice: FlaskClient, submit: Submit) -> None:
    token = re.search(r'csrf_token" value="([^"]+)"', text_of(alice, API))
    assert token
    with clock.stopped(clock.now() + timedelta(minutes=6)):
        asked = alice.get(API)
        assert (asked.status_code, asked.location) == (303, "/login/confirmation?next=/w/lotus-spa/settings/api")
        for path, data in ((f"{API}/clients", NEW), (f"{API}/keys", {"key-name": "x", "key-scopes": "mcp.read"})):
            answer = alice.post(path, data={**data, "csrf_token": token[1]})
            assert "/login/confirmation" in answer.location
        wrong = submit(alice, asked.location, {"password": "not my password"})
        assert wrong.status_code == 422
        assert alice.get(API).status_code == 303
        right = submit(alice, asked.location, {"password": PASSWORD})
        assert (right.status_code, right.location) == (303, API)
        assert alice.get(API).status_code == 200
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Client)) == 0


def test_names_that_are_markup_are_text(alice: FlaskClient, submit: Submit) -> None:
    page = create(submit, alice, name="<script>alert(1)</script>").location
    create_key(submit, alice, **{"key-name": "<img src=x onerror=alert(1)>"})
    for path in (API, page, "/connected-apps"):
        shown = text_of(alice, path)
        assert "<script>alert" not in shown and "<img src=x" not in shown


def test_a_service_whose_row_was_revoked_is_enabled_again_by_an_owner_only(
    app: Flask, cast: Cast, alice: FlaskClient, browser_of: Callable[[Person], FlaskClient], submit: Submit
) -> None:
    from models.activity.actor import SYSTEM
    from models.oauth import service_principal
    from models.oauth.consent import Consent

    client_id = str(told(text_of(alice, create(submit, alice, redirect_uris="").location), "client-id"))
    with app.app_context(), writing():
        service_principal.standing_family(db.session.get_one(Client, client_id), cast.lotus.id, SYSTEM)
        consent = Consent.live_of(None, client_id, cast.lotus.id)
        assert consent is not None
        shown = consent.shown_id
    assert "no user" in text_of(alice, "/connected-apps")
    submit(alice, f"/connected-apps/{shown}/revocation", {})
    dana = browser_of(cast.dana)
    path = f"{API}/clients/{client_id}/service"
    assert "The owner can enable it again" in text_of(dana, f"{API}/clients/{client_id}")
    assert submit(dana, path, {}, page="/workspaces/new").status_code == 403
    assert "Enable again" in text_of(alice, f"{API}/clients/{client_id}")
    assert submit(alice, path, {}, page=API).status_code == 303
    assert "Enable again" not in text_of(alice, f"{API}/clients/{client_id}")


def test_what_is_made_and_ended_is_in_the_audit_without_a_secret(
    app: Flask, cast: Cast, alice: FlaskClient, submit: Submit
) -> None:
    page = text_of(alice, create(submit, alice).location)
    client_id, secret = told(page, "client-id"), told(page, "client-secret")
    submit(alice, f"{API}/clients/{client_id}/secret", {}, page=API)
    submit(alice, f"{API}/clients/{client_id}/revocation", {})
    value = told(text_of(alice, create_key(submit, alice).location), "api-key")
    with app.app_context():
        enter(cast.lotus.id)
        rows = db.session.execute(text("SELECT verb, actor_id, fields FROM audit_event")).all()
        verbs = [row.verb for row in rows]
        assert {"create_client", "rotate_client_secret", "revoke_client", "create_key"} <= set(verbs)
        assert secret and value and secret not in str(rows) and value not in str(rows)
        assert db.session.scalar(select(func.count()).select_from(ApiKey).where(ApiKey.workspace_id == cast.lotus.id)) == 1
