"""What time does to bookings, workspace by workspace: the worker calls `sweep` (DOMAIN §2).

Expired holds end; a pending booking that nobody confirmed by its start is cancelled; a confirmed or checked-in one is completed
24 hours after its end, unless the workspace has switched that off; a next booking that has begun becomes the last. What fails
is logged and left for the next round: it keeps nothing else from being done.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Select, select

from models import clock
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings import record
from models.bookings.booking import Booking
from models.bookings.ending import lapse
from models.customers.customer import Customer

log = logging.getLogger(__name__)
COMPLETED_AFTER: Final = timedelta(hours=24)
BATCH: Final = 200
"""So many of each kind are done in one round of one workspace."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many of each."""

    holds: int = 0
    pending: int = 0
    completed: int = 0
    rolled_on: int = 0


def sweep(workspace: Workspace) -> Swept:
    """Do what is due in one workspace now, a record a transaction, so that nobody waits; opens its own transactions."""
    enter(workspace.id)
    return Swept(
        _each(workspace, _expired(workspace), lapse),
        _each(workspace, _never_confirmed(workspace), lapse),
        _each(workspace, _long_over(workspace), _complete) if workspace.completes_bookings else 0,
        _roll_on(workspace),
    )


def _expired(workspace: Workspace) -> Select[int]:
    return select(Booking.id).where(
        Booking.workspace_id == workspace.id, Booking.status == "held", Booking.hold_expires_at <= clock.now()
    )


def _never_confirmed(workspace: Workspace) -> Select[int]:
    return select(Booking.id).where(
        Booking.workspace_id == workspace.id, Booking.status == "pending", Booking.starts_at <= clock.now()
    )


def _long_over(workspace: Workspace) -> Select[int]:
    """What somebody reopened, or changed otherwise, within the 24 hours is left to them."""
    over = clock.now() - COMPLETED_AFTER
    return select(Booking.id).where(
        Booking.workspace_id == workspace.id, Booking.status.in_(("confirmed", "checked_in")),
        Booking.ends_at <= over, Booking.updated_at <= over,
    )  # fmt: skip


def _each(workspace: Workspace, due: Select[int], act: Callable[[Booking], None]) -> int:
    """Act on every booking that is due, each in a transaction of its own that looks again."""

    def one(number: int) -> bool:
        booking = Booking.hold(workspace, number)
        if db.session.scalar(due.where(Booking.id == number)) is None:
            return False
        act(booking)
        return True

    return _one_by_one(due, Booking, one)


def _complete(booking: Booking) -> None:
    record.enter(booking, "completed", "complete_booking", SYSTEM, settled_at=clock.now())


def _roll_on(workspace: Workspace) -> int:
    """Count next bookings that have begun as last ones."""
    begun = select(Customer.id).where(Customer.workspace_id == workspace.id, Customer.next_booking_at <= clock.now())

    def one(number: int) -> bool:
        record.recount(workspace.id, number, active=False)
        return True

    return _one_by_one(begun, Customer, one)


def _one_by_one(due: Select[int], noun: type[Booking] | type[Customer], act: Callable[[int], bool]) -> int:
    """Act on rows in the order of their ids until enough are done; one that fails stands in no other's way."""
    done, last = 0, 0
    while done < BATCH:
        numbers = list(db.session.scalars(due.where(noun.id > last).order_by(noun.id).limit(BATCH)))
        for number in numbers:
            try:
                with writing():
                    done += act(number)
            except Exception:
                log.exception("the sweep could not do %s %s; it tries again in the next round", noun.noun, number)
        if len(numbers) < BATCH:
            break
        last = numbers[-1]
    return done
