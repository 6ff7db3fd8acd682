"""The list of bookings: what its filter asks, a page of what was found, and how many there are."""

from typing import Any

from flask import request

from blueprints.access import workspace
from blueprints.crm.days import span_of
from blueprints.crm.forms.booking import BookingFilterForm
from blueprints.pages.lists import its_cursor, next_page
from models.base import Page
from models.bookings.listing import BookingFilter, BookingRow, Sought
from models.errors import Invalid

PER_PAGE = 25
_NOTHING: Page[BookingRow] = Page([], None)


def listed() -> dict[str, Any]:
    """What the page shows: from today on unless another first day is asked for; without any, the latest first."""
    form, found, total = BookingFilterForm(request.args), _NOTHING, 0
    if form.validate():
        try:
            asked = _asked(form)
            with its_cursor() as cursor:
                found = asked.page(workspace(), cursor, PER_PAGE)
            total = asked.count(workspace())
        except Invalid as error:
            form.refuse(error, query="q")
    return {
        "form": form,
        "rows": found.items,
        "total": total,
        "any_at_all": bool(found.items) or bool(BookingFilter().page(workspace(), limit=1).items),
        **next_page(found),
    }


def _asked(form: BookingFilterForm) -> BookingFilter:
    first, last = form["from"].data, form["to"].data
    return BookingFilter(
        start=span_of(first)[0] if first else None,
        end=span_of(last)[1] if last else None,
        status=form.status.data or None,
        staff_id=form.staff.record_id,
        service_id=form.service.record_id,
        location_id=form.location.record_id,
        sought=Sought.typed(workspace(), form.q.data) if form.q.data else None,
    )
