"""The fields of forms: what they refuse, in sentences made from the models' numbers."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from blueprints.pages import fields
from blueprints.pages.fields import PriceField, ScaledField, name_field, number, text_area
from tests.e2e.gallery import gallery

APP = gallery()


class Sample(Form):
    """One of each."""

    name = name_field("Name", 12, "Enter a name.")
    nickname = name_field("Nickname", 2_000)
    about = text_area("About", 5)
    seats = number("Seats", (1, 1_000), 1)
    limit = number("Limit", (0, None))
    price = PriceField("Price", (0, 100_000))
    hours = ScaledField("Hours", (0, 6_000), 60)


@pytest.fixture(autouse=True)
def request_in_a_workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of Hong Kong, whose currency has cents."""
    monkeypatch.setattr(fields, "workspace", lambda: SimpleNamespace(currency="HKD"))
    with APP.test_request_context():
        yield


def problems(**typed: str) -> dict[str, Any]:
    form = Sample(MultiDict({"name": "Ada", "seats": "2", "price": "10"} | typed))
    return {} if form.validate() else {name: str(errors[0]) for name, errors in form.errors.items()}


def test_what_the_models_take_is_taken() -> None:
    assert problems(name="x" * 12, nickname="x" * 2_000, about="x" * 5, seats="1000", limit="0", price="1000.00") == {}
    assert problems(limit="", nickname="", about="") == {}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Enter a name."),
        ("name", " \u200b ", "Enter a name."),
        ("name", "x" * 13, "At most 12 characters."),
        ("nickname", "x" * 2_001, "At most 2,000 characters."),
        ("about", "x" * 6, "At most 5 characters."),
        ("seats", "", "Enter a number."),
        ("seats", "two", "Enter a whole number."),
        ("seats", "9" * 5_000, "Enter a whole number."),
        ("seats", "0", "From 1 to 1,000."),
        ("seats", "1001", "From 1 to 1,000."),
        ("limit", "-1", "At least 0."),
        ("price", "", "Enter a price."),
        ("price", "ten", "Enter an amount, such as 480 or 480.50."),
        ("price", "sNaN", "Enter an amount, such as 480 or 480.50."),
        ("price", "Infinity", "Enter an amount, such as 480 or 480.50."),
        ("price", "-0.01", "From 0 to 1,000."),
        ("price", "1e99999", "Enter an amount, such as 480 or 480.50."),
        ("price", "10.005", "This currency has no such small change."),
        ("hours", "soon", "Enter a number, such as 24 or 1.5."),
        ("hours", "1.005", "At most two places after the point."),
        ("hours", "100.02", "From 0 to 100."),
        ("hours", "-0.01", "From 0 to 100."),
    ],
)
def test_what_they_do_not_take_is_refused_with_the_limit_itself(field: str, typed: str, sentence: str) -> None:
    assert problems(**{field: typed}) == {field: sentence}


def test_the_browser_is_told_the_same_limits() -> None:
    form = Sample()
    assert 'maxlength="12"' in form.name() and 'required' in form.name()
    assert 'min="1"' in form.seats() and 'max="1000"' in form.seats() and "required" not in form.limit()


@pytest.mark.parametrize(
    ("minutes", "written"), [(0, "0"), (1, "0.02"), (90, "1.5"), (100, "1.67"), (1_440, "24"), (6_000, "100")]
)
def test_hours_come_back_as_the_minutes_that_they_were_written_from(minutes: int, written: str) -> None:
    shown = Sample(data={"hours": minutes})
    assert shown.hours.data == written
    sent = Sample(MultiDict({"name": "Ada", "seats": "2", "price": "10", "hours": written}))
    assert sent.validate()
    assert sent.hours.value == minutes
