"""Fixtures of the portal's tests."""

from collections.abc import Iterator

import pytest
from flask import Flask

from models.oauth import served
from models.oauth.scope import SCOPES


@pytest.fixture
def everything_served(app: Flask) -> Iterator[None]:
    """A process in which some tool serves every scope."""
    served.serve("tests", frozenset().union(*(scope.own for scope in SCOPES.values())))
    yield
    served.serve("tests", ())
