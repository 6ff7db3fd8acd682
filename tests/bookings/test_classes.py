"""Classes: a timetable, seats, parties, and a class that the business cancels."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings.cancellation import Cancellation
from models.bookings.class_place import Obstacle
from models.bookings.class_session import add_class, cancel_session
from models.bookings.move import Move
from models.bookings.placement import BookedDifferently
from models.bookings.refusals import SlotTaken
from models.bookings.session import Session
from models.bookings.timetable import ClassSchedule, LeftOut
from models.errors import Conflict, Invalid
from tests.bookings.salon import Salon, at, customer, hk

THURSDAY = "2026-05-07 19:00"


def open_class(salon: Salon, start: str = THURSDAY, capacity: int = 12) -> Session:
    return add_class(salon.service("yoga"), hk(start), [salon.person("Ann")], SYSTEM, capacity=capacity)


def test_a_class_is_booked_only_where_the_timetable_has_one(salon: Salon) -> None:
    with writing():
        open_class(salon)
        booking = salon.book(THURSDAY, service="yoga")
        assert (booking.staff_id, booking.price_minor) == (salon.staff["Ann"], 12_000)
    with pytest.raises(SlotTaken) as refused, writing():
        salon.book("2026-05-08 19:00", service="yoga", who=1)
    assert refused.value.details["reason"] == "no_class"
    assert [each["seats_left"] for each in refused.value.details["alternatives"]] == [11]


def test_a_class_with_one_seat_left_refuses_a_party_of_two(salon: Salon) -> None:
    with writing():
        session = open_class(salon, capacity=3)
        salon.book(THURSDAY, service="yoga", party_size=2)
    with pytest.raises(SlotTaken) as refused, writing():
        salon.book(THURSDAY, service="yoga", who=1, party_size=2)
    assert refused.value.details["reason"] == "class_full"
    with writing():
        salon.book(THURSDAY, service="yoga", who=1)
    assert Session.find(salon.workspace, session.id).seats_taken == 3


def test_a_customer_has_one_booking_of_a_class_and_a_larger_party_is_a_conflict(salon: Salon) -> None:
    with writing():
        open_class(salon)
        salon.book(THURSDAY, service="yoga")
    with pytest.raises(BookedDifferently), writing():
        salon.book(THURSDAY, service="yoga", party_size=2)


def test_cancelling_gives_the_seats_back_and_leaves_the_class_on(salon: Salon) -> None:
    with writing():
        session = open_class(salon, capacity=2)
        booking = salon.book(THURSDAY, service="yoga", party_size=2)
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
        session = Session.find(salon.workspace, session.id)
        assert (session.seats_taken, session.status) == (0, "open")


def test_moving_to_another_class_gives_the_old_seats_back(salon: Salon) -> None:
    with writing():
        first, second = open_class(salon), open_class(salon, "2026-05-08 19:00", capacity=2)
        booking = salon.book(THURSDAY, service="yoga", party_size=2)
        Move(booking, hk("2026-05-08 19:00")).carry_out(salon.workspace, SYSTEM)
        seats = [Session.find(salon.workspace, each.id).seats_taken for each in (first, second)]
    assert (seats, booking.session_id) == ([0, 2], second.id)


def test_an_expired_hold_gives_its_seat_to_the_next(salon: Salon) -> None:
    with writing():
        open_class(salon, capacity=1)
        salon.wish(THURSDAY, service="yoga").hold(salon.workspace, SYSTEM)
    with at("08:11"), writing():
        assert salon.book(THURSDAY, service="yoga", who=1).status == "confirmed"


def test_cancelling_a_class_cancels_its_bookings_for_the_business(salon: Salon) -> None:
    with writing():
        session = open_class(salon)
        bookings = [salon.book(THURSDAY, service="yoga", who=who) for who in (2, 0, 1)]
        cancelled = cancel_session(salon.workspace, session, "The teacher is ill", SYSTEM)
    assert {booking.id for booking in cancelled} == {booking.id for booking in bookings}
    assert {(booking.status, booking.cancelled_for, booking.fee_minor) for booking in cancelled} == {("cancelled", "business", 0)}
    with writing():
        open_class(salon)
    with pytest.raises(Conflict), writing():
        cancel_session(salon.workspace, session, None, SYSTEM)


def test_the_timetable_opens_each_date_once_and_keeps_a_cancelled_one_closed(salon: Salon) -> None:
    with writing():
        entry = ClassSchedule.add(
            salon.service("yoga"), 3, 19 * 60, SYSTEM, valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 28),
            staff=salon.person("Ann"),
        )  # fmt: skip
        opened, left_out = entry.open_sessions(salon.workspace)
        assert ([session.starts_at for session in opened], left_out) == (
            [hk(THURSDAY) + timedelta(weeks=week) for week in range(4)],
            [],
        )
        cancel_session(salon.workspace, opened[1], None, SYSTEM)
        assert entry.open_sessions(salon.workspace) == ([], [])


def test_a_date_on_which_the_teacher_is_taken_is_left_out_and_said(salon: Salon) -> None:
    with writing():
        salon.book("2026-05-07 16:00", staff="Ann")
        entry = ClassSchedule.add(
            salon.service("yoga"), 3, 16 * 60 + 30, SYSTEM, valid_from=date(2026, 5, 1), staff=salon.person("Ann")
        )
        opened, left_out = entry.open_sessions(salon.workspace, until=hk("2026-05-15 00:00"))
    gap = LeftOut(date(2026, 5, 7), hk("2026-05-07 16:30"), Obstacle.LEADER_TAKEN)
    assert ([session.starts_at for session in opened], left_out) == ([hk("2026-05-14 16:30")], [gap])
    assert entry.left_out(salon.workspace, until=hk("2026-05-15 00:00")) == [gap]


def test_a_teacher_is_not_booked_for_an_appointment_during_a_class(salon: Salon) -> None:
    with writing():
        add_class(salon.service("yoga"), hk("2026-05-07 10:00"), [salon.person("Ann")], SYSTEM)
    with pytest.raises(SlotTaken), writing():
        salon.book("2026-05-07 10:30", staff="Ann")
    with pytest.raises(Conflict), writing():
        add_class(salon.service("yoga"), hk("2026-05-07 10:30"), [salon.person("Ann")], SYSTEM)


def test_an_appointment_has_no_timetable(salon: Salon) -> None:
    with pytest.raises(Invalid), writing():
        ClassSchedule.add(salon.service("massage"), 3, 600, SYSTEM, valid_from=date(2026, 5, 1))
    with pytest.raises(Invalid), writing():
        add_class(salon.service("massage"), hk(THURSDAY), [], SYSTEM)


def test_a_class_in_the_middle_of_a_full_list_counts_seats_exactly(salon: Salon) -> None:
    with writing():
        session = open_class(salon, capacity=5)
        for number in range(5):
            person = customer(salon.workspace, f"Guest {number}")
            salon.customers.append(person.id)
            salon.book(THURSDAY, service="yoga", who=len(salon.customers) - 1)
    taken = db.session.scalar(
        select(Session.seats_taken).where(Session.workspace_id == salon.workspace_id, Session.id == session.id)
    )
    assert taken == 5


def test_a_hold_in_a_class_that_lapsed_frees_its_seat_and_not_its_teacher(salon: Salon) -> None:
    with writing():
        add_class(salon.service("yoga"), hk("2026-05-07 10:00"), [salon.person("Ann")], SYSTEM, capacity=1)
        salon.wish("2026-05-07 10:00", service="yoga").hold(salon.workspace, SYSTEM)
    with at("09:00"):
        assert "10:00" not in salon.free("2026-05-07", staff_id=salon.staff["Ann"])
        assert salon.free("2026-05-07", service="yoga") == ["10:00"]
        with pytest.raises(SlotTaken), writing():
            salon.book("2026-05-07 10:00", staff="Ann", who=2)


def test_a_booking_that_is_cancelled_frees_no_seat_for_its_move(salon: Salon) -> None:
    with writing():
        open_class(salon, capacity=1)
        gone = salon.book(THURSDAY, service="yoga")
        Cancellation(gone).carry_out(salon.workspace, SYSTEM)
        stands = salon.book(THURSDAY, service="yoga", who=1)
    assert salon.free("2026-05-07", service="yoga", moving=gone) == []
    assert salon.free("2026-05-07", service="yoga", moving=stands) == ["19:00"]


def test_a_seat_that_is_to_be_moved_does_not_make_its_teacher_free(salon: Salon) -> None:
    with writing():
        add_class(salon.service("yoga"), hk("2026-05-07 10:00"), [salon.person("Ann")], SYSTEM)
        seat = salon.book("2026-05-07 10:00", service="yoga")
    assert "10:00" not in salon.free("2026-05-07", staff_id=salon.staff["Ann"], moving=seat)


def test_a_party_larger_than_one_seat_is_booked_into_the_session_that_was_named(salon: Salon) -> None:
    with writing():
        for name in ("Ann", "Bea"):
            chosen = add_class(salon.service("yoga"), hk(THURSDAY), [salon.person(name)], SYSTEM)
        booking = salon.book(THURSDAY, service="yoga", session=chosen, party_size=2)
    assert (booking.session_id, booking.staff_id) == (chosen.id, salon.staff["Bea"])
