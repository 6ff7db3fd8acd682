"""Two records of one person who are in one class: no seat, credit or promise is lost, and taking them apart overbooks nothing."""

from collections.abc import Callable

import pytest

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings import progress
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.class_session import add_class, cancel_session
from models.bookings.move import Move
from models.bookings.package import Package, PackageCredit
from models.bookings.session import Session
from models.bookings.soundness import unsound
from models.bookings.sweep import sweep
from models.customers.customer import Customer
from models.customers.merge import merge
from models.errors import Conflict
from tests.bookings.salon import Salon, at, hk, undo

THURSDAY, FRIDAY = "2026-05-07 19:00", "2026-05-08 19:00"
pytestmark = pytest.mark.threat("CR14")


@pytest.fixture
def yoga(salon: Salon) -> Salon:
    """Yoga on Thursday and Friday, three seats each."""
    with writing():
        for start in (THURSDAY, FRIDAY):
            add_class(salon.service("yoga"), hk(start), [], SYSTEM, capacity=3)
    return salon


def seat(salon: Salon, who: int, **facts: object) -> int:
    with writing():
        return salon.book(THURSDAY, service="yoga", who=who, **facts).id


def package(salon: Salon, who: int, credits: int = 10) -> Package:
    bought = Package.add(salon.workspace, "Yoga card", 1, {salon.service("yoga"): credits}, SYSTEM)
    bought.grant(salon.customers[who], SYSTEM)
    return bought


def become_one(salon: Salon) -> None:
    with writing():
        merge(salon.workspace, *(Customer.find(salon.workspace, number).shown_id for number in salon.customers[:2]), SYSTEM)
    db.session.expire_all()
    assert unsound(salon.workspace) == []


def taken_apart(salon: Salon) -> None:
    undo(salon, "merge_contacts")
    assert unsound(salon.workspace) == []


def taken(salon: Salon, start: str) -> int:
    db.session.expire_all()
    (number,) = Session.starting(salon.service("yoga"), hk(start))
    return Session.find(salon.workspace, number).seats_taken


def stands(salon: Salon, *numbers: int) -> list[tuple[str, int]]:
    return [(booking.status, booking.party_size) for booking in map(salon.booking, numbers)]


def left(salon: Salon, who: int) -> int:
    return sum(balance.left for balance in PackageCredit.balances(salon.workspace, salon.customers[who]))


def test_taking_a_merge_apart_takes_the_seats_again_where_they_were(yoga: Salon) -> None:
    kept, gone = seat(yoga, 0), seat(yoga, 1, party_size=2)
    become_one(yoga)
    with writing():
        Move(yoga.booking(kept), hk(FRIDAY)).carry_out(yoga.workspace, SYSTEM)
    assert (taken(yoga, THURSDAY), taken(yoga, FRIDAY)) == (0, 3)
    taken_apart(yoga)
    assert stands(yoga, kept, gone) == [("confirmed", 1), ("confirmed", 2)]
    assert (taken(yoga, THURSDAY), taken(yoga, FRIDAY)) == (2, 1)


def test_taking_a_merge_apart_never_overbooks_the_class(yoga: Salon) -> None:
    kept, gone = seat(yoga, 0), seat(yoga, 1, party_size=2)
    become_one(yoga)
    with writing():
        Move(yoga.booking(kept), hk(FRIDAY)).carry_out(yoga.workspace, SYSTEM)
        yoga.book(THURSDAY, service="yoga", who=2, party_size=2)
    with pytest.raises(Conflict, match="too few seats"):
        taken_apart(yoga)
    assert stands(yoga, kept, gone) == [("confirmed", 3), ("cancelled", 2)]
    assert (taken(yoga, THURSDAY), taken(yoga, FRIDAY)) == (2, 3)
    assert unsound(yoga.workspace) == []


def test_a_class_that_was_cancelled_meanwhile_keeps_the_two_together(yoga: Salon) -> None:
    kept, gone = seat(yoga, 0), seat(yoga, 1)
    become_one(yoga)
    with writing():
        Move(yoga.booking(kept), hk(FRIDAY)).carry_out(yoga.workspace, SYSTEM)
        cancel_session(yoga.workspace, Session.find(yoga.workspace, yoga.booking(gone).session_id), None, SYSTEM)
    with pytest.raises(Conflict):
        taken_apart(yoga)
    assert unsound(yoga.workspace) == []


@pytest.mark.parametrize("end", ["complete", "cancel"])
def test_a_booking_that_has_ended_for_both_is_not_told_apart(yoga: Salon, end: str) -> None:
    kept, gone = seat(yoga, 0), seat(yoga, 1)
    become_one(yoga)
    with at("2026-05-07 19:30"):
        with writing():
            if end == "complete":
                progress.complete(yoga.workspace, yoga.booking(kept), SYSTEM)
            else:
                Cancellation(yoga.booking(kept)).carry_out(yoga.workspace, SYSTEM)
        with pytest.raises(Conflict, match=yoga.booking(kept).ref):
            taken_apart(yoga)
    assert yoga.booking(gone).status == "cancelled"


def check_in(salon: Salon, booking: Booking) -> None:
    progress.check_in(salon.workspace, booking, SYSTEM)


