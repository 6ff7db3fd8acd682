"""The top-line figures of a workspace, each with the period before (DOMAIN §2, Figures), and the lines of its charts.

A figure is a count between two instants, read from an index: all figures of a table in one pass over each period, all
points of a chart in one statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, column, func, literal, select, union_all, values

from models.base import Instant, db
from models.bookings.booking import Booking
from models.customers.customer import Customer
from models.customers.here import Here
from models.insights.period import Period, PeriodName, Span, period_of

FigureKey = Literal["bookings", "new_customers", "active_customers", "no_shows"]

@dataclass(frozen=True, slots=True)
class Figure:
    """One number now and in the period before."""

    key: FigureKey
    value: int
    previous: int

    @property
    def change_pct(self) -> float | None:
        """By how many per cent it changed, one decimal; None where there was nothing before."""
        return round(100 * (self.value - self.previous) / self.previous, 1) if self.previous else None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures of a period."""

    period: Period
    previous_period: Period
    figures: list[Figure]


def dashboard(here: Here, name: PeriodName, first: str | None = None, last: str | None = None) -> Dashboard:
    """The figures of a period of local days. Raises Invalid for bad days."""
    period, previous = period_of(name, today_of(here), first, last)
    now, before = _totals(here, [period.span(here.timezone), previous.span(here.timezone)])
    return Dashboard(period, previous, [Figure(key, now[key], before[key]) for key in COUNTS])


def a_day(here: Here, key: FigureKey, period: Period) -> list[tuple[date, int]]:
    """A figure for each day of a period."""
    days = period.each_day()
    return list(zip((day.first for day in days), _line(here, key, [day.span(here.timezone) for day in days]), strict=True))


def a_week(here: Here, key: FigureKey, weeks: int) -> list[tuple[date, int]]:
    """A figure for each of the last so many weeks, by the Monday that they begin with; the last one is under way."""
    today = today_of(here)
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=ago) for ago in range(weeks - 1, -1, -1)]
    spans = [Period(start, start + timedelta(days=6)).span(here.timezone) for start in starts]
    return list(zip(starts, _line(here, key, spans), strict=True))


def today_of(here: Here) -> date:
    """The workspace's calendar day."""
    return here.local_now.date()


def _totals(here: Here, spans: Sequence[Span]) -> list[dict[FigureKey, int]]:
    """Every figure of each span."""
    found: list[dict[FigureKey, int]] = [{} for _ in spans]
    for table in dict.fromkeys(count.table for count in COUNTS.values()):
        keys = [key for key, count in COUNTS.items() if count.table is table]
        rows = db.session.execute(
            union_all(*(
                select(literal(place), *(COUNTS[key].total for key in keys))
                .select_from(table)
                .where(*COUNTS[keys[0]].between(here, since, until))
                for place, (since, until) in enumerate(spans)
            ))
        )  # fmt: skip
        for place, *totals in rows:
            found[place] |= zip(keys, totals, strict=True)
    return found


def _line(here: Here, key: FigureKey, spans: Sequence[Span]) -> list[int]:
    """One figure for each of many spans."""
    count = COUNTS[key]
    asked = values(column("place", Integer), column("since", Instant), column("until", Instant), name="asked")
    span = asked.data([(place, since, until) for place, (since, until) in enumerate(spans)]).cte("span")
    points = select(count.total).select_from(count.table).where(*count.between(here, span.c.since, span.c.until))
    return list(db.session.scalars(select(points.scalar_subquery()).select_from(span).order_by(span.c.place)))


@dataclass(frozen=True, slots=True)
class _Count:
    """What is counted, and by which of its instants."""

    table: Any
    at: Any
    total: ColumnElement[int]

    def between(self, here: Here, since: Any, until: Any) -> tuple[ColumnElement[bool], ...]:
        """SQL: the rows of this workspace from one instant to just before another."""
        return self.table.workspace_id == here.id, self.at >= since, self.at < until


_STANDS = Booking.status != "cancelled"

COUNTS: dict[FigureKey, _Count] = {
    "bookings": _Count(Booking, Booking.starts_at, func.count().filter(_STANDS)),
    # A record that was merged into another is not a second person.
    "new_customers": _Count(Customer, Customer.created_at, func.count().filter(Customer.merged_into.is_(None))),
    "active_customers": _Count(Booking, Booking.starts_at, func.count(Booking.customer_id.distinct()).filter(_STANDS)),
    "no_shows": _Count(Booking, Booking.starts_at, func.count().filter(Booking.status == "no_show")),
}
