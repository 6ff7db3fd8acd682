"""An app, and people's browsers, for the authorization server's tests."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from models.base import db, writing
from models.oauth import served
from tests.oauth.flow import App


@pytest.fixture
def claude(app: Flask) -> App:
    """A self-registered public app."""
    made = App(app.test_client())
    assert made.register().status_code == 201
    return made


@pytest.fixture
def new_app(app: Flask) -> Callable[..., App]:
    """Register one more app: `new_app(client_name="n8n")`."""

    def make(**metadata: Any) -> App:
        uris = metadata.get("redirect_uris") or ["https://app.example/callback"]
        made = App(app.test_client(), redirect_uri=uris[0])
        answer = made.register(**metadata)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return made

    return make


@pytest.fixture
def sql(app: Flask) -> Callable[..., list[dict[str, Any]]]:
    """Rows by plain SQL, in a workspace on PostgreSQL; a statement that changes is committed."""

    def run(statement: str, workspace: int | None = None, **values: Any) -> list[dict[str, Any]]:
        with app.app_context(), writing():
            if workspace is not None and db.engine.dialect.name == "postgresql":
                db.session.execute(text("SELECT set_config('app.workspace_id', :id, true)"), {"id": str(workspace)})
            result = db.session.execute(text(statement), values)
            return [dict(row) for row in result.mappings().all()] if result.returns_rows else []

    return run


@pytest.fixture
def everything_served() -> Any:
    """A process in which some tool serves every scope."""
    from models.oauth.scope import SCOPES

    before = served.pairs()
    served.serve("tests", frozenset().union(*(scope.own for scope in SCOPES.values())))
    yield
    served.serve("tests", before)
