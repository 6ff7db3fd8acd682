"""Changing one session of a class: who leads it, when it is, how many may come. Its bookings come along (DOMAIN §2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models import clock
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db
from models.bookings import record
from models.bookings.asset import Asset
from models.bookings.booking import LIVE, Booking
from models.bookings.class_place import ClassPlace
from models.bookings.class_session import lock_with_bookings
from models.bookings.facts import CAPACITY_MAX, check_numbers
from models.bookings.occupancy import Occupancy
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.here import Here
from models.errors import Conflict, Invalid


class StaleSession(Conflict):
    """The session moved on since the caller read it; `current` is its version now."""


@dataclass(frozen=True, slots=True)
class ClassChange:
    """What is to be different about a session; None leaves it as it is. At another time it lasts as long as before."""

    session: Session
    leaders: Sequence[Asset] | None = None
    starts_at: datetime | None = None
    capacity: int | None = None
    expected_version: int | None = None

    def carry_out(self, workspace: Here, by: Actor) -> list[Booking]:
        """Change it; returns the live bookings that now stand otherwise. Raises CannotBeOn, StaleSession, Conflict, Invalid."""
        check_numbers({"capacity": (1, CAPACITY_MAX)}, {"capacity": self.capacity})
        service = Service.find(workspace, self.session.service_id)
        if not service.is_class:
            raise Invalid("Only a class is changed in this way; an appointment is moved.", field="session_id")
        led_by = self.session.staff if self.leaders is None else sorted(person.id for person in self.leaders)
        place = ClassPlace.locked(workspace, service, self.session.location_id, led_by)
        locked, bookings = lock_with_bookings(workspace, [self.session.id], place.assets, LIVE)
        held = locked[self.session.id]
        self._refuse(held)
        starts_at = self.starts_at or held.starts_at
        before = {"starts_at": held.starts_at.isoformat(), "leaders": held.staff, "capacity": held.capacity}
        elsewhen = starts_at != held.starts_at
        if elsewhen or led_by != before["leaders"]:
            ends_at = starts_at + (held.ends_at - held.starts_at)
            assets = place.take(starts_at, ends_at, but=[held.id])
            Occupancy.replace(workspace.id, held.id, assets, *service.blocked(starts_at, ends_at))
            held.starts_at, held.ends_at = starts_at, ends_at
            for booking in bookings:
                lead = led_by[0] if led_by else None
                record.changed(
                    booking, "change_session", by, {"to": starts_at.isoformat()} if elsewhen else None,
                    starts_at=held.starts_at, ends_at=held.ends_at, staff_id=lead,
                )  # fmt: skip
        else:
            bookings = []
        held.capacity, held.version = self.capacity or held.capacity, held.version + 1
        db.session.flush()
        audit = audit_event.record(
            workspace.id, "change_session", by, entity="session", entity_id=held.id, fields={"before": before}
        )
        keep_undo(
            workspace.id, audit, "change_session", entity="session", entity_id=held.id,
            before={**before, "version": held.version},
        )  # fmt: skip
        return bookings

    def _refuse(self, held: Session) -> None:
        if self.expected_version is not None and held.version != self.expected_version:
            raise StaleSession("This class was changed in the meantime; look again.", current={"version": held.version})
        if held.status != "open" or held.ends_at <= clock.now():
            raise Conflict("This class was cancelled, or is over.")
        if self.starts_at is not None and self.starts_at != held.starts_at and clock.now() >= min(self.starts_at, held.starts_at):
            raise Invalid("A class that has begun stays where it is, and none is put into the past.", field="starts_at")
        if self.capacity is not None and self.capacity < held.seats_taken:
            raise Conflict(
                "%(taken)d seats are taken already. Move or cancel bookings first.", field="capacity", taken=held.seats_taken
            )


@undoes("change_session", needs=("bookings", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    """Lead, time and seats as they were, if whoever led it is free then still and nothing has happened since."""
    here, before = db.session.get_one(Workspace, step.workspace_id), step.before
    leaders = [Asset.find(here, number) for number in before["leaders"]]
    ClassChange(
        Session.find(here, step.entity_id), leaders, datetime.fromisoformat(before["starts_at"]), before["capacity"],
        before["version"],
    ).carry_out(here, by)  # fmt: skip
