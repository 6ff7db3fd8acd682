"""Somebody to look at, and a way to send forms."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.crm.sending import Post
from tests.customers.desk import person


@pytest.fixture
def ada(app: Flask, cast: Cast) -> str:
    """A customer of Lotus Spa."""
    with app.app_context():
        return person(cast.lotus, "Ada Lovelace", phone="+85291234567", email="ada@example.com")


@pytest.fixture
def post(submit: Callable[..., TestResponse]) -> Post:
    """A form, filled in and sent."""
    return Post(submit)
