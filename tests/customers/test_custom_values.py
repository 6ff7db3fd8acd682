"""What a custom field takes, and the one sentence that says so where it does not."""

from typing import Any

import pytest

from models.customers.custom_field import CustomField, FieldType
from models.customers.custom_value import valid_value
from models.errors import Invalid


def field_of(type: FieldType) -> CustomField:
    options = ["S", "M"] if "choice" in type else None
    return CustomField(key="own", label="Own", type=type, options=options)


@pytest.mark.parametrize(
    ("type", "value", "sentence"),
    [
        ("bool", "perhaps", "Own takes true or false."),
        ("number", "1.00001", "Own takes a number with at most four decimal places."),
        ("money", "a lot", "Own takes an amount in major units."),
        ("date", "2026-02-30", "Own takes a date such as 2026-11-23."),
        ("date", "2026-W12-1", "Own takes a date such as 2026-11-23."),
        ("date", "２０２６-11-23", "Own takes a date such as 2026-11-23."),
        ("choice", "L", "Own takes one of S, M."),
        ("multichoice", ["S", "L"], "Own takes some of S, M."),
        ("url", "javascript:alert(1)", "Own takes a link that begins with http, of at most 500 characters."),
        ("text", "x" * 501, "Own takes text of at most 500 characters."),
    ],
)
def test_what_a_field_does_not_take_is_said_of_the_field(type: FieldType, value: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        valid_value(field_of(type), value, "HKD")
    assert (refused.value.message, refused.value.field) == (sentence, "custom.own")


@pytest.mark.parametrize(
    ("type", "value", "stored"),
    [
        ("bool", "yes", True), ("number", "38", 38), ("money", "12.50", {"minor": 1250, "currency": "HKD"}),
        ("date", "2026-11-23", "2026-11-23"), ("choice", "S", "S"), ("multichoice", ["M", "S"], ["S", "M"]),
        ("url", "https://example.com/", "https://example.com/"), ("text", " seen ", "seen"),
    ],
)  # fmt: skip
def test_what_a_field_takes_is_stored_in_one_form(type: FieldType, value: Any, stored: Any) -> None:
    assert valid_value(field_of(type), value, "HKD") == stored
