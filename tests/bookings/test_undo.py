"""Undo of what was done to a booking, and its refusal once the booking has moved on."""

import pytest

from models.activity.actor import SYSTEM
from models.base import writing
from models.bookings.booking import StaleBooking
from models.bookings.cancellation import Cancellation
from models.bookings.class_session import add_class
from models.bookings.location import Location
from models.bookings.move import Move
from models.bookings.package import Package, PackageCredit
from models.bookings.placement import BookedDifferently
from models.bookings.refusals import SlotTaken
from models.bookings.session import Session
from models.customers.archive import archive
from models.errors import Conflict
from tests.bookings.salon import Salon, hk, undo

WEDNESDAY = "2026-05-06 10:00"


def test_a_booking_that_was_made_is_cancelled_for_the_business(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    undo(salon, "create_booking")
    assert (booking.status, booking.cancelled_for, booking.fee_minor) == ("cancelled", "business", 0)


def test_a_move_is_taken_back_to_the_same_person(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00", staff="Ann")
        Move(booking, hk("12:00"), salon.person("Bea")).carry_out(salon.workspace, SYSTEM)
    undo(salon, "reschedule_booking")
    assert (booking.starts_at, booking.staff_id, booking.version) == (hk("10:00"), salon.staff["Ann"], 3)


def test_a_cancelled_booking_stands_again_with_its_credit(salon: Salon) -> None:
    with writing():
        package = Package.add(salon.workspace, "One", 1, {salon.service(): 1}, SYSTEM)
        package.grant(salon.customers[0], SYSTEM)
        booking = salon.book(WEDNESDAY, package=package, staff="Ann")
        Cancellation(booking, "by mistake").carry_out(salon.workspace, SYSTEM)
        assert PackageCredit.balances(salon.workspace, salon.customers[0])[0].left == 1
    undo(salon, "cancel_booking")
    assert (booking.status, booking.credits_used, booking.staff_id) == ("confirmed", 1, salon.staff["Ann"])
    assert PackageCredit.balances(salon.workspace, salon.customers[0]) == []
    assert "10:00" not in salon.free("2026-05-06", staff_id=salon.staff["Ann"])


def test_a_cancelled_seat_in_a_class_is_taken_again(salon: Salon) -> None:
    with writing():
        session = add_class(salon.service("yoga"), hk(WEDNESDAY), [salon.person("Ann")], SYSTEM, capacity=2)
        booking = salon.book(WEDNESDAY, service="yoga", party_size=2)
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
    undo(salon, "cancel_booking")
    assert (booking.session_id, Session.find(salon.workspace, session.id).seats_taken) == (session.id, 2)


def test_a_cancel_cannot_be_taken_back_once_somebody_else_has_the_time(salon: Salon) -> None:
    with writing():
        booking = salon.book(WEDNESDAY, staff="Ann")
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
        salon.book(WEDNESDAY, who=1, staff="Ann")
    with pytest.raises(SlotTaken):
        undo(salon, "cancel_booking")
    assert salon.booking(booking.id).status == "cancelled"


@pytest.mark.parametrize("verb", ["create_booking", "reschedule_booking"])
def test_what_moved_on_is_not_taken_back(salon: Salon, verb: str) -> None:
    with writing():
        booking = salon.book(WEDNESDAY)
        Move(booking, hk("2026-05-06 12:00")).carry_out(salon.workspace, SYSTEM)
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
    with pytest.raises(StaleBooking):
        undo(salon, verb)


def test_a_cancelled_booking_stands_again_at_its_own_place(salon: Salon) -> None:
    with writing():
        _, west = (Location.add(salon.workspace, name, SYSTEM) for name in ("Central", "West"))
        booking = salon.book(WEDNESDAY, location=west, staff="Ann")
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
    undo(salon, "cancel_booking")
    assert Session.find(salon.workspace, booking.session_id).location_id == west.id


def test_a_move_to_another_place_is_taken_back(salon: Salon) -> None:
    with writing():
        central, west = (Location.add(salon.workspace, name, SYSTEM) for name in ("Central", "West"))
        booking = salon.book(WEDNESDAY, location=west, staff="Ann")
        Move(booking, hk("2026-05-06 12:00"), location=central).carry_out(salon.workspace, SYSTEM)
        assert Session.find(salon.workspace, booking.session_id).location_id == central.id
    undo(salon, "reschedule_booking")
    session = Session.find(salon.workspace, booking.session_id)
    assert (session.location_id, booking.starts_at, booking.staff_id) == (west.id, hk(WEDNESDAY), salon.staff["Ann"])


def test_a_move_within_one_time_to_another_place_is_a_move(salon: Salon) -> None:
    with writing():
        central, west = (Location.add(salon.workspace, name, SYSTEM) for name in ("Central", "West"))
        booking = salon.book(WEDNESDAY, location=west)
        Move(booking, hk(WEDNESDAY), location=central).carry_out(salon.workspace, SYSTEM)
    assert Session.find(salon.workspace, booking.session_id).location_id == central.id


def test_of_two_classes_at_one_time_a_seat_goes_back_into_its_own(salon: Salon) -> None:
    with writing():
        first, second = (add_class(salon.service("yoga"), hk(WEDNESDAY), [salon.person(name)], SYSTEM) for name in ("Ann", "Bea"))
        booking = salon.book(WEDNESDAY, service="yoga", staff="Bea")
        Move(booking, hk(WEDNESDAY), session=first).carry_out(salon.workspace, SYSTEM)
        assert (booking.session_id, booking.staff_id) == (first.id, salon.staff["Ann"])
    undo(salon, "reschedule_booking")
    assert (booking.session_id, booking.staff_id) == (second.id, salon.staff["Bea"])
    with writing():
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
    undo(salon, "cancel_booking")
    assert (booking.session_id, booking.staff_id) == (second.id, salon.staff["Bea"])


def test_nobody_is_moved_into_a_class_in_which_they_have_a_seat_already(salon: Salon) -> None:
    with writing():
        for name in ("Ann", "Bea"):
            add_class(salon.service("yoga"), hk(WEDNESDAY), [salon.person(name)], SYSTEM)
        first = salon.book(WEDNESDAY, service="yoga", staff="Ann")
        second = salon.book(WEDNESDAY, service="yoga", staff="Bea")
    with pytest.raises(BookedDifferently) as refused, writing():
        Move(second, hk(WEDNESDAY), staff=salon.person("Ann")).carry_out(salon.workspace, SYSTEM)
    assert refused.value.details["current"]["id"] == first.shown_id


def test_a_booking_of_a_customer_who_was_archived_does_not_stand_again(salon: Salon) -> None:
    with writing():
        booking = salon.book(WEDNESDAY)
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
        archive(salon.workspace, salon.customers[0], SYSTEM)
    with pytest.raises(Conflict, match="archived"):
        undo(salon, "cancel_booking")
    assert salon.booking(booking.id).status == "cancelled"
