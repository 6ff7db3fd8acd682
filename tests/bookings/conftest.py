"""The salon of these tests, open on a Monday at eight in the morning."""

from collections.abc import Iterator

import pytest
from flask import Flask

from models import clock
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast


@pytest.fixture
def salon(app: Flask, cast: Cast) -> Iterator[Salon]:
    """Inside an app context and a stopped clock."""
    with app.app_context(), clock.stopped(NOW):
        yield Salon.open(cast.lotus.id)
