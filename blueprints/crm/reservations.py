"""A new booking: who, what, when; a time that was taken meanwhile offers three others."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.days import readable_instant, today
from blueprints.crm.forms.booking import NOW, BookingForm
from blueprints.crm.slots import FreeTimes, Looking, only
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.lists import kept_arguments
from blueprints.pages.records import record
from models.base import show
from models.bookings.asset import Staff
from models.bookings.package import Package, PackageCredit
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer

PAGE = "crm/bookings/new.html", "crm/bookings/_new.html"
LATER = "time", "walk_in", "session"
"""What an address may say of the time before there is anything to choose from."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has been chosen so far."""

    customer: Customer
    service: Service | None
    staff: Staff | None
    day: date

    def kept(self, form: BookingForm, **changes: Any) -> dict[str, Any]:
        """What the address of the same choice says, with some of it changed."""
        chosen = {
            "customer": self.customer.shown_id, "service": form.service.data, "staff": form.staff.data,
            "location": form.location.data, "party_size": form.party_size.data, "day": self.day.isoformat(),
        }  # fmt: skip
        later = {name: request.values.get(name) for name in LATER}
        return {name: value for name, value in (chosen | later | changes).items() if value}


@bp.get("/bookings/new")
@needs("bookings", "write")
def new_booking(slug: str) -> ResponseReturnValue:
    """First the customer, on a page of their own; then the service and the day; then a free time."""
    if not request.args.get("customer"):
        return go(url_for(".customer_of_booking", **kept_arguments()))
    form = BookingForm(request.args)
    form.look()
    wanted = _wanted(form)
    return page_or_fragment(*PAGE, form=form, **_shown(wanted, form))


@bp.post("/bookings")
@needs("bookings", "write")
def create_booking(slug: str) -> ResponseReturnValue:
    """Book; the time is checked again inside the transaction."""
    if not request.form.get("customer"):
        flash(gettext("Choose a customer first."), "error")
        return go(url_for(".customer_of_booking"))
    form, by = BookingForm(), access.actor()
    wanted = _wanted(form)
    if not form.accepted(lambda: _book(wanted, form).book(workspace(), by)):
        return unprocessable(*PAGE, form=form, **_shown(_where_asked(wanted, form), form))
    booking, made = form.made
    flash(gettext("Booked.") if made else gettext("This was booked already; here it is."), "success" if made else "info")
    return go(url_for(".booking", shown_id=booking.shown_id))


def _book(wanted: Wanted, form: BookingForm) -> Reservation:
    """A walk-in that began earlier today may be recorded here; tools refuse a past start (DOMAIN §2)."""
    assert wanted.service is not None
    start = form.start(wanted.day)
    return Reservation(
        wanted.customer, wanted.service, start, staff=wanted.staff, location=form.location.record,
        party_size=form.party_size.data or 1, note=form.note.data or None,
        package=record(Package, form.package.data) if form.package.data else None,
        walk_in=True, session=_class_at(wanted.service, start),
    )  # fmt: skip


def _class_at(service: Service, start: datetime) -> Session | None:
    """The very class that one came from, of several at that time; not when another service or time was chosen."""
    asked = request.form.get("session")
    found = record(Session, asked) if asked else None
    return found if found is not None and (found.service_id, found.starts_at) == (service.id, start) else None


def _where_asked(wanted: Wanted, form: BookingForm) -> Wanted:
    """The day of the time that was refused, where it was one of the alternatives of another day."""
    asked = readable_instant(form.starts_at.data)
    if form.other_time.data or asked is None:
        return wanted
    return Wanted(wanted.customer, wanted.service, wanted.staff, asked.astimezone(workspace().zone).date())


def _wanted(form: BookingForm) -> Wanted:
    """What the form says; its selects then offer what goes with that."""
    customer = record(Customer, request.values["customer"])
    wanted = Wanted(customer, form.service.record, form.staff.record, form.day.data or today())
    _offer_doers(form, wanted)
    form.package.choices = [SelectChoice("", gettext("Money, later")), *_packages(wanted)]
    return wanted


def _offer_doers(form: BookingForm, wanted: Wanted) -> None:
    """Only those who do the service; whoever was chosen before it stays, and the form says that they do not do it."""
    if wanted.service is None or wanted.service.kind == "class":
        return
    doing = set(wanted.service.doers)
    people = [each for each in Staff.active(workspace()) if each.bookable and each.id in doing]
    form.staff.offer([*people, *([wanted.staff] if wanted.staff is not None and wanted.staff not in people else [])])


def _packages(wanted: Wanted) -> list[SelectChoice]:
    if wanted.service is None:
        return []
    left: dict[tuple[int, str], int] = {}
    for each in PackageCredit.balances(workspace(), wanted.customer.id):
        if each.service_id == wanted.service.id and each.left:
            left[each.package_id, each.name] = left.get((each.package_id, each.name), 0) + each.left
    return [
        SelectChoice(show(Package.prefix, number), gettext("%(name)s, %(left)s left", name=name, left=count))
        for (number, name), count in left.items()
    ]


def _shown(wanted: Wanted, form: BookingForm) -> dict[str, Any]:
    free = _free(wanted, form)
    _preselect(form, free)
    days = {"before": wanted.day - timedelta(days=1), "after": wanted.day + timedelta(days=1), "next_day": free.next_day}
    links = {
        name: url_for(".new_booking", **wanted.kept(form, day=day.isoformat(), time=None)) if day else None
        for name, day in days.items()
    }
    return {
        "wanted": wanted, "kept": wanted.kept(form), "free": free, "today": today(), "before": links["before"],
        "after": links["after"], "next_url": links["next_day"],
        "posted": request.method == "POST",
    }  # fmt: skip


def _free(wanted: Wanted, form: BookingForm) -> FreeTimes:
    if wanted.service is None or any(form[name].errors for name in BookingForm.CHOICES):
        return only(form.starts_at.data)
    staff_id = wanted.staff.id if wanted.staff else None
    return Looking(wanted.service, form.party_size.data or 1, staff_id, form.location.record_id).on(wanted.day)


def _preselect(form: BookingForm, free: FreeTimes) -> None:
    """The time that the address asks for: a free one, or one to be tried."""
    if request.method != "GET":
        return
    if request.args.get("walk_in") and free.now is not None:
        form.starts_at.data = NOW
    asked = free.at(request.args.get("time", ""))
    if asked is not None:
        form.starts_at.data = asked.value
