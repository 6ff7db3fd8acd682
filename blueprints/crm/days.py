"""Days of the workspace's calendar: which one the address asks for, and when it begins and ends."""

from datetime import date, datetime, timedelta

from flask import request

from blueprints.access import workspace
from blueprints.pages.fields import YEARS
from models.base.wall_clock import midnight


def today() -> date:
    """Today where the workspace is."""
    return workspace().local_now.date()


def asked_day(name: str = "day") -> date:
    """The day in the address; today where there is none that can be read."""
    return readable_day(request.args.get(name, "")) or today()


def readable_day(text: str) -> date | None:
    """A calendar day as an address or a form spells it, or None."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def readable_instant(text: str | None) -> datetime | None:
    """An instant as our own forms spell it, with its offset, or None."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None and found.year in YEARS else None


def span_of(first: date, days: int = 1) -> tuple[datetime, datetime]:
    """From local midnight of the first day to that after the last; a day may have 23 or 25 hours."""
    zone = workspace().timezone
    return midnight(zone, first), midnight(zone, first + timedelta(days=days))


def week_of(day: date) -> list[date]:
    """The seven days from Monday of the day's week."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]
