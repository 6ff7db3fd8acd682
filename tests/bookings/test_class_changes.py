"""Changing a class that is on, cancelling it, ending its timetable, and taking each of these back."""

from datetime import date

import pytest

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings import progress
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.class_change import ClassChange, StaleSession
from models.bookings.class_place import CannotBeOn
from models.bookings.class_session import add_class, cancel_session
from models.bookings.package import Package, PackageCredit
from models.bookings.session import Session
from models.bookings.soundness import unsound
from models.bookings.timetable import ClassSchedule
from models.bookings.timetable_end import end, later
from models.customers.archive import archive
from models.customers.customer import Customer
from models.customers.merge import merge
from models.errors import Conflict, Invalid
from tests.bookings.salon import NOW, Salon, at, hk, undo

THURSDAY = "2026-05-07 10:00"


@pytest.fixture
def lesson(salon: Salon) -> int:
    """Yoga on Thursday with Ann, for three, two of whom are booked."""
    with writing():
        session = add_class(salon.service("yoga"), hk(THURSDAY), [salon.person("Ann")], SYSTEM, capacity=3)
        for who in range(2):
            salon.book(THURSDAY, service="yoga", who=who)
        return session.id


def change(salon: Salon, lesson: int, **what: object) -> list[Booking]:
    with writing():
        return ClassChange(Session.find(salon.workspace, lesson), **what).carry_out(salon.workspace, SYSTEM)  # type: ignore[arg-type]


def booked(salon: Salon, lesson: int) -> list[Booking]:
    db.session.expire_all()
    return list(db.session.scalars(Booking.within(salon.workspace).where(Booking.session_id == lesson).order_by(Booking.id)))


def test_another_leader_takes_over_with_all_bookings_and_the_first_is_free_again(salon: Salon, lesson: int) -> None:
    assert len(change(salon, lesson, leaders=[salon.person("Bea")])) == 2
    assert {booking.staff_id for booking in booked(salon, lesson)} == {salon.staff["Bea"]}
    assert "10:00" in salon.free("2026-05-07", staff_id=salon.staff["Ann"])
    assert "10:00" not in salon.free("2026-05-07", staff_id=salon.staff["Bea"])
    undo(salon, "change_session")
    assert {booking.staff_id for booking in booked(salon, lesson)} == {salon.staff["Ann"]}


def test_another_time_takes_the_bookings_along(salon: Salon, lesson: int) -> None:
    change(salon, lesson, starts_at=hk("2026-05-07 10:30"))
    rows = booked(salon, lesson)
    assert {(row.starts_at, row.ends_at, row.version) for row in rows} == {(hk("2026-05-07 10:30"), hk("2026-05-07 11:30"), 2)}
    assert salon.customer().next_booking_at == hk("2026-05-07 10:30")
    undo(salon, "change_session")
    assert {row.starts_at for row in booked(salon, lesson)} == {hk(THURSDAY)}
    assert unsound(salon.workspace) == []


def test_a_time_at_which_the_leader_is_taken_changes_nothing(salon: Salon, lesson: int) -> None:
    with writing():
        salon.book("2026-05-07 12:00", staff="Ann", who=2)
    with pytest.raises(CannotBeOn) as refused:
        change(salon, lesson, starts_at=hk("2026-05-07 11:30"))
    assert refused.value.details["reason"] == "leader_taken"
    assert {row.starts_at for row in booked(salon, lesson)} == {hk(THURSDAY)}


def test_seats_are_added_and_taken_away_but_not_under_those_who_come(salon: Salon, lesson: int) -> None:
    assert change(salon, lesson, capacity=2) == []
    with pytest.raises(Conflict) as refused:
        change(salon, lesson, capacity=1)
    assert (refused.value.details["field"], refused.value.details["taken"]) == ("capacity", 2)
    with pytest.raises(Invalid):
        change(salon, lesson, capacity=1_001)
    undo(salon, "change_session")
    assert Session.find(salon.workspace, lesson).capacity == 3


def test_a_class_that_was_changed_meanwhile_has_begun_or_is_an_appointment_stays(salon: Salon, lesson: int) -> None:
    with pytest.raises(StaleSession):
        change(salon, lesson, capacity=9, expected_version=1)
    with at("2026-05-07 10:10"), pytest.raises(Invalid):
        change(salon, lesson, starts_at=hk("2026-05-07 12:00"))
    with at("2026-05-07 12:00"), pytest.raises(Conflict):
        change(salon, lesson, capacity=9)
    with writing():
        appointment = salon.book("2026-05-07 14:00").session_id
    with pytest.raises(Invalid):
        change(salon, appointment, capacity=2)


def test_a_cancelled_class_is_put_on_again_with_its_bookings_and_their_credits(salon: Salon) -> None:
    with writing():
        card = Package.add(salon.workspace, "Card", 1, {salon.service("yoga"): 2}, SYSTEM)
        card.grant(salon.customers[0], SYSTEM)
        lesson = add_class(salon.service("yoga"), hk(THURSDAY), [salon.person("Ann")], SYSTEM).id
        salon.book(THURSDAY, service="yoga", package=card)
        salon.book(THURSDAY, service="yoga", who=1, party_size=2)
        cancel_session(salon.workspace, Session.find(salon.workspace, lesson), "Ill", SYSTEM)
    undo(salon, "cancel_session")
    session = Session.find(salon.workspace, lesson)
    assert (session.status, session.seats_taken) == ("open", 3)
    assert [(row.status, row.credits_used, row.cancel_reason) for row in booked(salon, lesson)] == [
        ("confirmed", 1, None), ("confirmed", 0, None),
    ]  # fmt: skip
    assert PackageCredit.balances(salon.workspace, salon.customers[0])[0].left == 1
    assert "10:00" not in salon.free("2026-05-07", staff_id=salon.staff["Ann"])
    assert unsound(salon.workspace) == []


