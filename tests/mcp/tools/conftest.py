"""Callers of the real tools in both eras, with one token for everything in Alice's workspace and one for Charlie's."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

import blueprints.mcp.tools
from blueprints.mcp.registry import tools_in
from tests.cast import Cast
from tests.customers.desk import facts
from tests.mcp.desk import Caller, Desk


@pytest.fixture
def front(app: Flask, cast: Cast) -> Iterator[Desk]:
    """The desk with the tools that are really served."""
    before = app.extensions["mcp"]
    with app.app_context():
        opened = Desk(app, facts(cast.lotus)).open(*tools_in(blueprints.mcp.tools))
        opened.admit()
        opened.admit("charlies.token", workspace=facts(cast.harbour), consent=8)
    yield opened
    app.extensions["mcp"] = before


@pytest.fixture(params=[True, False], ids=["2026-07-28", "handshake"])
def caller(request: pytest.FixtureRequest, front: Desk) -> Caller:
    """Alice's assistant, in either era."""
    return front.caller(modern=request.param)


@pytest.fixture
def charlies(front: Desk) -> Caller:
    """A stranger's assistant."""
    return front.caller("charlies.token")


@pytest.fixture
def ids() -> Any:
    """The ids of a list's items: `ids(page)`."""
    return lambda page: [item["id"] for item in page["items"]]
