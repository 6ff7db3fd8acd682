"""Charts, money, moments and names: what the components are given to show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from blueprints.pages.charts import BASE, TOP, chart_of
from blueprints.pages.formats import initials, iso, moment, money, tint
from models import clock
from tests.e2e.gallery import gallery

AT = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
APP = gallery()
CHINESE = gallery("zh_Hant_HK")


@pytest.fixture(autouse=True)
def request_in_english() -> Iterator[None]:
    with APP.test_request_context():
        yield


@given(some.lists(some.integers(-(10**12), 10**12), min_size=1, max_size=60))
def test_every_scale_holds_zero_and_every_value_between_few_round_ticks(values: list[int]) -> None:
    with APP.test_request_context():
        chart = chart_of([(str(i), value) for i, value in enumerate(values)])
    assert sum(tick.zero for tick in chart.ticks) == 1
    assert 2 <= len(chart.ticks) <= 7
    assert all(TOP <= mark.at <= BASE and mark.height >= 0 for mark in chart.marks)
    assert all(mark.left >= 0 and mark.left + mark.width <= 100.01 for mark in chart.marks)
    assert 1 <= sum(mark.labelled for mark in chart.marks) <= 7


def test_bars_stand_on_zero_and_losses_hang_from_it() -> None:
    gain, loss = chart_of([("Mon", 10), ("Tue", -10)]).marks
    assert gain.y + gain.height == loss.y == chart_of([("Mon", 10), ("Tue", -10)]).base


def test_a_chart_of_nothing_but_zeros_is_empty_and_one_of_a_single_value_is_not() -> None:
    assert chart_of([("Mon", 0), ("Tue", 0)]).empty
    assert chart_of([]).empty
    assert not chart_of([("Mon", 1)]).empty


def test_a_scale_of_money_reads_in_whole_units_and_its_table_in_full() -> None:
    chart = chart_of([("Mon", 1_250_000), ("Tue", 0)], currency="HKD")
    assert [tick.text for tick in chart.ticks] == ["0", "5K", "10K", "15K"]
    assert chart.marks[0].text == "HK$12,500.00"


def test_a_period_before_is_compared_point_by_point() -> None:
    chart = chart_of([("Mon", 4), ("Tue", 8)], before=[8])
    assert chart.compared
    assert [mark.text_before for mark in chart.marks] == ["8", None]


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(125050, "HKD", "HK$1,250.50"), (1250, "JPY", "JP¥1,250"), (1250, "KWD", "KWD 1.250"), (-500, "HKD", "-HK$5.00")],
)
def test_money_has_the_decimals_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency).replace("\xa0", " ") == text


def test_money_in_whole_units_rounds_and_money_without_currency_is_refused() -> None:
    assert money(125_060, "HKD", whole=True) == "HK$1,251"
    with pytest.raises(ValueError, match="currency"):
        money(100)


def test_a_moment_is_told_in_the_zone_of_the_workspace() -> None:
    assert iso(AT) == "2026-11-20T15:30:00+08:00"
    assert moment(AT).replace("\u202f", " ") == "20 Nov 2026, 3:30 pm"
    assert moment(AT, "day").replace("\u202f", " ") == "Fri, 20 Nov, 3:30 pm"
    assert moment(datetime(2026, 11, 20, 20, 0, tzinfo=UTC), "date") == "21 Nov 2026"


def test_a_moment_is_told_in_the_language_of_the_reader() -> None:
    with CHINESE.test_request_context():
        assert moment(AT) == "2026年11月20日 下午3:30"
        assert money(125050, "HKD") == "HK$1,250.50"


def test_ago_is_counted_from_the_one_clock() -> None:
    with clock.stopped(AT):
        assert moment(AT - timedelta(minutes=12), "ago") == "12 minutes ago"
        assert moment(AT + timedelta(days=3), "ago") == "in 3 days"
        assert moment(AT - timedelta(seconds=59), "ago") == "just now"
        assert moment(AT - timedelta(days=30), "ago") == "21 Oct 2026"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        *[("Ada Lovelace", "AL"), ("ada", "A"), ("陳志明", "陳"), ("黃美玲 🌸", "黃"), ("🌸", "·"), ("", "·")],
        *[("Anne Marie de Vries", "AV"), ("محمد علي", "م"), ("9 Lives", "L"), ("陳 志明", "陳")],
    ],
)
def test_initials_are_one_or_two_letters_of_any_script(name: str, letters: str) -> None:
    assert initials(name) == letters


@given(some.text(max_size=80))
def test_any_name_has_initials_and_a_tint(name: str) -> None:
    assert len(initials(name)) <= 4
    assert 0 <= tint(name) < 4
