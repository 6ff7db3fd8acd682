"""Weeks and days that differ: one place beside another, ranges of days, undo, and the bookings that are left standing in them."""

from datetime import date

import pytest

from models.activity.actor import SYSTEM
from models.base import writing
from models.bookings.asset import Resource
from models.bookings.class_session import add_class
from models.bookings.hours import DateOverride, WorkingHours
from models.bookings.location import Location
from models.bookings.stranded import counted_by_staff, stranded, stranded_in
from models.bookings.time_off import TimeOff
from models.errors import Conflict, Invalid, NotFound
from tests.bookings.salon import Salon, hk, undo

WEDNESDAY = date(2026, 5, 6)
MORNINGS = [(weekday, 540, 720) for weekday in range(7)]


def week(salon: Salon, **at: Location) -> set[tuple[int, int]]:
    return {(row.from_min, row.to_min) for row in WorkingHours.of(salon.person("Ann"), **at)}


def test_hours_at_one_place_leave_those_of_every_other_alone(salon: Salon) -> None:
    with writing():
        central, west = (Location.add(salon.workspace, name, SYSTEM) for name in ("Central", "West"))
        WorkingHours.replace(salon.person("Ann"), [], SYSTEM)
        WorkingHours.replace(salon.person("Ann"), MORNINGS, SYSTEM, location=central)
        WorkingHours.replace(salon.person("Ann"), [(2, 780, 1_020)], SYSTEM, location=west)
        WorkingHours.replace(salon.person("Ann"), [(2, 1_080, 1_200)], SYSTEM)
        ids = {"central": central.id, "west": west.id}
    assert week(salon, location=Location.find(salon.workspace, ids["central"])) == {(540, 720)}
    assert week(salon) == {(1_080, 1_200)}
    assert {place: len(rows) for place, rows in WorkingHours.elsewhere(salon.person("Ann")).items()} == {
        ids["central"]: 7, ids["west"]: 1,
    }  # fmt: skip
    ann = salon.staff["Ann"]
    assert salon.free("2026-05-06", staff_id=ann, location_id=ids["central"])[0] == "09:00"
    assert salon.free("2026-05-06", staff_id=ann, location_id=ids["west"])[0] == "13:00"


def test_a_week_that_was_changed_by_mistake_comes_back_unless_it_was_changed_again(salon: Salon) -> None:
    with writing():
        WorkingHours.replace(salon.person("Ann"), MORNINGS, SYSTEM)
    undo(salon, "set_working_hours")
    assert week(salon) == {(540, 1_020)}
    for shifts in (MORNINGS, [(0, 600, 660)]):
        with writing():
            WorkingHours.replace(salon.person("Ann"), shifts, SYSTEM)
    with pytest.raises(Conflict):
        undo(salon, "set_working_hours", last=2)
    assert week(salon) == {(600, 660)}


def test_a_place_is_closed_for_a_range_of_days_and_opened_again_by_undo(salon: Salon) -> None:
    with writing():
        place = Location.add(salon.workspace, "Central", SYSTEM)
        DateOverride.replace(place, WEDNESDAY, [(600, 720)], SYSTEM)
        DateOverride.replace(place, date(2026, 5, 5), [], SYSTEM, until=date(2026, 5, 8), reason="Repairs")
        assert len(DateOverride.of(place, date(2026, 5, 1))) == 4
    assert [salon.free(f"2026-05-{day:02}") == [] for day in range(4, 10)] == [False, True, True, True, True, False]
    undo(salon, "set_date_override")
    assert salon.free("2026-05-06") == ["10:00", "10:30", "11:00"]
    assert salon.free("2026-05-07")[0] == "09:00"


def test_a_range_that_ends_before_it_begins_or_lasts_for_years_is_refused(salon: Salon) -> None:
    for last in (date(2026, 5, 5), date(2030, 1, 1)):
        with pytest.raises(Invalid) as refused, writing():
            DateOverride.replace(salon.person("Ann"), WEDNESDAY, [], SYSTEM, until=last)
        assert refused.value.field == "until"


