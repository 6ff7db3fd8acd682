"""What time does to bookings goes on whatever fails, and leaves to people what they have just touched."""

import logging
from typing import Any

import pytest

from blueprints.commands.worker import work
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings import progress, sweep
from models.bookings.booking import Booking, StaleBooking
from models.bookings.session import Session
from models.bookings.timetable import ClassSchedule
from tests.bookings.salon import NOW, Salon, at, hk


def failing_for(number: int, real: Any, error: Exception) -> Any:
    def act(booking: Booking) -> None:
        if booking.id == number:
            raise error
        real(booking)

    return act


@pytest.mark.parametrize("error", [StaleBooking("Moved."), ValueError("A bad row.")])
def test_one_booking_that_fails_keeps_no_other_from_being_completed(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    with writing():
        first, second = salon.book("10:00", staff="Ann").id, salon.book("10:00", staff="Bea", who=1).id
        ClassSchedule.add(salon.service("yoga"), 3, 600, SYSTEM, valid_from=NOW.date())
    monkeypatch.setattr(sweep, "_complete", failing_for(first, sweep._complete, error))
    with at("2026-05-06 12:00"), caplog.at_level(logging.ERROR):
        assert work() >= 1
    enter(salon.workspace_id)
    assert [salon.booking(number).status for number in (first, second)] == ["confirmed", "completed"]
    assert f"booking {first}" in caplog.text
    assert Session.starting(salon.service("yoga"), hk("2026-05-07 10:00")), "classes are opened all the same"


def test_many_that_fail_do_not_starve_those_behind_them(salon: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 2)
    with writing():
        bad = {salon.book(f"{hour}:00", staff="Ann").id for hour in (10, 12, 14)}
        good = salon.book("15:00", staff="Bea", who=1).id

    def act(booking: Booking) -> None:
        if booking.id in bad:
            raise StaleBooking("Moved.")
        real(booking)

    real = sweep._complete
    monkeypatch.setattr(sweep, "_complete", act)
    with at("2026-05-06 12:00"):
        assert sweep.sweep(salon.workspace).completed == 1
    assert salon.booking(good).status == "completed"


def test_a_timetable_that_cannot_be_opened_keeps_no_other_from_opening(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with writing():
        bad, good = (ClassSchedule.add(salon.service("yoga"), day, 600, SYSTEM, valid_from=NOW.date()).id for day in (3, 4))
    real = ClassSchedule.open_sessions

    def opened(entry: ClassSchedule, *given: Any) -> Any:
        if entry.id == bad:
            raise ValueError("A bad row.")
        return real(entry, *given)

    monkeypatch.setattr(ClassSchedule, "open_sessions", opened)
    with caplog.at_level(logging.ERROR):
        work()
    enter(salon.workspace_id)
    made = {session.class_schedule_id for session in db.session.scalars(Session.within(salon.workspace))}
    assert made == {good} and f"timetable entry {bad}" in caplog.text


def test_what_was_reopened_is_left_alone_for_a_day(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00").id
    with at("2026-05-05 11:00"):
        assert sweep.sweep(salon.workspace).completed == 1
        with writing():
            progress.reopen(salon.workspace, salon.booking(booking), SYSTEM)
    with at("2026-05-06 10:59"):
        assert sweep.sweep(salon.workspace).completed == 0
    with at("2026-05-06 11:00"):
        assert sweep.sweep(salon.workspace).completed == 1


def test_somebody_who_was_checked_in_and_forgotten_was_here(salon: Salon) -> None:
    """DOMAIN speaks of a confirmed one; left as it is, it would keep the customer from being archived for ever."""
    with writing():
        booking = salon.book("10:00")
        progress.check_in(salon.workspace, booking, SYSTEM)
    with at("2026-05-06 12:00"):
        assert sweep.sweep(salon.workspace).completed == 1
