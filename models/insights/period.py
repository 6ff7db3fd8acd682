"""A period of local calendar days, and the one before it that its figures are compared with (DOMAIN §2, Figures)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from models.base.wall_clock import midnight
from models.customers.dates import day_from
from models.errors import Invalid

PeriodName = Literal["today", "7d", "30d", "mtd", "last_month", "custom"]
DAYS_MAX = 3_660

Span = tuple[datetime, datetime]
"""From the first instant to the one after the last."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """The same length just before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def span(self, zone: str) -> Span:
        """Its instants: local midnight to local midnight."""
        return midnight(zone, self.first), midnight(zone, self.last + timedelta(days=1))

    def each_day(self) -> list["Period"]:
        """Its days, one by one."""
        return [Period(day, day) for day in (self.first + timedelta(days=n) for n in range(self.days))]


def period_of(name: PeriodName, today: date, first: str | None = None, last: str | None = None) -> tuple[Period, Period]:
    """A named period that ends today (or last month), and the one it is compared with. Raises Invalid for bad days."""
    if name != "custom":
        if first is not None or last is not None:
            raise Invalid("Only a custom period takes a first and a last day.", field="period")
        return _named(name, today)
    if first is None or last is None:
        raise Invalid("A custom period needs both a first and a last day.", field="from" if first is None else "to")
    period = Period(day_from(first, today, field="from"), day_from(last, today, field="to"))
    if period.last < period.first:
        raise Invalid("The last day must not come before the first.", field="to")
    if period.days > DAYS_MAX:
        raise Invalid("A period has at most %(most)d days.", field="to", most=DAYS_MAX)
    return period, period.before()


def _named(name: PeriodName, today: date) -> tuple[Period, Period]:
    month = today.replace(day=1)
    match name:
        case "mtd":
            earlier = (month - timedelta(days=1)).replace(day=1)
            last = min(today.day, monthrange(earlier.year, earlier.month)[1])
            return Period(month, today), Period(earlier, earlier.replace(day=last))
        case "last_month":
            last_day = month - timedelta(days=1)
            period = Period(last_day.replace(day=1), last_day)
        case _:
            length = {"today": 1, "7d": 7, "30d": 30}[name]
            period = Period(today - timedelta(days=length - 1), today)
    return period, period.before()
