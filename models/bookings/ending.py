"""How a booking gives up its place: the seats, the people and things, and for a hold that lapsed also the credits.

Whoever calls has locked the session and then the booking (ARCHITECTURE §2).
"""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select

from models import clock
from models.activity.actor import SYSTEM
from models.base import InWorkspace, db
from models.bookings import record
from models.bookings.booking import Booking
from models.bookings.credit_use import give_back
from models.bookings.occupancy import Occupancy
from models.bookings.session import Session


def give_up_place(booking: Booking) -> None:
    """Free the seats of a booking, and the session with them where it was an appointment."""
    session = Session.find(booking.here, booking.session_id)
    session.give_back_seats(booking.party_size)
    if not booking.service.is_class:
        session.close()


def lapse(booking: Booking) -> None:
    """End a hold that ran out, or a booking that nobody confirmed by its start: no fee, and its credits come back."""
    give_up_place(booking)
    lapsed = {"status": "cancelled", "cancelled_at": clock.now(), "cancelled_for": "expired"}
    record.changed(booking, "expire_booking", SYSTEM, {"from": booking.status, "to": "cancelled"}, **lapsed)
    give_back(booking, by_business=True)


def release_holds(workspace: InWorkspace, sessions: Iterable[int], besides: Collection[int] = ()) -> int:
    """End the expired holds in these sessions, which are locked; returns how many.

    `besides` are customers whom the caller will lock later: they are locked with those of the holds, in one order.
    """
    lapsed = _lapsed(workspace, sessions)
    record.lock_customers(workspace, {*(booking.customer_id for booking in lapsed), *besides})
    for booking in lapsed:
        lapse(booking)
    return len(lapsed)


def lapsed_sessions(workspace: InWorkspace, assets: Iterable[int]) -> set[int]:
    """The appointments that keep any of these assets, and are expired holds only."""
    held = (
        select(Booking.session_id)
        .join(Occupancy, (Occupancy.workspace_id == Booking.workspace_id) & (Occupancy.session_id == Booking.session_id))
        .where(Booking.workspace_id == workspace.id, Booking.status == "held", Booking.hold_expires_at <= clock.now())
        .where(Occupancy.active, Occupancy.asset_id.in_(sorted(assets)))
    )
    return set(db.session.scalars(held))


def _lapsed(workspace: InWorkspace, sessions: Iterable[int]) -> Sequence[Booking]:
    return db.session.scalars(
        Booking.within(workspace)
        .where(Booking.session_id.in_(sorted(sessions)), Booking.status == "held", Booking.hold_expires_at <= clock.now())
        .order_by(Booking.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
