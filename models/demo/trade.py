"""The shape of trade: how many bookings fall on each day, so that a graph of them looks like a business."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Final

from models.demo.businesses import Business

PAST_DAYS: Final = 3 * 365 + 1
AHEAD_DAYS: Final = 30
_SEASON: Final = (0.95, 0.85, 0.97, 1.0, 1.05, 1.02, 0.95, 0.9, 0.98, 1.02, 1.1, 1.3)
"""By month: weddings in spring, families away in August, parties in December."""
_NEW_YEAR: Final = {
    2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13),
    2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8), 2036: (1, 28),
}  # fmt: skip
"""First day of the lunar year; shops close for three days and are full in the fortnight before."""


def first_day(as_of: date) -> date:
    """The day the three businesses opened."""
    return as_of - timedelta(days=PAST_DAYS)


def holidays(day: date) -> tuple[date, ...]:
    """The days of the year of `day` on which everything is shut."""
    if day.year not in _NEW_YEAR:
        return ()
    month, first = _NEW_YEAR[day.year]
    start = date(day.year, month, first)
    return tuple(start + timedelta(days=number) for number in range(3))


def volumes(business: Business, as_of: date, total: int, rng: Random) -> Iterator[tuple[date, int]]:
    """Every day with its bookings, from the opening to 30 days ahead; together exactly `total`."""
    days = [first_day(as_of) + timedelta(days=number) for number in range(PAST_DAYS + AHEAD_DAYS + 1)]
    weights = [_weight(business, day, as_of) * (0.65 + 0.7 * rng.random()) for day in days]
    whole, reached, given = math.fsum(weights), 0.0, 0
    for day, weight in zip(days, weights, strict=True):
        reached += weight
        upto = total if day == days[-1] else min(total, round(total * reached / whole))
        yield day, upto - given
        given = upto


def _weight(business: Business, day: date, as_of: date) -> float:
    shut = holidays(day)
    if day in shut:
        return 0.0
    rush = 1.35 if shut and 0 < (shut[0] - day).days <= 14 else 1.0
    grown = 0.75 + 0.5 * (PAST_DAYS - (as_of - day).days) / PAST_DAYS
    booked_already = 1.0 if day < as_of else 0.25 + 0.65 * math.exp(-(day - as_of).days / 9)
    return business.weekday_weight[day.weekday()] * _SEASON[day.month - 1] * rush * grown * booked_already
