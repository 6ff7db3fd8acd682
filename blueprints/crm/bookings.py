"""The bookings of a workspace: a day by person, a week, or a list."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, gettext

from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.board import board_of
from blueprints.crm.booking_list import listed
from blueprints.crm.days import asked_day, span_of, today, week_of
from blueprints.htmx import page_or_fragment
from blueprints.pages.lists import this_list
from blueprints.pages.records import record
from models import clock
from models.bookings.day_plan import day_plan
from models.bookings.listing import BookingFilter, BookingRow
from models.bookings.location import Location

WEEK_MOST, SHOWN_A_DAY, PEOPLE_MOST = 1_000, 12, 12


@dataclass(frozen=True, slots=True)
class Column:
    """A day in a week; a class of several is one line. `more` lines are left out for room, `count` is of all bookings."""

    name: str
    day: date
    lines: Sequence[Sequence[BookingRow]]
    more: int
    count: int


@bp.get("/bookings")
@needs("bookings", "read")
def bookings(slug: str) -> ResponseReturnValue:
    """The day by person, unless the address asks for the week or the list."""
    views = {"week": _week, "list": _list}
    return views.get(request.args.get("view", ""), _day)()


def _day() -> ResponseReturnValue:
    """The board holds a dozen people; the next ones are a page further."""
    day, place, here = asked_day(), _place(), workspace()
    start, end = span_of(day)
    plan = day_plan(here, day, place)
    first = min(max(request.args.get("people", 0, int), 0), len(plan) and (len(plan) - 1) // PEOPLE_MOST) * PEOPLE_MOST
    shown = plan[first : first + PEOPLE_MOST]
    every = BookingFilter(start, end, location_id=place)
    cancelled = BookingFilter(start, end, location_id=place, status="cancelled").count(here)
    return _page(
        "day", day, board=board_of(shown, day, here.timezone, clock.now()), cancelled=cancelled,
        total=every.count(here) - cancelled, booking_url=url_for(".new_booking", day=day.isoformat()),
        **_others(len(plan), first), **_steps(day, 1),
    )  # fmt: skip


def _week() -> ResponseReturnValue:
    days, place = week_of(asked_day()), _place()
    start, end = span_of(days[0], 7)
    by_day: dict[date, list[BookingRow]] = defaultdict(list)
    for row in BookingFilter(start, end, location_id=place).all(workspace(), WEEK_MOST):
        if row.status != "cancelled":
            by_day[row.starts_at.astimezone(workspace().zone).date()].append(row)
    columns = [_column(day, by_day[day]) for day in days]
    return _page("week", days[0], columns=columns, total=sum(map(len, by_day.values())), **_steps(days[0], 7))


def _column(day: date, rows: Sequence[BookingRow]) -> Column:
    by_session: dict[int, list[BookingRow]] = defaultdict(list)
    for row in rows:
        by_session[row.session_id].append(row)
    lines = list(by_session.values())
    return Column(format_date(day, "EEE d MMM"), day, lines[:SHOWN_A_DAY], max(0, len(lines) - SHOWN_A_DAY), len(rows))


def _list() -> ResponseReturnValue:
    return _page("list", today(), **listed())


def _place() -> int | None:
    asked = request.args.get("location", "")
    return record(Location, asked).id if asked else None


def _others(people: int, first: int) -> dict[str, Any]:
    """The links to the people who have no room on this board."""
    number = first // PEOPLE_MOST
    return {
        "people": (first + 1, min(first + PEOPLE_MOST, people), people),
        "people_before": this_list(people=number - 1) if number else None,
        "people_after": this_list(people=number + 1) if first + PEOPLE_MOST < people else None,
    }


def _steps(day: date, by: int) -> dict[str, Any]:
    return {"before": this_list(day=day - timedelta(days=by)), "after": this_list(day=day + timedelta(days=by))}


def _view(name: str) -> str:
    """The same day and place in another view; the week opens where today is."""
    day = request.args.get("day") if name != "list" else None
    anchor = "today" if name == "week" and not day else None
    return url_for(".bookings", view=name, day=day or None, location=request.args.get("location") or None, _anchor=anchor)


def _page(view: str, day: date, **shown: Any) -> ResponseReturnValue:
    names = (("day", gettext("Day")), ("week", gettext("Week")), ("list", gettext("List")))
    tabs = [(word, _view(name), name == view) for name, word in names]
    return page_or_fragment(
        "crm/bookings/index.html",
        f"crm/bookings/_{view}.html",
        view=view,
        day=day,
        today=today(),
        views=tabs,
        places=[(place.shown_id, place.name) for place in Location.active(workspace())],
        **shown,
    )
