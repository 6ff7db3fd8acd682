"""Finding and taking the place for a booking, in one transaction, so that nobody and nothing is booked twice (DOMAIN §2).

Everything that might take part is locked first, in the order of ARCHITECTURE §2: the location, the service, people and
things, sessions, bookings, customers, each lowest id first. Only then is the calendar asked. What it calls free stays free
until the commit, so the best team is taken at once. The database's own refusal stands behind it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from models import clock
from models.base import db
from models.base.instants import from_ms, to_ms
from models.base.wall_clock import local_day, midnight
from models.bookings.asset import lock_assets
from models.bookings.assignment import Team
from models.bookings.booking import LIVE, Booking
from models.bookings.calendar import Calendar, Offer
from models.bookings.ending import lapsed_sessions, release_holds
from models.bookings.location import Location, open_still
from models.bookings.occupancy import Occupancy
from models.bookings.question import Reason
from models.bookings.refusals import SlotTaken, refusal
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.here import Here
from models.errors import Conflict, Invalid


class BookedDifferently(Conflict):
    """The customer has a booking of this very session that differs from what was asked; `current` is that booking."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be booked, for whom. `session_id` names one of the sessions of a class that begin then.

    `walk_in` lets the portal write down somebody who came in and began earlier today; tools refuse a past start.
    """

    service: Service
    customer_id: int
    starts_at: datetime
    party_size: int = 1
    staff_id: int | None = None
    location_id: int | None = None
    session_id: int | None = None
    walk_in: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """The session with its seats taken, who leads it, and what a seat costs with them."""

    session: Session
    staff_id: int | None
    price_minor: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A wish whose candidates are all locked; `leaves` is the session of a booking that moves."""

    workspace: Here
    wish: Wish
    locked: frozenset[int]
    leaves: int | None = None

    @classmethod
    def on(cls, workspace: Here, wish: Wish, leaves: int | None = None) -> "Claim":
        """Lock everything that might take part, but for the moving booking itself. Raises Invalid, NotFound."""
        _hold_places(workspace, wish.location_id)
        if wish.service.lock_for_booking().archived_at is not None:
            raise Invalid("%(name)s is no longer offered.", field="service_id", name=wish.service.name)
        left = [leaves] if leaves is not None else []
        if wish.service.is_class:
            sessions = {*left, *Session.starting(wish.service, wish.starts_at)}
            assets: set[int] = set()
        else:
            taken = Occupancy.assets_of(workspace.id, left)
            asked = Calendar(workspace, wish.service, location_id=wish.location_id, staff_id=wish.staff_id)
            assets = {*asked.candidates, *(asset for of_one in taken.values() for asset in of_one)}
            lock_assets(workspace, assets)
            sessions = {*left, *lapsed_sessions(workspace, assets)}
        Session.lock(workspace, sessions)
        release_holds(workspace, sessions, besides=[wish.customer_id])
        return cls(workspace, wish, frozenset(assets), leaves)

    def for_party(self, party_size: int) -> "Claim":
        """The same for as many people as a booking, locked since, turns out to be for."""
        return replace(self, wish=replace(self.wish, party_size=party_size))

    def take(self, moving: Booking | None = None) -> Placement:
        """Take the place, freeing that of a booking that moves. Raises SlotTaken with alternatives, BookedDifferently."""
        wish = self.wish
        calendar = Calendar(
            self.workspace, wish.service, location_id=wish.location_id, staff_id=wish.staff_id, moving=moving,
            among=None if wish.service.is_class else self.locked,
        )  # fmt: skip
        return self._join(calendar, moving) if wish.service.is_class else self._open(calendar, moving)

    @property
    def _since(self) -> datetime | None:
        """A walk-in may have begun earlier today."""
        zone = self.workspace.timezone
        return midnight(zone, local_day(zone, clock.now())) if self.wish.walk_in else None

    def _open(self, calendar: Calendar, moving: Booking | None) -> Placement:
        """Open a session of an appointment with the best team."""
        wish = self.wish
        offer, team = self._best(calendar, moving)
        if moving is not None:
            left = Session.find(self.workspace, moving.session_id)
            left.give_back_seats(moving.party_size)
            left.close()
        try:
            session = Session.open(
                wish.service, wish.starts_at, from_ms(offer.slot.ends_at), team.assets, location_id=offer.location_id
            )
        except IntegrityError as refused:
            if "occupancy" not in str(refused.orig):
                raise
            raise SlotTaken(Reason.FULLY_BOOKED) from refused
        session.take_seats(wish.party_size)
        return _placed(calendar, session, team.staff)

    def _best(self, calendar: Calendar, moving: Booking | None) -> tuple[Offer, Team]:
        """The first team of the offers at the wished start; a moving booking keeps its lead person where it can."""
        wish, start = self.wish, to_ms(self.wish.starts_at)
        found = calendar.at(start, wish.party_size, since=self._since)
        keeps = moving.staff_id if moving is not None and wish.staff_id is None else None
        offers = sorted(found.offers, key=lambda offer: keeps not in offer.slot.staff)
        for offer in offers:
            lead = wish.staff_id if wish.staff_id is not None else keeps if keeps in offer.slot.staff else None
            things = calendar.units_by_type(offer.slot.units)
            for team in calendar.choice(offer, lead=lead).teams(offer.slot.staff, things):
                return offer, team
        raise refusal(calendar, start, wish.party_size, found.reason or Reason.FULLY_BOOKED)

    def _join(self, calendar: Calendar, moving: Booking | None) -> Placement:
        """Take seats in a session of a class that starts then, one in which the customer has no booking yet."""
        wish, start = self.wish, to_ms(self.wish.starts_at)
        found = calendar.at(start, wish.party_size, since=self._since)
        asked = [offer.slot for offer in found.offers if wish.session_id in (None, offer.slot.session_id)]
        theirs = self._booked_in([slot.session_id for slot in asked if slot.session_id is not None], moving)
        for slot in asked:
            if slot.session_id is None or slot.session_id in theirs:
                continue
            session = Session.find(self.workspace, slot.session_id)
            if moving is not None:
                Session.find(self.workspace, moving.session_id).give_back_seats(moving.party_size)
            if session.take_seats(wish.party_size):
                return _placed(calendar, session, slot.staff)
            raise refusal(calendar, start, wish.party_size, Reason.CLASS_FULL)
        if theirs:
            raise booked_differently(next(iter(theirs.values())))
        gone = wish.session_id is not None and Session.find(self.workspace, wish.session_id).status != "open"
        reason = Reason.NO_CLASS if gone else found.reason or Reason.CLASS_FULL
        raise refusal(calendar, start, wish.party_size, reason)

    def _booked_in(self, sessions: Iterable[int], moving: Booking | None) -> dict[int, Booking]:
        """The customer's live bookings in these sessions, but for the one that moves."""
        mine = Booking.within(self.workspace).where(
            Booking.session_id.in_(list(sessions)), Booking.customer_id == self.wish.customer_id, Booking.status.in_(LIVE)
        )
        return {each.session_id: each for each in db.session.scalars(mine) if moving is None or each.id != moving.id}


def _hold_places(workspace: Here, location_id: int | None) -> None:
    """Keep the place that is asked for, or every place, from being closed for good meanwhile."""
    if location_id is None:
        open_still(workspace, Location.names(workspace))
        return
    place = Location.find(workspace, location_id)
    if not open_still(workspace, [location_id]):
        raise Invalid("%(name)s is closed for good.", field="location_id", name=place.name)


def booked_differently(booking: Booking) -> BookedDifferently:
    """The refusal of a second booking in one session."""
    return BookedDifferently(
        "The customer has a booking of this very time already, and not in this way. Move or cancel that one instead.",
        current=booking.current,
    )


def _placed(calendar: Calendar, session: Session, staff: tuple[int, ...]) -> Placement:
    lead = staff[0] if staff else None
    member = calendar.member(lead) if lead is not None else None
    own = member.price_minor if member is not None else None
    return Placement(session, lead, calendar.service.price_minor if own is None else own)
