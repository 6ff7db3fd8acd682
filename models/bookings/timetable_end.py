"""Ending a weekly class: no dates after a day, and the sessions that are open then cancelled with it, or kept."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from models import clock
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import db
from models.bookings.booking import LIVE, Booking
from models.bookings.class_session import close_class, lock_with_bookings, reopen_classes
from models.bookings.facts import REASON_MAX, checked_text
from models.bookings.session import Session
from models.bookings.timetable import ClassSchedule
from models.customers.here import Here
from models.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Later:
    """The sessions of an entry that are open after a day, and how many bookings they have."""

    sessions: tuple[int, ...]
    bookings: int


def later(entry: ClassSchedule, last_day: date) -> Later:
    """What ending an entry after a day would leave open, or cancel."""
    mine = (Session.workspace_id == entry.workspace_id, Session.class_schedule_id == entry.id, Session.status == "open")
    rows = select(Session.id).where(*mine, Session.day > last_day.isoformat(), Session.starts_at > clock.now())
    sessions = tuple(db.session.scalars(rows.order_by(Session.id)))
    booked = select(func.count()).select_from(Booking).where(
        Booking.workspace_id == entry.workspace_id, Booking.session_id.in_(sessions), Booking.status.in_(LIVE)
    )
    return Later(sessions, db.session.scalar(booked) or 0)


def end(
    workspace: Here, entry: ClassSchedule, last_day: date, by: Actor, *, cancel_later: bool = False, reason: str | None = None
) -> list[Booking]:
    """Stop a weekly class after a day; returns the bookings that were cancelled with the sessions after it, if these go too.

    Otherwise sessions that are open already stay until somebody cancels them. A class that has not begun never does if the day
    lies before its first. Raises Invalid, Conflict.
    """
    said = checked_text(reason, "reason", REASON_MAX)
    entry.hold()
    if entry.valid_to is not None and entry.valid_to < last_day.isoformat():
        raise Invalid("This class ends before that day already.", field="last_day")
    before: dict[str, Any] = {"valid_to": entry.valid_to, "ended": last_day.isoformat(), "closed": []}
    cancelled: list[Booking] = []
    if cancel_later:
        numbers = later(entry, last_day).sessions
        locked, bookings = lock_with_bookings(workspace, numbers)
        for number in numbers:
            gone, closed = close_class(locked[number], [each for each in bookings if each.session_id == number], said, by)
            cancelled += gone
            before["closed"].append(closed)
    entry.valid_to = last_day.isoformat()
    db.session.flush()
    audit = audit_event.record(
        workspace.id, "end_class_schedule", by, entity="service", entity_id=entry.service_id,
        fields={"entry": entry.id, "last_day": last_day.isoformat(), "cancelled": len(before["closed"])},
    )  # fmt: skip
    keep_undo(
        workspace.id, audit, "end_class_schedule", entity="service", entity_id=entry.service_id,
        before={**before, "entry": entry.id},
    )  # fmt: skip
    return cancelled


@undoes("end_class_schedule", needs=("bookings", "write"))
def _undo(step: UndoStep, by: Actor) -> None:
    """The weekly class goes on, and the sessions that were cancelled with its end are put on again."""
    here, before = db.session.get_one(Workspace, step.workspace_id), step.before
    entry = ClassSchedule.find(here, before["entry"])
    entry.hold()
    if entry.valid_to != before["ended"]:
        raise Conflict("This timetable entry was changed since.")
    entry.valid_to = before["valid_to"]
    db.session.flush()
    if before["closed"]:
        reopen_classes(here, before["closed"], by)
