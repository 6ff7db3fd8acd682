"""What merging two customers means for their bookings, and what taking a merge apart needs: registered with customers.

Two live bookings in one session cannot both stand, so the merged one's seats become seats of the survivor's. No seat, no
credit and no promise is lost: the stronger of the two states holds, and the credits that paid come along.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, update

from models import clock
from models.base import db
from models.bookings import record
from models.bookings.booking import LIVE, Booking
from models.bookings.credit_use import CreditUse
from models.bookings.ending import lapse
from models.bookings.facts import PARTY_MAX
from models.bookings.package import PackageCredit
from models.bookings.session import Session
from models.customers.customer_merge import CustomerMerge
from models.customers.here import Premises
from models.customers.merge import locks_before_merge, refigures, settles_collisions
from models.errors import Conflict

STRENGTH: Final = LIVE
"""From what is only held to who is there already."""


@locks_before_merge
def lock_bookings(workspace_id: int, survivor: int, merged: int) -> None:
    """Sessions first, then bookings, then customers (ARCHITECTURE §2); those too that an earlier merge took seats from."""
    here, both = Premises(workspace_id), [survivor, merged]
    sessions = {booking.session_id for booking in live_of(workspace_id, both)}
    joined = [each["gone"] for each in _joined(here, survivor, merged)]
    emptied = select(Booking.session_id).where(Booking.workspace_id == here.id, Booking.id.in_(joined))
    Session.lock(here, {*sessions, *(db.session.scalars(emptied) if joined else ())})
    rows = select(Booking.id).where(Booking.workspace_id == here.id, Booking.customer_id.in_(both)).order_by(Booking.id)
    db.session.execute(rows.with_for_update(key_share=True))


@refigures
def _figures(workspace_id: int, customer_id: int) -> None:
    record.recount(workspace_id, customer_id, active=False)


def _seats_apart(workspace_id: int, survivor: int, merged: int, joined: list[dict[str, Any]]) -> None:
    """The seats that one booking took over become a booking of their own again, in the session they were in."""
    for before in joined:
        kept = db.session.get_one(Booking, (workspace_id, before["kept"]), populate_existing=True)
        gone = db.session.get_one(Booking, (workspace_id, before["gone"]), populate_existing=True)
        _take_apart(kept, gone, before)
    _refuse_crossed_credits(workspace_id, [survivor, merged])


@settles_collisions("booking", undo=_seats_apart)
def _seats_together(workspace_id: int, survivor: int, merged: int) -> list[dict[str, Any]]:
    """Of two live bookings in one session, the merged one's seats become seats of the survivor's."""
    for booking in live_of(workspace_id, [survivor, merged]):
        if booking.lapsed:
            lapse(booking)
    theirs = {booking.session_id: booking for booking in live_of(workspace_id, [merged])}
    return [
        _join(kept, theirs[kept.session_id])
        for kept in live_of(workspace_id, [survivor])
        if kept.session_id in theirs
    ]  # fmt: skip


def _join(kept: Booking, gone: Booking) -> dict[str, Any]:
    if kept.party_size + gone.party_size > PARTY_MAX:
        raise Conflict(
            "Bookings %(kept)s and %(gone)s are in one session and too large for one party.", kept=kept.ref, gone=gone.ref
        )
    status = max(kept.status, gone.status, key=STRENGTH.index)
    before = {
        "kept": kept.id, "gone": gone.id, "statuses": [kept.status, gone.status, status], "party": gone.party_size,
        "price": gone.price_minor, "credits": gone.credits_used, "held_until": _iso(kept.hold_expires_at),
        "lots": _move_credits(gone, kept, [use.package_credit_id for use in _paying(gone)]),
    }  # fmt: skip
    party, price, credits = gone.party_size, gone.price_minor, gone.credits_used
    _alter(gone, status="cancelled", cancelled_at=clock.now(), cancelled_for="business", credits_used=0)
    _alter(
        kept, status=status, hold_expires_at=kept.hold_expires_at if status == "held" else None,
        party_size=kept.party_size + party, price_minor=kept.price_minor + price, credits_used=kept.credits_used + credits,
    )  # fmt: skip
    return before


def _take_apart(kept: Booking, gone: Booking, before: dict[str, Any]) -> None:
    party, price, credits = before["party"], before["price"], before["credits"]
    lots = {use.package_credit_id for use in _paying(kept)}
    stands = kept.status in LIVE and not kept.lapsed and gone.status == "cancelled"
    if not stands or kept.party_size <= party or kept.price_minor < price or not lots.issuperset(before["lots"]):
        raise Conflict("Booking %(ref)s was changed since; its seats cannot be told apart any more.", ref=kept.ref)
    session = Session.find(gone.here, gone.session_id)
    if kept.session_id != gone.session_id:
        Session.find(kept.here, kept.session_id).give_back_seats(party)
        if not session.take_seats(party):
            raise Conflict("The class that booking %(ref)s was in has too few seats left by now.", ref=gone.ref)
    own, theirs, together = before["statuses"]
    if kept.status != together:
        # It has moved on for the whole party since: somebody was checked in, or confirmed.
        own = theirs = kept.status
    held_until = datetime.fromisoformat(before["held_until"]) if before["held_until"] and own == "held" else None
    _alter(
        kept, status=own, hold_expires_at=held_until, party_size=kept.party_size - party, price_minor=kept.price_minor - price,
        credits_used=kept.credits_used - credits,
    )  # fmt: skip
    _move_credits(kept, gone, before["lots"])
    _alter(
        gone, status=theirs, cancelled_at=None, cancelled_for=None, credits_used=credits,
        starts_at=session.starts_at, ends_at=session.ends_at,
    )  # fmt: skip


def _paying(booking: Booking) -> Sequence[CreditUse]:
    use = CreditUse
    mine = (use.workspace_id == booking.workspace_id, use.booking_id == booking.id, use.given_back.is_(False))
    return db.session.scalars(select(use).where(*mine).order_by(use.package_credit_id)).all()


def _move_credits(payer: Booking, paid: Booking, lots: list[int]) -> list[int]:
    """Let credits that paid for one booking pay for another; returns their lots."""
    for use in _paying(payer):
        if use.package_credit_id in lots:
            use.booking_id = paid.id
    db.session.flush()
    return lots


def _refuse_crossed_credits(workspace_id: int, both: list[int]) -> None:
    """Credits of the one may have paid for the other since they were merged: then they cannot be told apart."""
    use, lot = CreditUse, PackageCredit
    crossed = (
        select(Booking.ref)
        .join(use, (use.workspace_id == Booking.workspace_id) & (use.booking_id == Booking.id))
        .join(lot, (lot.workspace_id == use.workspace_id) & (lot.id == use.package_credit_id))
        .where(Booking.workspace_id == workspace_id, Booking.customer_id.in_(both))
        .where(or_(use.customer_id != Booking.customer_id, lot.customer_id != use.customer_id))
    )
    ref = db.session.scalar(crossed.limit(1))
    if ref is not None:
        raise Conflict("Booking %(ref)s was paid with credits of the other record since.", ref=ref)


def _joined(here: Premises, survivor: int, merged: int) -> Iterator[dict[str, Any]]:
    traces = CustomerMerge.within(here).where(CustomerMerge.survivor_id == survivor, CustomerMerge.merged_id == merged)
    for trace in db.session.scalars(traces.where(CustomerMerge.undone_at.is_(None))):
        yield from trace.moved["settled"].get("booking", ())


def _alter(booking: Booking, **values: Any) -> None:
    db.session.execute(
        update(Booking)
        .where(Booking.workspace_id == booking.workspace_id, Booking.id == booking.id)
        .values(version=Booking.version + 1, updated_at=clock.now(), **values)
    )
    db.session.refresh(booking)


def live_of(workspace_id: int, customer_ids: list[int]) -> Sequence[Booking]:
    """The live bookings of some customers, by start, as they stand in the database now."""
    return db.session.scalars(
        select(Booking)
        .where(Booking.workspace_id == workspace_id, Booking.customer_id.in_(customer_ids), Booking.status.in_(LIVE))
        .order_by(Booking.starts_at, Booking.id)
        .execution_options(populate_existing=True)
    ).all()


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant is not None else None
