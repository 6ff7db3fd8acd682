"""One session of a class: put on, cancelled for the business with nothing to pay, and put on again (DOMAIN §2)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from models import clock
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import InWorkspace, db
from models.bookings.asset import Asset
from models.bookings.booking import LIVE, OCCUPYING, Booking, StaleBooking
from models.bookings.cancellation import cancel_held, restore_held
from models.bookings.class_place import ClassPlace
from models.bookings.ending import lapsed_sessions, release_holds
from models.bookings.facts import CAPACITY_MAX, REASON_MAX, check_numbers, checked_text
from models.bookings.occupancy import Occupancy
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.here import Here
from models.errors import Conflict, Invalid


def add_class(
    service: Service, starts_at: datetime, staff: Iterable[Asset], by: Actor, *, location_id: int | None = None,
    capacity: int | None = None,
) -> Session:  # fmt: skip
    """Put one class on the calendar, led by these people, in the rooms it needs. Raises Invalid, CannotBeOn."""
    if not service.is_class:
        raise Invalid("Only a class has sessions of its own; an appointment is booked where time is free.", field="service_id")
    if starts_at <= clock.now():
        raise Invalid("A class is put on the calendar before it begins.", field="starts_at")
    check_numbers({"capacity": (1, CAPACITY_MAX)}, {"capacity": capacity})
    here = db.session.get_one(Workspace, service.workspace_id)
    ends_at = starts_at + timedelta(minutes=service.duration_min)
    place = ClassPlace.locked(here, service, location_id, [person.id for person in staff])
    lock_with_bookings(here, [], place.assets)
    assets = place.take(starts_at, ends_at)
    session = Session.open(service, starts_at, ends_at, assets, location_id=location_id, capacity=capacity)
    audit_event.record(service.workspace_id, "create_session", by, entity="session", entity_id=session.id)
    return session


def lock_with_bookings(
    here: InWorkspace, ids: Sequence[int], assets: Sequence[int] = (), statuses: Sequence[str] = OCCUPYING
) -> tuple[dict[int, Session], list[Booking]]:
    """Lock sessions, then their bookings, then those customers, each lowest id first; expired holds end (ARCHITECTURE §2).

    So do holds that keep any of these assets, which are locked already. The bookings come in the order of their customers.
    """
    sessions = {*ids, *(lapsed_sessions(here, assets) if assets else ())}
    locked = Session.lock(here, sessions)
    rows = Booking.within(here).where(Booking.session_id.in_(list(ids)), Booking.status.in_(statuses)).order_by(Booking.id)
    bookings = db.session.scalars(rows.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    release_holds(here, sessions, besides=[booking.customer_id for booking in bookings])
    standing = [booking for booking in bookings if booking.status in statuses]
    return locked, sorted(standing, key=lambda booking: (booking.customer_id, booking.id))


def cancel_session(workspace: Here, session: Session, reason: str | None, by: Actor) -> list[Booking]:
    """Cancel a session and every live booking in it; returns these. Raises Conflict when it is over, served or cancelled."""
    said = checked_text(reason, "reason", REASON_MAX)
    locked, bookings = lock_with_bookings(workspace, [session.id])
    held = locked[session.id]
    if held.status == "cancelled":
        raise Conflict("This session was cancelled already.")
    if held.ends_at <= clock.now():
        raise Conflict("This session is over; mark its bookings one by one.")
    cancelled, before = close_class(held, bookings, said, by)
    audit = audit_event.record(workspace.id, "cancel_session", by, entity="session", entity_id=held.id)
    keep_undo(workspace.id, audit, "cancel_session", entity="session", entity_id=held.id, before=before)
    return cancelled


def close_class(held: Session, bookings: Sequence[Booking], said: str | None, by: Actor) -> tuple[list[Booking], dict[str, Any]]:
    """Cancel the bookings of a session that is locked with them, and close it; returns them, and what undo needs to know."""
    served = [booking for booking in bookings if booking.status not in LIVE or booking.status == "checked_in"]
    if served:
        raise Conflict("Somebody has been checked in or served already; undo that first.", current=served[0].current)
    before = [{"id": booking.id, "status": booking.status, "credits": booking.credits_used} for booking in bookings]
    for booking in bookings:
        cancel_held(booking, by, "business", said, verb="cancel_session")
    db.session.refresh(held)
    if held.status == "open":
        held.close()
    left = [{**each, "version": booking.version} for each, booking in zip(before, bookings, strict=True)]
    return list(bookings), {"session": held.id, "version": held.version, "bookings": left}


@undoes("cancel_session", needs=("bookings", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    reopen_classes(db.session.get_one(Workspace, step.workspace_id), [step.before], by)


def reopen_classes(here: Workspace, closed: Sequence[dict[str, Any]], by: Actor) -> None:
    """Put cancelled sessions on again with the bookings that were cancelled with them, as `close_class` left them.

    Raises Conflict when one of them has changed since or has begun, CannotBeOn when its people or rooms are taken.
    """
    before = {each["session"]: each for each in closed}
    seen = [Session.find(here, number) for number in sorted(before)]
    wanted = [(Service.find(here, each.service_id), each.location_id, each.staff) for each in seen]
    places = {each.id: place for each, place in zip(seen, ClassPlace.all_locked(here, wanted), strict=True)}
    assets = [asset for place in places.values() for asset in place.assets]
    locked, bookings = lock_with_bookings(here, list(places), assets, ("cancelled",))
    for number, held in locked.items():
        if number in places:
            _open_again(held, places[number], before[number])
            known = {each["id"]: each for each in before[number]["bookings"]}
            for booking in bookings:
                if booking.session_id == number and booking.id in known:
                    _stand_again(booking, known[booking.id], held, by)


def _open_again(held: Session, place: ClassPlace, before: dict[str, Any]) -> None:
    if held.status != "cancelled" or held.version != before["version"] or held.starts_at <= clock.now():
        raise Conflict("This class was changed since, or has begun; it cannot be put on again.")
    assets = place.take(held.starts_at, held.ends_at)
    held.status, held.version = "open", held.version + 1
    db.session.flush()
    Occupancy.replace(held.workspace_id, held.id, assets, *place.service.blocked(held.starts_at, held.ends_at))


def _stand_again(booking: Booking, before: dict[str, Any], session: Session, by: Actor) -> None:
    if booking.version != before["version"]:
        raise StaleBooking("This booking was changed since; it cannot be undone any more.", current=booking.current)
    twin = select(Booking.id).where(
        Booking.workspace_id == booking.workspace_id, Booking.session_id == session.id,
        Booking.customer_id == booking.customer_id, Booking.status.in_(OCCUPYING),
    )  # fmt: skip
    if db.session.scalar(twin.limit(1)) is not None:
        raise Conflict("Two records were merged into one since, and one customer has one booking of a class.")
    if not session.take_seats(booking.party_size):
        raise Conflict("This class has too few seats left for its bookings.")
    restore_held(booking, by, before["status"], session, booking.staff_id, before["credits"])

