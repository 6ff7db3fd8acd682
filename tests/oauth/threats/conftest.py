"""Every attack that is refused leaves exactly one row: in the trail of the workspace it reached, else a security event."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from models.activity.audit_event import REFUSALS_AN_HOUR
from models.base import db
from tests.cast import Cast, Place

REFUSED = (400, 401, 403, 404, 405, 413, 415, 421)
"""By HTTP. A form to be put right (422) is no attack; who is told to wait (429) has left rows enough."""


@pytest.fixture(autouse=True)
def every_refusal_leaves_one_row(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count the rows of refusals around each request of the test clients."""
    send = FlaskClient.open
    places = (cast.lotus, cast.peak, cast.harbour)

    def counted(self: FlaskClient, *given: Any, **options: Any) -> TestResponse:
        before = refusals(app, places)
        answer = send(self, *given, **options)
        if is_refusal(answer) and before < REFUSALS_AN_HOUR:
            made = refusals(app, places) - before
            assert made == 1, f"{made} rows for {answer.request.method} {answer.request.path}: {answer.status}"
        return answer

    monkeypatch.setattr(FlaskClient, "open", counted)
    yield


def is_refusal(answer: TestResponse) -> bool:
    """An error status, or an error that goes back to the client; a first call without a token is how clients begin."""
    if answer.status_code == 401 and answer.request.path.startswith("/mcp"):
        return "error=" in answer.headers["WWW-Authenticate"]
    sent_back = answer.status_code in (302, 303) and "error=" in answer.headers["Location"]
    return answer.status_code in REFUSED or (sent_back and "error=access_denied" not in answer.headers["Location"])


def refusals(app: Flask, places: tuple[Place, ...]) -> int:
    """How many rows of refusals there are, in all trails and among the security events."""
    with app.app_context(), db.engine.connect() as reading:
        found = reading.scalar(text("SELECT count(*) FROM security_event WHERE outcome = 'refused'")) or 0
        for place in places:
            if db.engine.dialect.name == "postgresql":
                reading.execute(text("SELECT set_config('app.workspace_id', :id, true)"), {"id": str(place.id)})
            refused = "workspace_id = :here AND outcome IN ('refused', 'not_found')"
            found += reading.scalar(text(f"SELECT count(*) FROM audit_event WHERE {refused}"), {"here": place.id}) or 0
        return int(found)
