"""Whatever is turned away at a door leaves exactly one row, in the workspace's trail where one is known (THREATS, header)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from models.activity import audit_event
from tests.cast import Cast
from tests.marks import Mark, Marks
from tests.oauth.flow import App, open_consent

Submit = Callable[..., TestResponse]


def one(marks: Marks) -> Mark:
    found = marks.new()
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("ask", "status", "verb"),
    [
        ({"path": "/login", "method": "POST", "data": {"email": "a", "password": "b"}}, 400, "send_request"),
        ({"path": "/login", "method": "DELETE"}, 405, "send_request"),
        ({"path": "/oauth/token", "method": "GET"}, 405, "send_request"),
        ({"path": "/login", "method": "POST", "data": b"x" * ((1 << 20) + 1)}, 413, "send_request"),
        ({"path": "/login", "headers": {"Host": "evil.test"}}, 421, "send_request"),
        ({"path": "/console"}, 404, "send_request"),
        ({"path": "/password-reset/crmut_made-up"}, 400, "reset_password"),
    ],
)
def test_what_a_stranger_is_refused_leaves_one_security_event(
    client: FlaskClient, marks: Marks, ask: dict[str, Any], status: int, verb: str
) -> None:
    assert client.open(**ask).status_code == status
    mark = one(marks)
    assert (mark.workspace, mark.verb, mark.outcome) == (None, verb, "refused")


@pytest.mark.threat("CN01")
@pytest.mark.parametrize("token", [None, "made up"])
def test_a_consent_decided_without_its_token_leaves_one_row_and_no_code(
    app: Flask, alice: FlaskClient, marks: Marks, cast: Cast, token: str | None
) -> None:
    claude = App(app.test_client())
    claude.register()
    page = open_consent(alice, claude.question())
    marks.new()
    data = {"decision": "authorize", **({"csrf_token": token} if token else {})}
    answer = alice.post(page.action, data=data)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    mark = one(marks)
    assert (mark.verb, mark.outcome, mark.actor, mark.fields["error"]) == (
        "send_request", "refused", f"user:{cast.alice.id}", "csrf",
    )  # fmt: skip


def test_a_role_that_may_not_open_a_page_leaves_one_row_in_the_workspaces_trail(
    bob: FlaskClient, cast: Cast, marks: Marks
) -> None:
    assert bob.get("/w/lotus-spa/settings/team").status_code == 403
    mark = one(marks)
    assert mark == ("lotus-spa", "send_request", "refused", f"user:{cast.bob.id}", {"endpoint": "portal.team", "status": 403})


def test_a_record_that_is_not_here_leaves_one_row_and_a_strangers_workspace_a_security_event(
    alice: FlaskClient, charlie: FlaskClient, cast: Cast, marks: Marks
) -> None:
    assert alice.get("/w/lotus-spa/customers/mem_0000000000001").status_code == 404
    assert one(marks)[:3] == ("lotus-spa", "send_request", "not_found")
    assert charlie.get("/w/lotus-spa/customers").status_code == 404
    mark = one(marks)
    assert (mark.workspace, mark.outcome, mark.actor) == (None, "refused", f"user:{cast.charlie.id}")


@pytest.mark.threat("PO06")
def test_a_spent_reset_link_leaves_one_row_without_the_link(client: FlaskClient, submit: Submit, marks: Marks) -> None:
    answer = submit(client, "/password-reset/crmut_made-up", {"password": "another few words"}, page="/password-reset")
    assert answer.status_code == 400
    mark = one(marks)
    assert (mark.verb, mark.outcome) == ("reset_password", "refused")
    assert "crmut" not in repr(mark)


def test_a_form_to_be_put_right_is_no_refusal(alice: FlaskClient, submit: Submit, marks: Marks) -> None:
    assert submit(alice, "/account/name", {"name": ""}, page="/account").status_code == 422
    assert marks.new() == []


def test_a_database_that_takes_no_row_changes_no_answer(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(audit_event, "note_refusal", busy)
    assert client.delete("/login").status_code == 405
    assert "could not be noted" in caplog.text