def test_a_room_has_hours_closures_and_time_off_like_a_person(salon: Salon) -> None:
    with writing():
        salon.service().require({"room": 1}, SYSTEM)
        room = Resource.add(salon.workspace, "Room", "room", SYSTEM)
        WorkingHours.replace(room, MORNINGS, SYSTEM)
        DateOverride.replace(room, date(2026, 5, 7), [], SYSTEM)
        TimeOff.add(room, hk("2026-05-08 09:00"), hk("2026-05-08 11:00"), SYSTEM)
    assert salon.free("2026-05-06")[-1] == "11:00"
    assert salon.free("2026-05-07") == []
    assert salon.free("2026-05-08") == ["11:00"]


def test_time_off_is_taken_back_and_given_again_by_undo(salon: Salon) -> None:
    with writing():
        away = TimeOff.add(salon.person("Ann"), hk("2026-05-06 09:00"), hk("2026-05-06 17:00"), SYSTEM, reason="Dentist")
        with pytest.raises(NotFound):
            TimeOff.find_of(salon.person("Bea"), away.id)
        TimeOff.find_of(salon.person("Ann"), away.shown_id).remove(SYSTEM)
    assert salon.free("2026-05-06", staff_id=salon.staff["Ann"]) != []
    undo(salon, "remove_time_off")
    assert salon.free("2026-05-06", staff_id=salon.staff["Ann"]) == []
    (absence,) = TimeOff.of(salon.person("Ann"), hk("2026-05-01 00:00"))
    assert absence.reason == "Dentist"
    with pytest.raises(Conflict):
        undo(salon, "add_time_off")


def test_bookings_that_stand_in_new_time_off_and_new_hours_are_named(salon: Salon) -> None:
    with writing():
        early = salon.book("2026-05-06 09:00", staff="Ann")
        late = salon.book("2026-05-06 16:00", staff="Ann", who=1)
        salon.book("2026-05-06 16:00", staff="Bea", who=2)
        evening = add_class(salon.service("yoga"), hk("2026-05-07 20:00"), [salon.person("Ann")], SYSTEM)
        seat = salon.book("2026-05-07 20:00", service="yoga")
    ann = salon.person("Ann")
    assert stranded(salon.workspace, ann) == []
    with writing():
        WorkingHours.replace(salon.person("Ann"), MORNINGS, SYSTEM)
    assert [row.id for row in stranded(salon.workspace, ann)] == [late.id]
    in_it = stranded_in(salon.workspace, ann, hk("2026-05-06 08:00"), hk("2026-05-06 10:00"))
    assert [row.id for row in in_it] == [early.id]
    with writing():
        DateOverride.replace(salon.person("Ann"), date(2026, 5, 7), [], SYSTEM)
        TimeOff.add(salon.person("Ann"), hk("2026-05-06 09:30"), hk("2026-05-06 10:00"), SYSTEM)
    assert [row.id for row in stranded(salon.workspace, ann)] == [early.id, late.id, seat.id]
    assert evening.id == seat.session_id


def test_bookings_of_a_place_that_closes_are_named(salon: Salon) -> None:
    with writing():
        place = Location.add(salon.workspace, "Central", SYSTEM)
        booking = salon.book("2026-05-06 10:00", location=place)
        salon.book("2026-05-07 10:00", location=place)
        DateOverride.replace(place, WEDNESDAY, [], SYSTEM)
    place = Location.find(salon.workspace, place.id)
    assert [row.id for row in stranded(salon.workspace, place)] == [booking.id]


def test_bookings_are_counted_by_everybody_who_takes_part(salon: Salon) -> None:
    with writing():
        salon.service().change(SYSTEM, staff_needed=2)
        salon.book("2026-05-06 10:00")
        salon.service().change(SYSTEM, staff_needed=1)
        salon.book("2026-05-06 12:00", staff="Bea")
        salon.book("2026-05-07 12:00", staff="Bea")
    day = counted_by_staff(salon.workspace, hk("2026-05-06 00:00"), hk("2026-05-07 00:00"))
    assert day == {salon.staff["Ann"]: 1, salon.staff["Bea"]: 2}