def ask_first(salon: Salon, booking: Booking) -> None:
    booking.status = "pending"


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (ask_first, None, "confirmed"), (None, ask_first, "confirmed"), (ask_first, ask_first, "pending"),
        (None, check_in, "checked_in"), (check_in, ask_first, "checked_in"),
    ],
)  # fmt: skip
def test_the_stronger_of_two_promises_holds_and_each_has_its_own_again(
    yoga: Salon, first: Callable[..., None] | None, second: Callable[..., None] | None, together: str
) -> None:
    kept, gone = seat(yoga, 0), seat(yoga, 1)
    with writing():
        for number, become in ((kept, first), (gone, second)):
            if become is not None:
                become(yoga, yoga.booking(number))
    before = stands(yoga, kept, gone)
    become_one(yoga)
    assert stands(yoga, kept, gone) == [(together, 2), ("cancelled", 1)]
    taken_apart(yoga)
    assert stands(yoga, kept, gone) == before


def test_somebody_who_was_checked_in_for_both_is_checked_in_twice_afterwards(yoga: Salon) -> None:
    kept, gone = seat(yoga, 0), seat(yoga, 1)
    become_one(yoga)
    with writing():
        check_in(yoga, yoga.booking(kept))
    taken_apart(yoga)
    assert stands(yoga, kept, gone) == [("checked_in", 1), ("checked_in", 1)]


@pytest.mark.parametrize("holder", [0, 1])
def test_a_lapsed_hold_takes_no_confirmed_seat_with_it(yoga: Salon, holder: int) -> None:
    with writing():
        yoga.wish(THURSDAY, service="yoga", who=holder).hold(yoga.workspace, SYSTEM)
    confirmed = seat(yoga, 1 - holder)
    with at("09:00"):
        become_one(yoga)
        sweep(yoga.workspace)
        db.session.expire_all()
    assert stands(yoga, confirmed) == [("confirmed", 1)]
    assert yoga.booking(confirmed).customer_id == yoga.customers[0]
    assert taken(yoga, THURSDAY) == 1


@pytest.mark.parametrize("holder", [0, 1])
def test_a_hold_that_joins_a_confirmed_seat_is_confirmed(yoga: Salon, holder: int) -> None:
    with writing():
        held = yoga.wish(THURSDAY, service="yoga", who=holder).hold(yoga.workspace, SYSTEM).id
    confirmed = seat(yoga, 1 - holder)
    kept, gone = (held, confirmed) if holder == 0 else (confirmed, held)
    become_one(yoga)
    assert stands(yoga, kept, gone) == [("confirmed", 2), ("cancelled", 1)]
    assert yoga.booking(kept).hold_expires_at is None
    taken_apart(yoga)
    assert stands(yoga, held, confirmed) == [("held", 1), ("confirmed", 1)]


def test_credits_that_paid_for_the_one_pay_for_the_other_and_come_back_from_it(yoga: Salon) -> None:
    with writing():
        card = package(yoga, 1)
    kept, gone = seat(yoga, 0), seat(yoga, 1, package=card)
    become_one(yoga)
    assert (yoga.booking(kept).credits_used, yoga.booking(gone).credits_used, left(yoga, 0)) == (1, 0, 9)
    with at("2026-05-07 18:59"):
        assert yoga.booking(kept).unpaid_minor == 12_000
    with writing():
        Cancellation(yoga.booking(kept)).carry_out(yoga.workspace, SYSTEM)
    assert left(yoga, 0) == 10
    assert unsound(yoga.workspace) == []


def test_credits_go_back_to_whom_they_belonged_when_the_merge_is_taken_apart(yoga: Salon) -> None:
    with writing():
        mine, theirs = package(yoga, 0), package(yoga, 1)
    kept, gone = seat(yoga, 0, package=mine), seat(yoga, 1, package=theirs, party_size=2)
    become_one(yoga)
    assert yoga.booking(kept).credits_used == 3
    taken_apart(yoga)
    assert [yoga.booking(number).credits_used for number in (kept, gone)] == [1, 2]
    assert (left(yoga, 0), left(yoga, 1)) == (9, 8)
    with writing():
        Cancellation(yoga.booking(gone)).carry_out(yoga.workspace, SYSTEM)
    assert left(yoga, 1) == 10


def test_credits_that_the_other_record_used_since_keep_the_two_together(yoga: Salon) -> None:
    with writing():
        card = package(yoga, 1)
        theirs = yoga.book("2026-05-06 10:00", who=1).id
    become_one(yoga)
    with writing():
        yoga.book(FRIDAY, service="yoga", package=card)
    with pytest.raises(Conflict, match="credits of the other record"):
        taken_apart(yoga)
    assert yoga.booking(theirs).customer_id == yoga.customers[0]
    assert unsound(yoga.workspace) == []


def test_two_parties_that_are_too_large_together_stay_two_records(salon: Salon) -> None:
    with writing():
        salon.service("yoga").change(SYSTEM, capacity=200)
        add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM)
    first = seat(salon, 0, party_size=60)
    seat(salon, 1, party_size=60)
    with pytest.raises(Conflict, match=salon.booking(first).ref):
        become_one(salon)
    assert taken(salon, THURSDAY) == 120
