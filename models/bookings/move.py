"""Moving a booking: it keeps its id and ref, frees its old place and takes the new one in one transaction (DOMAIN §2)."""

from dataclasses import dataclass
from datetime import datetime

from models.accounts.workspace import Workspace
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db
from models.bookings import record
from models.bookings.asset import Staff
from models.bookings.booking import MOVABLE, Booking, NotNow, StaleBooking
from models.bookings.location import Location
from models.bookings.placement import Claim, Wish
from models.bookings.session import Session
from models.customers.here import Here


@dataclass(frozen=True, slots=True)
class Move:
    """Where a booking is to go. Without `staff` the lead person stays if they are free then, else somebody else is found.

    `session` names one of several sessions of a class that begin then.
    """

    booking: Booking
    starts_at: datetime
    staff: Staff | None = None
    location: Location | None = None
    expected_version: int | None = None
    session: Session | None = None

    def carry_out(self, workspace: Here, by: Actor) -> Booking:
        """Move it. Raises SlotTaken with alternatives (the booking then stands as it was), BookedDifferently for a class in
        which the customer is booked already, StaleBooking, NotNow, Invalid.
        """
        seen, seen_customer = self.booking, self.booking.customer_id
        claim = Claim.on(workspace, self._wish(workspace), leaves=seen.session_id)
        booking = Booking.hold(workspace, seen.id, expected_version=self.expected_version)
        if booking.status not in MOVABLE or booking.lapsed:
            raise NotNow("This booking cannot be moved now.", current=booking.current)
        left = Session.find(workspace, booking.session_id)
        if self._is_there(booking, left):
            return booking
        before = {
            "starts_at": booking.starts_at.isoformat(), "staff_id": booking.staff_id, "location_id": left.location_id,
            "session_id": left.id if booking.service.is_class else None,
        }  # fmt: skip
        if booking.customer_id != seen_customer:
            raise StaleBooking("This booking is somebody else's since; look at it again.", current=booking.current)
        place = claim.for_party(booking.party_size).take(booking)
        audit = record.changed(
            booking, "reschedule_booking", by, {"from": before["starts_at"], "to": place.session.starts_at.isoformat()},
            session_id=place.session.id, staff_id=place.staff_id, starts_at=place.session.starts_at,
            ends_at=place.session.ends_at,
        )  # fmt: skip
        record.refuse_unless_customer_live(booking)
        keep_undo(
            workspace.id, audit, "reschedule_booking", entity="booking", entity_id=booking.id,
            before={**before, "version": booking.version},
        )  # fmt: skip
        return booking

    def _wish(self, workspace: Here) -> Wish:
        return Wish(
            self.booking.service, self.booking.customer_id, self.starts_at, self.booking.party_size,
            self.staff.id if self.staff is not None else None, self._location_id(workspace),
            self.session.id if self.session is not None else None,
        )  # fmt: skip

    def _location_id(self, workspace: Here) -> int | None:
        """The place asked for, else the one where it is, unless that has closed for good since."""
        if self.location is not None:
            return self.location.id
        session = Session.find(workspace, self.booking.session_id)
        if session.location_id is None:
            return None
        return session.location_id if Location.find(workspace, session.location_id).archived_at is None else None

    def _is_there(self, booking: Booking, session: Session) -> bool:
        """Whether it stands already as it is asked to: the same request again changes nothing."""
        same_staff = self.staff is None or self.staff.id == booking.staff_id
        same_place = self.location is None or self.location.id == session.location_id
        same_session = self.session is None or self.session.id == session.id
        return booking.starts_at == self.starts_at and same_staff and same_place and same_session


@undoes("reschedule_booking", needs=("bookings", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    """Move it back where it was, with whoever led it then, if that place is free still."""
    here, before = db.session.get_one(Workspace, step.workspace_id), step.before
    booking = Booking.find(here, step.entity_id)
    if booking.version != before["version"]:
        raise StaleBooking("This booking was changed since; it cannot be undone any more.", current=booking.current)
    session = Session.find(here, before["session_id"]) if before["session_id"] is not None else None
    staff = Staff.find(here, before["staff_id"]) if before["staff_id"] is not None and session is None else None
    location = Location.find(here, before["location_id"]) if before["location_id"] is not None else None
    back = datetime.fromisoformat(before["starts_at"])
    Move(booking, back, staff, location, before["version"], session).carry_out(here, by)
