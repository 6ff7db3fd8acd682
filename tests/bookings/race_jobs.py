"""What contenders do in a race; each says how it ended."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from blueprints.mcp import pipeline
from blueprints.mcp.tools.bookings.create_booking import create_booking
from blueprints.mcp.writes import Form
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM, Actor
from models.activity.undo import UndoStep
from models.base import db, show
from models.bookings import progress
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.class_change import ClassChange
from models.bookings.class_session import cancel_session
from models.bookings.location import Location
from models.bookings.move import Move
from models.bookings.package import Package
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.bookings.session import Session
from models.bookings.timetable import ClassSchedule
from models.customers.customer import Customer
from models.customers.merge import merge
from models.oauth.scope import pairs_of
from models.oauth.standing import Standing, WorkspaceFacts
from tests.bookings.salon import hk

OWN_TRANSACTION = ("call_create_booking",)


def book(
    workspace_id: int, service: int, customer: int, start: str, staff: int | None = None, party: int = 1,
    package: int | None = None, location: int | None = None,
) -> str:  # fmt: skip
    here = db.session.get_one(Workspace, workspace_id)
    _, made = Reservation(
        Customer.find(here, customer), Service.find(here, service), hk(start),
        staff=Staff.find(here, staff) if staff is not None else None, party_size=party,
        package=Package.find(here, package) if package is not None else None,
        location=Location.find(here, location) if location is not None else None,
    ).book(here, SYSTEM)  # fmt: skip
    return "booked" if made else "again"


def move(workspace_id: int, booking: int, start: str, version: int | None = None, staff: int | None = None) -> str:
    here = db.session.get_one(Workspace, workspace_id)
    person = Staff.find(here, staff) if staff is not None else None
    Move(Booking.find(here, booking), hk(start), person, expected_version=version).carry_out(here, SYSTEM)
    return "moved"


def archive_staff(workspace_id: int, staff: int) -> str:
    Staff.find(db.session.get_one(Workspace, workspace_id), staff).archive(SYSTEM)
    return "archived"


def close_location(workspace_id: int, location: int) -> str:
    Location.find(db.session.get_one(Workspace, workspace_id), location).archive(SYSTEM)
    return "closed"


def cancel_class(workspace_id: int, session: int) -> str:
    here = db.session.get_one(Workspace, workspace_id)
    cancel_session(here, Session.find(here, session), None, SYSTEM)
    return "cancelled"


def lead_class(workspace_id: int, session: int, staff: int) -> str:
    here = db.session.get_one(Workspace, workspace_id)
    ClassChange(Session.find(here, session), [Staff.find(here, staff)]).carry_out(here, SYSTEM)
    return "changed"


def open_timetable(workspace_id: int, entry: int) -> str:
    here = db.session.get_one(Workspace, workspace_id)
    opened, _ = ClassSchedule.find(here, entry).open_sessions(here)
    return f"opened {len(opened)}"


def undo_merge(workspace_id: int) -> str:
    steps = select(UndoStep).where(UndoStep.workspace_id == workspace_id, UndoStep.verb == "merge_contacts")
    db.session.scalars(steps).one().undo(SYSTEM)
    return "taken apart"


def cancel(workspace_id: int, booking: int, version: int | None = None) -> str:
    here = db.session.get_one(Workspace, workspace_id)
    Cancellation(Booking.find(here, booking), expected_version=version).carry_out(here, SYSTEM)
    return "cancelled"


def complete(workspace_id: int, booking: int, version: int | None = None) -> str:
    here = db.session.get_one(Workspace, workspace_id)
    progress.complete(here, Booking.find(here, booking), SYSTEM, expected_version=version)
    return "completed"


def merge_customers(workspace_id: int, survivor: int, merged: int) -> str:
    here = db.session.get_one(Workspace, workspace_id)
    ids = [show(Customer.prefix, number) for number in (survivor, merged)]
    merge(here, *ids, SYSTEM)
    return "merged"


def swap(workspace_id: int, booking: int, start: str) -> str:
    """Move back and forth by half an hour: old and new assets are locked at once."""
    here = db.session.get_one(Workspace, workspace_id)
    found = Booking.find(here, booking)
    to = hk(start) if found.starts_at != hk(start) else hk(start) + timedelta(minutes=30)
    Move(found, to).carry_out(here, SYSTEM)
    return "moved"


def call_create_booking(workspace_id: int, arguments: dict[str, Any]) -> str:
    """The whole tool call, as the endpoint makes it."""
    here = db.session.get_one(Workspace, workspace_id)
    facts = WorkspaceFacts(here.id, here.slug, here.name, here.timezone, here.plan_code, here.currency)
    scopes = ("mcp.read", "mcp.write")
    standing = Standing(facts, Actor("app", consent_id=7, client_id="crm_race"), " ".join(scopes), pairs_of(scopes), "owner")
    result = pipeline.serve(create_booking, arguments, standing, Form())
    if result.get("isError"):
        return str(result["content"][0]["text"])[:200]
    return "repeated" if result["structuredContent"].get("repeated") else "done"
