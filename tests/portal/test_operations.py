"""What a load balancer sees, and what nobody sees."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from models.base import db


def test_health_and_readiness_answer_any_host_in_json(client: FlaskClient) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = client.get(path, headers={"Host": "10.0.0.7:9000"})
        assert (answer.status_code, answer.json) == (200, {"status": status})
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_database_without_tables_is_not_ready(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "waiting for the database"})
    assert client.get("/healthz").status_code == 200


@pytest.mark.threat("PO17")
@pytest.mark.parametrize("path", ["/metrics", "/console", "/.git/config", "/.env", "/admin", "/static/../app.py", "/debug"])
def test_nothing_that_is_not_meant_to_be_seen_answers(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/privacy", "/terms", "/support", "/", "/login", "/signup"])
def test_public_pages_need_no_account(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200
