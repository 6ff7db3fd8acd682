"""Moving a booking to another free time; it keeps its id and ref."""

from datetime import date, timedelta
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.days import today
from blueprints.crm.forms.booking import MoveForm
from blueprints.crm.slots import Looking
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.move import Move
from models.bookings.service import Service
from models.customers.customer import Customer

PAGE = "crm/bookings/move.html", "crm/bookings/_move.html"


@bp.get("/bookings/<shown_id>/move")
@needs("bookings", "write")
def move_booking_page(slug: str, shown_id: str) -> ResponseReturnValue:
    """The free times of a day, the booking's own among them."""
    found = record(Booking, shown_id)
    form = _form(found)
    form.look()
    return page_or_fragment(*PAGE, form=form, **_shown(found, form))


@bp.post("/bookings/<shown_id>/move")
@needs("bookings", "write")
def move_booking(slug: str, shown_id: str) -> ResponseReturnValue:
    """Take the new time and free the old one, or change nothing."""
    found, by = record(Booking, shown_id), access.actor()
    form = _form(found)
    if not form.accepted(lambda: _move(record(Booking, shown_id), form).carry_out(workspace(), by)):
        found = record(Booking, shown_id)
        form.catch_up(found.version)
        return unprocessable(*PAGE, form=form, **_shown(found, form))
    flash(gettext("Moved."))
    return go(url_for(".booking", shown_id=shown_id))


def _move(found: Booking, form: MoveForm) -> Move:
    assert form.day.data is not None
    return Move(found, form.start(form.day.data), staff=form.staff.record, expected_version=form.version.data)


def _form(found: Booking) -> MoveForm:
    """On GET what the address asks for; the day of the booking where it asks for none."""
    typed = request.args if request.method == "GET" else request.form
    form = MoveForm(typed, version=found.version, day=_own_day(found))
    form.staff.offer(_doers(Service.find(workspace(), found.service_id)))
    return form


def _doers(service: Service) -> list[Staff]:
    people = [person for person in Staff.active(workspace()) if person.bookable]
    return people if service.kind == "class" else [person for person in people if person.id in set(service.doers)]


def _own_day(found: Booking) -> date:
    return found.starts_at.astimezone(workspace().zone).date()


def _shown(found: Booking, form: MoveForm) -> dict[str, Any]:
    here, day = workspace(), form.day.data or _own_day(found)
    service = Service.find(here, found.service_id)
    free = Looking(service, found.party_size, form.staff.record_id, moving=found).on(day)
    days = {"before": day - timedelta(days=1), "after": day + timedelta(days=1), "next_url": free.next_day}
    page: dict[str, Any] = {"shown_id": found.shown_id, "staff": form.staff.data or None}
    return {
        "booking": found,
        "service": service,
        "customer": Customer.find(here, found.customer_id),
        "day": day,
        "today": today(),
        "free": free,
        **{name: url_for(".move_booking_page", day=each.isoformat(), **page) if each else None for name, each in days.items()},
    }