def test_a_cancelled_class_stays_cancelled_once_its_leader_is_taken_or_somebody_is_gone(salon: Salon, lesson: int) -> None:
    with writing():
        cancel_session(salon.workspace, Session.find(salon.workspace, lesson), None, SYSTEM)
        other = salon.book(THURSDAY, staff="Ann", who=2)
    with pytest.raises(CannotBeOn):
        undo(salon, "cancel_session")
    with writing():
        Cancellation(other).carry_out(salon.workspace, SYSTEM)
        archive(salon.workspace, salon.customers[1], SYSTEM)
    with pytest.raises(Conflict, match="archived"):
        undo(salon, "cancel_session")
    assert Session.find(salon.workspace, lesson).status == "cancelled"


def test_a_cancelled_class_stays_cancelled_once_two_of_its_customers_are_one(salon: Salon, lesson: int) -> None:
    with writing():
        cancel_session(salon.workspace, Session.find(salon.workspace, lesson), None, SYSTEM)
        merge(salon.workspace, *(Customer.find(salon.workspace, number).shown_id for number in salon.customers[:2]), SYSTEM)
    with pytest.raises(Conflict, match="merged"):
        undo(salon, "cancel_session")
    assert Session.find(salon.workspace, lesson).status == "cancelled"


def test_a_hold_that_lapsed_keeps_no_class_from_being_cancelled(salon: Salon) -> None:
    with writing():
        session = add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM)
        held = salon.wish(THURSDAY, service="yoga").hold(salon.workspace, SYSTEM)
        salon.book(THURSDAY, service="yoga", who=1)
    with at("09:00"), writing():
        assert len(cancel_session(salon.workspace, session, None, SYSTEM)) == 1
    assert salon.booking(held.id).cancelled_for == "expired"


def test_a_class_in_which_somebody_was_served_is_not_cancelled(salon: Salon, lesson: int) -> None:
    with at("2026-05-07 10:30"):
        with writing():
            progress.complete(salon.workspace, booked(salon, lesson)[0], SYSTEM)
        with pytest.raises(Conflict), writing():
            cancel_session(salon.workspace, Session.find(salon.workspace, lesson), None, SYSTEM)


@pytest.fixture
def weekly(salon: Salon) -> int:
    """Yoga every Thursday, opened for nine weeks, two bookings in the third."""
    with writing():
        entry = ClassSchedule.add(salon.service("yoga"), 3, 600, SYSTEM, valid_from=NOW.date(), staff=salon.person("Ann"))
        entry.open_sessions(salon.workspace)
        for who in range(2):
            salon.book("2026-05-21 10:00", service="yoga", who=who)
        return entry.id


def open_days(salon: Salon) -> int:
    db.session.expire_all()
    return len(Session.to_come(salon.service("yoga"), hk("00:00"), hk("2026-12-01 00:00"), 100))


def test_a_timetable_ends_after_a_day_and_keeps_what_is_open(salon: Salon, weekly: int) -> None:
    entry = ClassSchedule.find(salon.workspace, weekly)
    with writing():
        assert end(salon.workspace, entry, date(2026, 5, 14), SYSTEM) == []
        assert entry.open_sessions(salon.workspace) == ([], [])
    assert open_days(salon) == 9
    undo(salon, "end_class_schedule")
    assert ClassSchedule.find(salon.workspace, weekly).valid_to is None


def test_a_timetable_ends_with_the_sessions_after_it_and_undo_puts_them_on_again(salon: Salon, weekly: int) -> None:
    entry = ClassSchedule.find(salon.workspace, weekly)
    left = later(entry, date(2026, 5, 14))
    assert (len(left.sessions), left.bookings) == (7, 2)
    with writing():
        gone = end(salon.workspace, entry, date(2026, 5, 14), SYSTEM, cancel_later=True, reason="Ann moves away")
    assert {(booking.status, booking.cancel_reason) for booking in gone} == {("cancelled", "Ann moves away")}
    assert (len(gone), open_days(salon)) == (2, 2)
    undo(salon, "end_class_schedule")
    assert (open_days(salon), salon.booking(gone[0].id).status) == (9, "confirmed")
    assert unsound(salon.workspace) == []


def test_a_timetable_that_has_ended_does_not_end_later(salon: Salon, weekly: int) -> None:
    entry = ClassSchedule.find(salon.workspace, weekly)
    with writing():
        end(salon.workspace, entry, date(2026, 5, 14), SYSTEM)
    with pytest.raises(Invalid) as refused, writing():
        end(salon.workspace, ClassSchedule.find(salon.workspace, weekly), date(2026, 5, 21), SYSTEM)
    assert refused.value.field == "last_day"
