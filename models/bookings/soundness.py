"""Whether what is counted agrees with what it counts: seats, credits, people and things. `doctor` and the race tests ask."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import aliased

from models.base import InWorkspace, Tenant, db, show
from models.bookings.booking import OCCUPYING, Booking
from models.bookings.credit_use import CreditUse
from models.bookings.occupancy import Occupancy
from models.bookings.package import PackageCredit
from models.bookings.question import Kind
from models.bookings.service import Service
from models.bookings.session import Session

MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Unsound:
    """One rule that does not hold, and the first ten records for which it does not, by their shown ids."""

    rule: str
    records: tuple[str, ...]


def unsound(workspace: InWorkspace) -> list[Unsound]:
    """Every rule that is broken in a workspace; there is never any."""
    return [
        Unsound(rule, tuple(show(noun.prefix, number) for number in numbers))
        for rule, noun, broken in _rules(workspace)
        if (numbers := db.session.scalars(broken.limit(MOST)).all())
    ]


def _rules(here: InWorkspace) -> Iterator[tuple[str, type[Tenant], Any]]:
    yield "A session has as many seats taken as its bookings have people.", Session, _seats(here)
    yield "An open appointment has a booking.", Session, _deserted(here)
    yield "Nobody and nothing is taken twice at a time.", Session, _overlaps(here)
    yield "A lot of credits has as many used as paid for bookings.", PackageCredit, _lots(here)
    yield "A booking counts the credits that pay for it.", Booking, _credits(here)


def _seats(here: InWorkspace) -> Any:
    people = func.coalesce(func.sum(case((Booking.status.in_(OCCUPYING), Booking.party_size))), 0)
    theirs = and_(Booking.workspace_id == Session.workspace_id, Booking.session_id == Session.id)
    counted = select(Session.id).outerjoin(Booking, theirs).where(Session.workspace_id == here.id)
    return counted.group_by(Session.id, Session.seats_taken).having(Session.seats_taken != people)


def _deserted(here: InWorkspace) -> Any:
    of_service = and_(Service.workspace_id == Session.workspace_id, Service.id == Session.service_id)
    booked = exists().where(
        Booking.workspace_id == Session.workspace_id, Booking.session_id == Session.id, Booking.status.in_(OCCUPYING)
    )
    appointments = select(Session.id).join(Service, of_service).where(Session.workspace_id == here.id)
    return appointments.where(Service.kind == Kind.APPOINTMENT.value, Session.status == "open", ~booked)


def _overlaps(here: InWorkspace) -> Any:
    one, other = aliased(Occupancy), aliased(Occupancy)
    same = and_(
        other.workspace_id == one.workspace_id, other.asset_id == one.asset_id, other.session_id != one.session_id,
        other.active, other.blocked_from >= one.blocked_from, other.blocked_from < one.blocked_to,
    )  # fmt: skip
    return select(one.session_id).join(other, same).where(one.workspace_id == here.id, one.active).distinct()


def _lots(here: InWorkspace) -> Any:
    lot, use = PackageCredit, CreditUse
    paid = func.coalesce(func.sum(case((use.given_back.is_(False), use.credits))), 0)
    theirs = and_(use.workspace_id == lot.workspace_id, use.package_credit_id == lot.id)
    counted = select(lot.id).outerjoin(use, theirs).where(lot.workspace_id == here.id)
    return counted.group_by(lot.id, lot.used).having(lot.used != paid)


def _credits(here: InWorkspace) -> Any:
    use = CreditUse
    paid = func.coalesce(func.sum(case((use.given_back.is_(False), use.credits))), 0)
    theirs = and_(use.workspace_id == Booking.workspace_id, use.booking_id == Booking.id)
    counted = select(Booking.id).outerjoin(use, theirs).where(Booking.workspace_id == here.id)
    return counted.group_by(Booking.id, Booking.credits_used).having(Booking.credits_used != paid)
