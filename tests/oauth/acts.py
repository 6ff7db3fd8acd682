"""What people do in the portal about apps and one another, over HTTP."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.accounts.user import User
from models.base import db, show, writing
from models.oauth import new_password
from models.oauth.consent import Consent
from tests.cast import PASSWORD, Person, Place
from tests.oauth.flow import App

ANOTHER_PASSWORD = "another few words"


def send(browser: FlaskClient, page: str, path: str, data: dict[str, Any], **options: Any) -> TestResponse:
    """Fill in the form of a page and send it."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(page).get_data(as_text=True))
    assert found, page
    return browser.post(path, data={"csrf_token": found[1], **data}, **options)


def reset_password(app: Flask, person: Person) -> None:
    """Follow a link for a forgotten password, in another browser."""
    with app.app_context():
        with writing():
            link = new_password.link_of(db.session.get_one(User, person.id)).url
        db.session.remove()
        path = "/" + link.split("/", 3)[3]
        answer = send(app.test_client(), path, path, {"password": ANOTHER_PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/login")


def change_password(browser: FlaskClient, *, disconnect: bool) -> None:
    """Change one's own password on /account."""
    data = {"current": PASSWORD, "password": ANOTHER_PASSWORD} | ({"disconnect_apps": "y"} if disconnect else {})
    assert send(browser, "/account", "/account/password", data).status_code == 303


def change_role(browser: FlaskClient, place: Place, person: Person, role: str) -> None:
    """Give somebody another role on the team page."""
    team = f"/w/{place.slug}/settings/team"
    assert send(browser, team, f"{team}/{show('usr', person.id)}/role", {"role": role}).status_code == 303


def remove(browser: FlaskClient, place: Place, person: Person) -> None:
    """Take somebody's seat away on the team page."""
    path = f"/w/{place.slug}/settings/team/{show('usr', person.id)}/removal"
    assert send(browser, path, path, {}).status_code == 303


def row_of(app: Flask, person: Person, client: App, place: Place) -> str:
    """The id of a row of Connected apps."""
    with app.app_context():
        consent = Consent.live_of(person.id, client.id, place.id)
        assert consent is not None
        return consent.shown_id


def revoke(browser: FlaskClient, row: str, where: str = "here") -> TestResponse:
    """Press Revoke on Connected apps, and Revoke access on the page that follows."""
    path = f"/connected-apps/{row}/revocation"
    return send(browser, path, path, {"where": where})
