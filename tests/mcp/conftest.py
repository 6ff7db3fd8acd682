"""The desk: the real app with the tools and tokens of `desk.py`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from models.base import db
from models.oauth.standing import WorkspaceFacts
from tests.cast import Cast
from tests.mcp.desk import Desk


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Iterator[Desk]:
    """Alice's workspace, with one good token for everything."""
    before = app.extensions["mcp"]
    facts = WorkspaceFacts(cast.lotus.id, cast.lotus.slug, cast.lotus.name, "Asia/Hong_Kong", "unlimited")
    opened = Desk(app, facts).open()
    opened.admit()
    yield opened
    app.extensions["mcp"] = before


@pytest.fixture
def told() -> Any:
    """What an error result says: `told(result)["code"]`."""

    def read(result: dict[str, Any]) -> dict[str, Any]:
        assert result["isError"] is True
        assert "structuredContent" not in result
        said: dict[str, Any] = json.loads(result["content"][0]["text"])
        return said

    return read


@pytest.fixture
def rows(app: Flask) -> Any:
    """Rows of the test's database, by plain SQL, seen as the owner of the file sees them."""

    def read(statement: str, **values: Any) -> list[dict[str, Any]]:
        with app.app_context():
            workspace = values.pop("workspace", None)
            if workspace is not None and db.engine.dialect.name == "postgresql":
                db.session.execute(text("SELECT set_config('app.workspace_id', :id, true)"), {"id": str(workspace)})
            found = db.session.execute(text(statement), values).mappings().all()
            db.session.rollback()
            return [dict(row) for row in found]

    return read
