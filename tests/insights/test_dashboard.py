"""The figures, compared with plain SQL written another way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from models import clock
from models.accounts.workspace import Workspace
from models.base import db, enter, writing
from models.customers.customer import Customer
from models.errors import Invalid
from models.insights.dashboard import a_day, a_week, dashboard
from models.insights.period import Period
from tests.cast import Cast
from tests.insights.trade import trade

NOW = datetime(2026, 5, 15, 3, 30, tzinfo=UTC)
LOCAL_DAY = {
    "sqlite": "date({column} / 1000, 'unixepoch', '+8 hours')",
    "postgresql": "to_char({column} AT TIME ZONE 'Asia/Hong_Kong', 'YYYY-MM-DD')",
}
OTHERWISE = {
    "bookings": "SELECT count(*) FROM booking WHERE workspace_id = :w AND status <> 'cancelled' AND {starts} BETWEEN :a AND :b",
    "no_shows": "SELECT count(*) FROM booking WHERE workspace_id = :w AND status = 'no_show' AND {starts} BETWEEN :a AND :b",
    "active_customers": "SELECT count(*) FROM (SELECT customer_id FROM booking WHERE workspace_id = :w"
    " AND status <> 'cancelled' AND {starts} BETWEEN :a AND :b GROUP BY customer_id) AS seen",
    "new_customers": "SELECT count(*) FROM customer WHERE workspace_id = :w AND merged_into IS NULL"
    " AND {created} BETWEEN :a AND :b",
}


@pytest.fixture
def here(app: Flask, cast: Cast) -> Iterator[Workspace]:
    with app.app_context(), clock.stopped(NOW):
        trade(cast.harbour.id, NOW, seed=3)
        trade(cast.lotus.id, NOW)
        yield db.session.get_one(Workspace, cast.lotus.id)


def plainly(key: str, workspace: Workspace, period: Period) -> int:
    day = LOCAL_DAY[db.engine.dialect.name]
    statement = OTHERWISE[key].format(starts=day.format(column="starts_at"), created=day.format(column="created_at"))
    asked = {"w": workspace.id, "a": period.first.isoformat(), "b": period.last.isoformat()}
    return int(db.session.execute(text(statement), asked).scalar_one())


@pytest.mark.parametrize("name", ["today", "7d", "30d", "mtd", "last_month"])
def test_every_figure_agrees_with_plain_sql_now_and_before(here: Workspace, name: Any) -> None:
    board = dashboard(here, name)
    for figure in board.figures:
        assert figure.value == plainly(figure.key, here, board.period), figure.key
        assert figure.previous == plainly(figure.key, here, board.previous_period), figure.key
    assert [figure.key for figure in board.figures] == ["bookings", "new_customers", "active_customers", "no_shows"]


def test_a_custom_period_agrees_too(here: Workspace) -> None:
    board = dashboard(here, "custom", "2026-02-03", "2026-03-17")
    assert {figure.key: figure.value for figure in board.figures} == {
        key: plainly(key, here, Period(date(2026, 2, 3), date(2026, 3, 17))) for key in OTHERWISE
    }


def test_the_change_is_in_per_cent_and_none_where_there_was_nothing_before(here: Workspace) -> None:
    for figure in dashboard(here, "30d").figures:
        assert figure.change_pct == round(100 * (figure.value - figure.previous) / figure.previous, 1)
    empty = dashboard(here, "custom", "1999-01-01", "1999-01-02")
    assert [(figure.value, figure.change_pct) for figure in empty.figures] == [(0, None)] * 4


def test_a_record_that_was_merged_away_is_no_new_customer(here: Workspace, cast: Cast) -> None:
    before = {figure.key: figure.value for figure in dashboard(here, "last_month").figures}
    newcomers = (Customer.created_at >= NOW - timedelta(days=40), Customer.created_at < NOW - timedelta(days=20))
    with writing():
        merged, survivor = db.session.scalars(Customer.within(cast.lotus).where(*newcomers).limit(2))
        merged.merged_into = survivor.id
    assert {figure.key: figure.value for figure in dashboard(here, "last_month").figures} == {
        **before, "new_customers": before["new_customers"] - 1,
    }  # fmt: skip


def test_the_days_of_a_chart_add_up_to_the_figure(here: Workspace) -> None:
    board = dashboard(here, "30d")
    assert sum(value for _, value in a_day(here, "bookings", board.period)) == board.figures[0].value


def test_the_weeks_of_a_chart_begin_on_mondays_and_the_last_is_this_one(here: Workspace) -> None:
    weeks = a_week(here, "new_customers", 12)
    assert [start.weekday() for start, _ in weeks] == [0] * 12
    assert weeks[-1][0] == date(2026, 5, 11)
    assert sum(value for _, value in weeks) == plainly("new_customers", here, Period(weeks[0][0], date(2026, 5, 17)))


def test_a_workspace_sees_only_its_own_figures(here: Workspace, cast: Cast) -> None:
    enter(cast.peak.id)
    board = dashboard(db.session.get_one(Workspace, cast.peak.id), "30d")
    assert [figure.value for figure in board.figures] == [0, 0, 0, 0]


def test_bad_days_are_refused(here: Workspace) -> None:
    with pytest.raises(Invalid):
        dashboard(here, "custom", "2026-05-02", "2026-05-01")
