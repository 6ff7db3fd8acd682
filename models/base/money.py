"""Money: whole minor units and a currency (DOMAIN §1). JPY has no minor unit, KWD a thousandth: Babel knows.

Doors word an amount for people; here it is only read, exactly, and converted.
"""

import re
from decimal import Decimal

from babel.numbers import get_currency_precision

DIGITS_MAX = 15
"""Before the decimal point: what a 63-bit integer of minor units holds with room to spare."""
_DECIMAL = re.compile(rf"[+-]?\d{{1,{DIGITS_MAX}}}(?:\.\d{{1,10}})?", re.ASCII)


def read_decimal(text: str) -> Decimal | None:
    """A number as people type it, exact; None for anything else: exponents, infinities, more digits than fit."""
    said = text.strip()
    return Decimal(said) if _DECIMAL.fullmatch(said) else None


def minor_units(currency: str) -> int:
    """How many minor units one major unit has: 100 for HKD, 1 for JPY, 1,000 for KWD."""
    return int(10 ** get_currency_precision(currency))


def to_minor(major: Decimal, currency: str) -> int | None:
    """An amount in minor units; None where it is finer than the currency."""
    minor = major * minor_units(currency)
    return int(minor) if minor == minor.to_integral_value() else None


def from_minor(minor: int, currency: str) -> Decimal:
    """An amount in major units, with as many decimal places as the currency has."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))
