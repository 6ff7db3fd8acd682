"""The top-line figures of a period, with the period before."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import Day
from models.insights.dashboard import FigureKey, dashboard
from models.insights.period import Period, PeriodName

OnDay = Annotated[Day, Field(description="For custom: 2026-11-23, today, yesterday or -30d; included")]


class FigureOut(BaseModel):
    """One number, now and in the period before."""

    key: FigureKey
    value: int
    previous: int
    change_pct: float | None


class PeriodOut(BaseModel):
    """Days, both included."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[str, Field(serialization_alias="from")]
    to: str


class DashboardStats(BaseModel):
    """Figures and the periods they are of."""

    model_config = ConfigDict(serialize_by_alias=True)

    figures: list[FigureOut]
    period: PeriodOut
    previous_period: PeriodOut


@tool(title="Get dashboard stats", capability="insights", access="read", idempotent=True, open_world=False)
def get_dashboard_stats(
    call: Call,
    period: PeriodName,
    from_: Annotated[OnDay | None, Field(alias="from")] = None,
    to: OnDay | None = None,
) -> DashboardStats:
    """Top-line figures of a period of local days with the period before: bookings that start in it and are not
    cancelled, new customers, customers who were active, and no-shows."""
    found = dashboard(call.workspace, period, from_, to)
    return DashboardStats(
        figures=[
            FigureOut(key=each.key, value=each.value, previous=each.previous, change_pct=each.change_pct)
            for each in found.figures
        ],
        period=_out(found.period),
        previous_period=_out(found.previous_period),
    )


def _out(period: Period) -> PeriodOut:
    return PeriodOut(from_=period.first.isoformat(), to=period.last.isoformat())
