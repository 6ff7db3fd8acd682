"""Periods of local calendar days, and what they are compared with."""

from datetime import date

import pytest

from models.errors import Invalid
from models.insights.period import Period, period_of

TODAY = date(2026, 3, 31)


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("name", "now", "before"),
    [
        ("today", period("2026-03-31", "2026-03-31"), period("2026-03-30", "2026-03-30")),
        ("7d", period("2026-03-25", "2026-03-31"), period("2026-03-18", "2026-03-24")),
        ("30d", period("2026-03-02", "2026-03-31"), period("2026-01-31", "2026-03-01")),
        ("mtd", period("2026-03-01", "2026-03-31"), period("2026-02-01", "2026-02-28")),
        ("last_month", period("2026-02-01", "2026-02-28"), period("2026-01-04", "2026-01-31")),
    ],
)
def test_a_named_period_ends_today_and_is_compared_with_the_same_length_before(name: str, now: Period, before: Period) -> None:
    assert period_of(name, TODAY) == (now, before)  # type: ignore[arg-type]


def test_the_month_to_date_is_compared_with_the_same_days_of_last_month() -> None:
    assert period_of("mtd", date(2026, 1, 15)) == (period("2026-01-01", "2026-01-15"), period("2025-12-01", "2025-12-15"))


def test_a_custom_period_includes_both_days_and_takes_relative_ones() -> None:
    found = period_of("custom", TODAY, "-9d", "yesterday")
    assert found == (period("2026-03-22", "2026-03-30"), period("2026-03-13", "2026-03-21"))


@pytest.mark.parametrize(
    ("name", "first", "last", "field"),
    [
        ("custom", None, "2026-01-01", "from"),
        ("custom", "2026-01-01", None, "to"),
        ("custom", "2026-01-02", "2026-01-01", "to"),
        ("custom", "2000-01-01", "2026-01-01", "to"),
        ("custom", "2026-02-30", "2026-03-01", "from"),
        ("custom", "0001-01-01", "2026-03-01", "from"),
        ("custom", "2026-01-01", "99999d", "to"),
        ("custom", "2026-01-01", "last tuesday", "to"),
        ("7d", "2026-01-01", None, "period"),
    ],
)
def test_days_that_make_no_period_are_refused_by_name(name: str, first: str | None, last: str | None, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        period_of(name, TODAY, first, last)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_period_ends_where_the_next_day_begins_also_when_the_clocks_change() -> None:
    since, until = period("2026-03-29", "2026-03-29").span("Europe/London")
    assert (until - since).total_seconds() == 23 * 3600
