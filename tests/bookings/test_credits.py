"""Credits of packages: several lots pay for one party, none is lost with a hold, and what was granted is taken back."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.package import NoCredits, Package, PackageCredit
from models.bookings.soundness import unsound
from models.bookings.sweep import sweep
from models.customers.archive import archive
from models.errors import Conflict, Invalid
from tests.bookings.salon import Salon, at, undo

WEDNESDAY = "2026-05-06 10:00"


@pytest.fixture
def card(salon: Salon) -> Package:
    """One massage, for up to three people at once."""
    with writing():
        salon.service().change(SYSTEM, capacity=3)
        return Package.add(salon.workspace, "One massage", 40_000, {salon.service(): 1}, SYSTEM, valid_days=30)


def grant(salon: Salon, card: Package, lots: int = 1) -> None:
    with writing():
        for _ in range(lots):
            card.grant(salon.customers[0], SYSTEM)


def left(salon: Salon) -> int:
    db.session.expire_all()
    return sum(balance.left for balance in PackageCredit.balances(salon.workspace, salon.customers[0]))


def test_two_lots_pay_for_a_party_of_two_and_each_gets_its_credit_back(salon: Salon, card: Package) -> None:
    grant(salon, card, lots=3)
    with writing():
        booking = salon.book(WEDNESDAY, party_size=2, package=card)
    assert (booking.credits_used, left(salon)) == (2, 1)
    with writing():
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
    assert left(salon) == 3
    undo(salon, "cancel_booking")
    assert (booking.credits_used, left(salon)) == (2, 1)
    assert unsound(salon.workspace) == []


def test_a_party_that_is_larger_than_all_lots_uses_none(salon: Salon, card: Package) -> None:
    grant(salon, card, lots=2)
    with pytest.raises(NoCredits) as refused, writing():
        salon.book(WEDNESDAY, party_size=3, package=card)
    assert (refused.value.code, refused.value.details["reason"], left(salon)) == ("blocked", "no_credits", 2)
    assert "10:00" in salon.free("2026-05-06")


def test_a_cancel_is_not_undone_once_its_credit_was_used_otherwise(salon: Salon, card: Package) -> None:
    grant(salon, card)
    with writing():
        first = salon.book(WEDNESDAY, package=card)
        Cancellation(first).carry_out(salon.workspace, SYSTEM)
        salon.book("2026-05-06 12:00", package=card)
    with pytest.raises(NoCredits):
        undo(salon, "cancel_booking")
    assert (salon.booking(first.id).status, left(salon)) == ("cancelled", 0)
    assert unsound(salon.workspace) == []


@pytest.mark.parametrize("by", ["the worker", "whoever books next"])
def test_a_hold_that_lapses_gives_its_credit_back(salon: Salon, card: Package, by: str) -> None:
    grant(salon, card)
    with writing():
        salon.wish(WEDNESDAY, staff="Ann", package=card).hold(salon.workspace, SYSTEM)
    assert left(salon) == 0
    with at("09:00"):
        if by == "the worker":
            sweep(salon.workspace)
        else:
            with writing():
                salon.book(WEDNESDAY, staff="Ann", who=1)
    assert left(salon) == 1
    assert unsound(salon.workspace) == []


def test_a_booking_that_was_never_confirmed_gives_its_credit_back(salon: Salon, card: Package) -> None:
    grant(salon, card)
    with writing():
        salon.service().change(SYSTEM, needs_approval=True)
        salon.wish("10:00", wait=True, package=card).book(salon.workspace, SYSTEM)
    with at("10:00"):
        sweep(salon.workspace)
    assert left(salon) == 1


def test_nothing_is_granted_to_somebody_who_is_archived(salon: Salon, card: Package) -> None:
    with writing():
        archive(salon.workspace, salon.customers[0], SYSTEM)
    with pytest.raises(Conflict):
        grant(salon, card)
    assert left(salon) == 0


def test_a_package_granted_by_mistake_is_taken_back_unless_it_has_paid(salon: Salon, card: Package) -> None:
    grant(salon, card)
    undo(salon, "grant_package")
    assert left(salon) == 0
    with pytest.raises(NoCredits), writing():
        salon.book(WEDNESDAY, package=card)
    grant(salon, card)
    with writing():
        salon.book(WEDNESDAY, package=card)
    with pytest.raises(Conflict, match="used since"):
        undo(salon, "grant_package")


def test_what_is_left_of_a_lot_is_taken_back_and_given_again_by_undo(salon: Salon, card: Package) -> None:
    grant(salon, card)
    with writing():
        (lot,) = PackageCredit.held(card, 10)
        lot.revoke(SYSTEM)
    assert (left(salon), PackageCredit.held(card, 10)) == (0, [])
    with pytest.raises(Conflict), writing():
        lot.revoke(SYSTEM)
    undo(salon, "revoke_credits")
    assert left(salon) == 1


def test_a_package_is_changed_and_what_was_granted_of_it_stays(salon: Salon, card: Package) -> None:
    grant(salon, card)
    with writing():
        card.change(SYSTEM, name="Three massages", price_minor=100_000, valid_days=None, items={salon.service(): 3})
        card.grant(salon.customers[1], SYSTEM)
    assert (card.name, [item.quantity for item in card.items], left(salon)) == ("Three massages", [3], 1)
    assert [balance.left for balance in PackageCredit.balances(salon.workspace, salon.customers[1])] == [3]
    for facts in ({"items": {}}, {"price_minor": None}, {"price_minor": 10**12 + 1}, {"currency": "JPY"}):
        with pytest.raises(Invalid), writing():
            card.change(SYSTEM, **facts)


def test_the_database_lets_no_credit_of_another_customer_pay(salon: Salon, card: Package) -> None:
    grant(salon, card)
    with writing():
        (lot,) = PackageCredit.held(card, 10)
        booking: Booking = salon.book(WEDNESDAY, who=1)
        here = {"w": salon.workspace_id, "b": booking.id, "l": lot.id, "c": salon.customers[1]}
    insert = text("INSERT INTO credit_use VALUES (:w, :b, :l, :c, 1, :no)").bindparams(no=False)
    with pytest.raises(IntegrityError), writing():
        db.session.execute(insert, here)
