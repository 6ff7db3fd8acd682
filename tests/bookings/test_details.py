"""What changes about a booking that stays where it is, what it owes, and who walks in."""

import pytest

from models.activity.actor import SYSTEM
from models.base import writing
from models.bookings import progress
from models.bookings.booking import Booking, NotNow, StaleBooking
from models.bookings.cancellation import Cancellation, no_show_terms, terms_now, waive_fee
from models.bookings.class_session import add_class, cancel_session
from models.bookings.details import change_note, change_party
from models.bookings.package import Package, PackageCredit
from models.bookings.refusals import SlotTaken
from models.bookings.session import Session
from models.bookings.sweep import sweep
from models.errors import Invalid
from tests.bookings.salon import Salon, at, hk, undo

THURSDAY = "2026-05-07 19:00"


def left(salon: Salon) -> int:
    return sum(balance.left for balance in PackageCredit.balances(salon.workspace, salon.customers[0]))


def paid(salon: Salon, start: str = "10:00", **facts: object) -> Booking:
    package = Package.add(salon.workspace, "Two", 1, {salon.service(): 2}, SYSTEM)
    package.grant(salon.customers[0], SYSTEM)
    return salon.book(start, package=package, **facts)


def test_a_note_is_written_differently_and_comes_back_by_undo(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00", note="By the window")
        change_note(salon.workspace, booking, " By the door ", SYSTEM)
    assert (booking.customer_note, booking.version) == ("By the door", 2)
    undo(salon, "change_booking")
    assert booking.customer_note == "By the window"
    with pytest.raises(Invalid) as refused, writing():
        change_note(salon.workspace, booking, "x" * 2_001, SYSTEM)
    assert refused.value.field == "note"


def test_the_note_of_a_booking_that_is_over_stays(salon: Salon) -> None:
    with writing():
        booking = Cancellation(salon.book("10:00")).carry_out(salon.workspace, SYSTEM)
    with pytest.raises(NotNow), writing():
        change_note(salon.workspace, booking, "Late", SYSTEM)


def test_a_larger_party_takes_seats_and_costs_more_and_a_smaller_one_gives_back(salon: Salon) -> None:
    with writing():
        session = add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM, capacity=4)
        booking = salon.book(THURSDAY, service="yoga", party_size=2)
        change_party(salon.workspace, booking, 4, SYSTEM, expected_version=1)
    assert (booking.party_size, booking.price_minor) == (4, 48_000)
    undo(salon, "change_booking")
    with writing():
        change_party(salon.workspace, booking, 1, SYSTEM)
    assert (booking.price_minor, Session.find(salon.workspace, session.id).seats_taken) == (12_000, 1)


def test_an_undone_party_costs_what_it_did_to_the_cent(salon: Salon) -> None:
    with writing():
        add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM, capacity=4)
        booking = salon.book(THURSDAY, service="yoga", party_size=2)
        booking.price_minor = 1_701  # as two bookings that became one may have it
        change_party(salon.workspace, booking, 1, SYSTEM)
    undo(salon, "change_booking")
    assert (booking.party_size, booking.price_minor) == (2, 1_701)


def test_a_party_that_does_not_fit_changes_nothing(salon: Salon) -> None:
    with writing():
        session = add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM, capacity=3)
        booking = salon.book(THURSDAY, service="yoga")
        salon.book(THURSDAY, service="yoga", who=1)
    with pytest.raises(SlotTaken), writing():
        change_party(salon.workspace, booking, 3, SYSTEM)
    with pytest.raises(Invalid), writing():
        change_party(salon.workspace, booking, 4, SYSTEM)
    with pytest.raises(StaleBooking), writing():
        change_party(salon.workspace, booking, 2, SYSTEM, expected_version=7)
    assert Session.find(salon.workspace, session.id).seats_taken == 2


def test_a_party_that_a_package_pays_for_stays_as_it_is(salon: Salon) -> None:
    with writing():
        salon.service().change(SYSTEM, capacity=2)
        booking = paid(salon)
    with pytest.raises(NotNow), writing():
        change_party(salon.workspace, booking, 2, SYSTEM)


def test_a_late_fee_is_waived_once(salon: Salon) -> None:
    with writing():
        booking = Cancellation(salon.book("10:00")).carry_out(salon.workspace, SYSTEM)
        assert booking.fee_minor == 20_000
        assert waive_fee(salon.workspace, booking, SYSTEM).fee_minor == 0
    with pytest.raises(NotNow), writing():
        waive_fee(salon.workspace, booking, SYSTEM)


def test_credits_that_a_late_cancel_would_lose_are_told_before_lost_after_and_come_back_when_waived(salon: Salon) -> None:
    with writing():
        booking = paid(salon)
        assert (terms_now(booking).fee_minor, terms_now(booking).credits_lost) == (0, 1)
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
        assert (booking.credits_lost, left(salon)) == (1, 1)
        waive_fee(salon.workspace, booking, SYSTEM)
    assert (booking.credits_lost, left(salon)) == (0, 2)


def test_somebody_who_does_not_come_is_let_off_and_pays_again_once_that_was_a_mistake(salon: Salon) -> None:
    with writing():
        booking, owed = paid(salon), salon.book("12:00")
    with at("12:30"), writing():
        assert (no_show_terms(booking).credits_lost, no_show_terms(owed).fee_minor) == (1, 40_000)
        progress.mark_no_show(salon.workspace, booking, SYSTEM, waive_fee=True)
        progress.mark_no_show(salon.workspace, owed, SYSTEM, waive_fee=True)
        assert (booking.credits_lost, owed.fee_minor, left(salon)) == (0, 0, 2)
        progress.reopen(salon.workspace, booking, SYSTEM)
    assert (booking.status, booking.credits_used, left(salon)) == ("confirmed", 1, 1)


def test_a_walk_in_may_have_begun_today_but_not_yesterday(salon: Salon) -> None:
    with at("12:10"):
        with pytest.raises(Invalid) as refused, writing():
            salon.book("12:00")
        assert refused.value.field == "starts_at"
        with pytest.raises(Invalid), writing():
            salon.book("2026-05-03 12:00", walk_in=True)
        with writing():
            assert salon.book("12:00", walk_in=True).begun


def test_nobody_is_confirmed_after_the_start(salon: Salon) -> None:
    with writing():
        salon.service().change(SYSTEM, needs_approval=True)
        pending, _ = salon.wish("10:00", wait=True).book(salon.workspace, SYSTEM)
    with at("10:00"):
        assert "confirm" not in pending.allowed_actions
        with pytest.raises(NotNow), writing():
            progress.confirm(salon.workspace, pending, SYSTEM)


@pytest.mark.parametrize("verb", ["complete_booking", "expire_booking", "cancel_session"])
def test_what_time_or_the_business_does_is_no_activity_of_the_customer(salon: Salon, verb: str) -> None:
    with writing():
        if verb == "expire_booking":
            salon.wish("10:00").hold(salon.workspace, SYSTEM)
        elif verb == "cancel_session":
            session = add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM)
            salon.book(THURSDAY, service="yoga")
        else:
            salon.book("10:00")
    with at("2026-05-06 08:00"):
        if verb == "cancel_session":
            with writing():
                cancel_session(salon.workspace, session, None, SYSTEM)
        else:
            sweep(salon.workspace)
    assert salon.customer().last_activity_at == hk("08:00")
