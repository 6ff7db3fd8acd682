"""get_dashboard_stats, as an assistant calls it."""

from collections.abc import Iterator
from typing import Any

import pytest

from blueprints.mcp.tools.insights.get_dashboard_stats import get_dashboard_stats
from models import clock
from tests.cast import Cast
from tests.insights.trade import trade
from tests.mcp.desk import Caller, Desk


@pytest.fixture(params=[True, False], ids=["2026-07-28", "2025-11-25"])
def caller(desk: Desk, cast: Cast, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A client of either era, after half a year of trade."""
    with desk.app.app_context():
        trade(cast.lotus.id, clock.now(), bookings=200, customers=10)
    yield desk.open(get_dashboard_stats).caller(modern=request.param)


def test_the_figures_come_with_the_period_before_and_in_one_order(caller: Caller) -> None:
    told = caller.done("get_dashboard_stats", {"period": "30d"})
    assert [each["key"] for each in told["figures"]] == ["bookings", "new_customers", "active_customers", "no_shows"]
    assert told["figures"][0]["value"] > 0
    assert set(told["period"]) == set(told["previous_period"]) == {"from", "to"}
    assert told["workspace"]["slug"] == "lotus-spa" and told["as_of"].endswith("+08:00")


def test_a_period_of_ones_own_names_both_days(caller: Caller) -> None:
    told = caller.done("get_dashboard_stats", {"period": "custom", "from": "2026-01-05", "to": "2026-01-11"})
    assert told["period"] == {"from": "2026-01-05", "to": "2026-01-11"}
    assert told["previous_period"] == {"from": "2025-12-29", "to": "2026-01-04"}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "period"),
        ({"period": "year"}, "period"),
        ({"period": "custom"}, "from"),
        ({"period": "custom", "from": "2026-01-05"}, "to"),
        ({"period": "custom", "from": "2026-01-05", "to": "2026-01-04"}, "to"),
        ({"period": "custom", "from": "soon", "to": "today"}, "from"),
        ({"period": "7d", "from": "2026-01-05"}, "period"),
        ({"period": "7d", "since": "2026-01-05"}, "since"),
        ({"period": 7}, "period"),
    ],
)
def test_bad_arguments_are_refused_by_name(caller: Caller, told: Any, arguments: dict[str, Any], field: str) -> None:
    said = told(caller.result("get_dashboard_stats", arguments))
    assert (said["code"], said["field"]) == ("invalid", field)
