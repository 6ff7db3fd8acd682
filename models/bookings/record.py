"""What every change of a booking leaves behind: a new version, its customer's figures, a line of timeline, an audit row."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import case, func, select, update

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import InWorkspace, db
from models.bookings.booking import Booking
from models.bookings.service import Service
from models.customers import timeline
from models.customers.customer import Customer

COUNTED = ("confirmed", "checked_in", "completed")
"""What counts as a booking of a customer (DOMAIN §2, Figures)."""
_SAID = {
    "create_booking": "Booked {service}",
    "hold_booking": "Held a place for {service}",
    "confirm_booking": "Confirmed {service}",
    "reschedule_booking": "Moved {service}",
    "cancel_booking": "Cancelled {service}",
    "check_in_booking": "Checked in for {service}",
    "complete_booking": "Completed {service}",
    "mark_booking_no_show": "Did not come to {service}",
    "reopen_booking": "Reopened {service}",
    "restore_booking": "Booked {service} again",
    "expire_booking": "The place for {service} lapsed",
    "cancel_session": "{service} was cancelled by the business",
    "change_session": "{service} was changed by the business",
    "change_booking": "Changed {service}",
    "waive_fee": "The fee for {service} was waived",
}
_ACTIVITY: Final = ("create_booking", "hold_booking", "confirm_booking", "reschedule_booking", "check_in_booking")
"""What shows that the customer is about (DOMAIN §2, Figures); what time or the business does to a booking does not."""


def enter(booking: Booking, status: str, verb: str, by: Actor, **changes: Any) -> int:
    """Take a held booking to its next state; returns the audit id. Raises NotNow where the state machine refuses."""
    booking.refuse_unless(status)
    return changed(booking, verb, by, {"from": booking.status, "to": status}, status=status, **changes)


def changed(booking: Booking, verb: str, by: Actor, fields: dict[str, Any] | None = None, **changes: Any) -> int:
    """Write changes of a held booking under a new version, and all that they mean; returns the audit id."""
    for name, value in changes.items():
        setattr(booking, name, value)
    booking.version += 1
    booking.updated_at = clock.now()
    db.session.flush()
    recount(booking.workspace_id, booking.customer_id, active=verb in _ACTIVITY)
    return tell(booking, verb, by, fields)


def tell(booking: Booking, verb: str, by: Actor, fields: dict[str, Any] | None = None) -> int:
    """Write the line of timeline and the audit row of a change; returns the audit id."""
    service = db.session.get(Service, (booking.workspace_id, booking.service_id))
    summary = _SAID[verb].format(service=service.name if service is not None else "a service")
    timeline.happened(
        booking.workspace_id, booking.customer_id, verb, summary, by, entity="booking", entity_id=booking.id,
        data={"ref": booking.ref, "starts_at": booking.starts_at.isoformat(), "status": booking.status, **(fields or {})},
    )  # fmt: skip
    return audit_event.record(booking.workspace_id, verb, by, entity="booking", entity_id=booking.id, fields=fields)


def lock_customers(workspace: InWorkspace, ids: Iterable[int]) -> None:
    """Lock several customers whose bookings are locked, lowest id first, before the first of them is counted anew."""
    rows = select(Customer.id).where(Customer.workspace_id == workspace.id, Customer.id.in_(sorted(set(ids))))
    db.session.execute(rows.order_by(Customer.id).with_for_update(key_share=True)).all()


def refuse_unless_customer_live(booking: Booking) -> None:
    """Raise Conflict where the customer was archived meanwhile; their row is locked, since they were counted anew."""
    customer = Customer.find(booking.here, booking.customer_id)
    db.session.refresh(customer)
    customer.refuse_unless_live()


def recount(workspace_id: int, customer_id: int, *, active: bool = True) -> None:
    """Set a customer's figures from their bookings, and that they were active. The customer's lock follows the booking's."""
    now, counts = clock.now(), Booking.status.in_(COUNTED)
    last, following, count, no_shows = db.session.execute(
        select(
            func.max(case((counts & (Booking.starts_at <= now), Booking.starts_at))),
            func.min(case((counts & (Booking.starts_at > now), Booking.starts_at))),
            func.count(case((counts, 1))),
            func.count(case((Booking.status == "no_show", 1))),
        ).where(Booking.workspace_id == workspace_id, Booking.customer_id == customer_id)
    ).one()
    figures = {
        "last_booking_at": last, "next_booking_at": following, "bookings_count": count, "no_show_count": no_shows,
        **({"last_activity_at": now} if active else {}),
    }  # fmt: skip
    mine = update(Customer).where(Customer.workspace_id == workspace_id, Customer.id == customer_id)
    db.session.execute(mine.values(figures).execution_options(synchronize_session="fetch"))
