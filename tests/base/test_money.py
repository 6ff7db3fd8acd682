"""Amounts are read exactly and kept in minor units of their own currency."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.money import from_minor, read_decimal, to_minor


@pytest.mark.parametrize(
    ("currency", "major", "minor"),
    [("HKD", "12.5", 1_250), ("JPY", "12", 12), ("KWD", "1.234", 1_234), ("HKD", "-0.01", -1), ("KWD", "0", 0)],
)
def test_an_amount_becomes_minor_units_and_back(currency: str, major: str, minor: int) -> None:
    assert to_minor(Decimal(major), currency) == minor
    assert from_minor(minor, currency) == Decimal(major)


@pytest.mark.parametrize(("currency", "major"), [("HKD", "0.001"), ("JPY", "0.5"), ("KWD", "0.0001")])
def test_change_that_a_currency_does_not_have_is_none(currency: str, major: str) -> None:
    assert to_minor(Decimal(major), currency) is None


@pytest.mark.threat("CR09")
@pytest.mark.parametrize(
    "text",
    ["", "NaN", "sNaN", "Infinity", "-inf", "1e308", "1e99999999", "1e-99999999", "0e1", "１２", "1_000", "1,5", ".5",
     "5.", "9" * 16, "0." + "1" * 11, "--1", "0x10"],
)  # fmt: skip
def test_what_is_no_plain_number_is_none(text: str) -> None:
    assert read_decimal(text) is None


@settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.decimals(-(10**15) + 1, 10**15 - 1, places=4))
def test_every_plain_number_is_read_exactly(number: Decimal) -> None:
    assert read_decimal(f" {number:f} ") == number
