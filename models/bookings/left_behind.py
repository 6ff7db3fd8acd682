"""What hangs on a place, a person, a thing, a service or a package: counted before it is put away, so that a page can say it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from models import clock
from models.base import db
from models.base.wall_clock import local_day
from models.bookings.asset import Asset
from models.bookings.listing import BookingFilter
from models.bookings.location import Location
from models.bookings.occupancy import Occupancy
from models.bookings.package import Package, PackageCredit
from models.bookings.service import Service
from models.bookings.session import Session
from models.bookings.timetable import ClassSchedule
from models.customers.here import Here

Needed = Location | Asset | Service
Ending = Needed | Package


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Bookings and classes to come, weekly classes, people and things that have no other place, customers with credits."""

    bookings: int = 0
    classes: int = 0
    timetables: int = 0
    people: int = 0
    things: int = 0
    holders: int = 0


def left_behind(here: Here, ending: Ending) -> LeftBehind:
    """What there would be without a place to be, somebody to do it, or a service to be."""
    if isinstance(ending, Package):
        return LeftBehind(holders=_holders(ending))
    return LeftBehind(
        bookings=bookings_of(ending).count(here),
        classes=db.session.scalar(select(func.count()).select_from(_classes(ending).subquery())) or 0,
        timetables=_timetables(here, ending),
        people=_at_home(ending, "staff"),
        things=_at_home(ending, "resource"),
    )


def bookings_of(ending: Needed) -> BookingFilter:
    """The bookings to come that need it."""
    if isinstance(ending, Location):
        return BookingFilter(location_id=ending.id, to_come=True)
    if isinstance(ending, Service):
        return BookingFilter(service_id=ending.id, to_come=True)
    return BookingFilter(asset_id=ending.id, to_come=True)


def classes_of(ending: Needed, most: int) -> list[tuple[Session, str]]:
    """The first classes to come that need it, booked or not, with the names of their services."""
    named = _classes(ending).add_columns(Service.name).order_by(Session.starts_at, Session.id).limit(most)
    return [(session, name) for session, name in db.session.execute(named)]


def _classes(ending: Needed) -> Select[Session]:
    """Sessions of classes that are not over."""
    return (
        select(Session)
        .join(Service, (Service.workspace_id == Session.workspace_id) & (Service.id == Session.service_id))
        .where(Session.workspace_id == ending.workspace_id, Session.status == "open", Session.ends_at > clock.now())
        .where(Service.kind == "class", _needs(Session, ending))
    )


def _timetables(here: Here, ending: Needed) -> int:
    """Weekly classes that have not ended."""
    today = local_day(here.timezone, clock.now()).isoformat()
    running = (
        select(func.count())
        .select_from(ClassSchedule)
        .where(ClassSchedule.workspace_id == ending.workspace_id)
        .where(or_(ClassSchedule.valid_to.is_(None), ClassSchedule.valid_to >= today))
    )
    return db.session.scalar(running.where(_needs(ClassSchedule, ending))) or 0


def _needs(table: Any, ending: Needed) -> Any:
    """SQL: a session or a weekly class is there, is led by them or takes it, or is of the service."""
    if isinstance(ending, Location):
        return table.location_id == ending.id
    if isinstance(ending, Service):
        return table.service_id == ending.id
    if table is ClassSchedule:
        return table.asset_id == ending.id
    return exists().where(
        Occupancy.workspace_id == table.workspace_id, Occupancy.session_id == table.id, Occupancy.asset_id == ending.id,
        Occupancy.active,
    )  # fmt: skip


def _at_home(ending: Needed, kind: str) -> int:
    """People or things that are at a place and at no other."""
    if not isinstance(ending, Location):
        return 0
    here = (Asset.workspace_id == ending.workspace_id, Asset.location_id == ending.id, Asset.kind == kind)
    return db.session.scalar(select(func.count()).select_from(Asset).where(*here, Asset.archived_at.is_(None))) or 0


def _holders(package: Package) -> int:
    """Customers who can still use credits of it."""
    lot = PackageCredit
    usable = (lot.used < lot.granted, or_(lot.expires_at.is_(None), lot.expires_at > clock.now()))
    mine = (lot.workspace_id == package.workspace_id, lot.package_id == package.id)
    return db.session.scalar(select(func.count(lot.customer_id.distinct())).where(*mine, *usable)) or 0
