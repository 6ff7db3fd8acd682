"""The first page of a workspace: its figures, how they run, today's bookings, and what assistants did."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast, get_args

from babel.dates import format_skeleton
from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.htmx import page_or_fragment
from blueprints.pages.charts import Chart, chart_of
from models import clock
from models.bookings.asset import Staff
from models.insights import activity_feed
from models.insights import dashboard as insights
from models.insights.agenda import todays
from models.insights.period import Period, PeriodName, period_of
from models.insights.setup import steps_of

CHARTED: PeriodName = "30d"
WEEKS = 12
BASICS = ("services", "staff", "hours")
"""Without these there is no day to look at: what is to be done comes first then."""
SHOWN = 8
"""Lines of today."""
ACTS = 4
PERIODS = tuple(name for name in get_args(PeriodName) if name != "custom")


@bp.get("/")
@needs("insights", "read")
def dashboard(slug: str) -> ResponseReturnValue:
    """The figures of a period (30 days unless another is asked for), each beside the period before."""
    here, name = workspace(), _period()
    steps = steps_of(here)
    return page_or_fragment(
        "crm/dashboard/index.html",
        "crm/dashboard/_figures.html",
        today=format_skeleton("yMMMMEEEEd", insights.today_of(here), locale=get_locale()),
        board=insights.dashboard(here, name),
        periods=[(said, url_for(".dashboard", period=each), each == name) for each, said in _period_names().items()],
        bookings=_bookings_a_day(),
        newcomers=_newcomers_a_week(),
        agenda=todays(here, clock.now(), SHOWN),
        acts=activity_feed.feed(here, shown="acts", by="assistants", limit=ACTS).items,
        looked_up=activity_feed.looked_up(here, clock.now() - timedelta(days=7)),
        steps=[] if all(step.done for step in steps) else steps,
        is_new=not all(step.done for step in steps if step.name in BASICS),
        first_person=next(iter(Staff.active(here)), None),
    )


def _period() -> PeriodName:
    asked = request.args.get("period", "")
    return cast(PeriodName, asked) if asked in PERIODS else CHARTED


def _period_names() -> dict[PeriodName, str]:
    return {
        "today": gettext("Today"),
        "7d": gettext("7 days"),
        "30d": gettext("30 days"),
        "mtd": gettext("This month"),
        "last_month": gettext("Last month"),
    }


def _bookings_a_day() -> Chart:
    here = workspace()
    period, previous = period_of(CHARTED, insights.today_of(here))
    points = insights.a_day(here, "bookings", Period(previous.first, period.last))
    return chart_of(_labelled(points[previous.days :]), before=[value for _, value in points[: previous.days]])


def _newcomers_a_week() -> Chart:
    return chart_of(_labelled(insights.a_week(workspace(), "new_customers", WEEKS)))


def _labelled(points: Sequence[tuple[date, int]]) -> list[tuple[str, int]]:
    return [(str(format_skeleton("MMMd", day, locale=get_locale())), value) for day, value in points]
