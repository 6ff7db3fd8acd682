"""A day at the desk by person: working time, absences, sessions, and what stands where nobody works."""

from flask import Flask

from models.activity.actor import SYSTEM
from models.base import writing
from models.base.instants import to_ms
from models.bookings.cancellation import Cancellation
from models.bookings.class_session import add_class
from models.bookings.day_plan import PersonsDay, day_plan
from models.bookings.hours import WorkingHours
from models.bookings.location import Location
from models.bookings.time_off import TimeOff
from tests.bookings.salon import Salon, at, hk
from tests.cast import Cast

MONDAY = hk("10:00").date()


def plan(salon: Salon, location_id: int | None = None) -> dict[str, PersonsDay]:
    return {each.name: each for each in day_plan(salon.workspace, MONDAY, location_id)}


def test_everybody_stands_in_their_order_with_their_hours_and_what_they_have(app: Flask, cast: Cast) -> None:
    with app.app_context(), at("08:00"):
        salon = Salon.open(cast.lotus.id)
        with writing():
            salon.wish("11:00", staff="Bea").book(salon.workspace, SYSTEM)
            cancelled, _ = salon.wish("14:00", who=1, staff="Bea").book(salon.workspace, SYSTEM)
            Cancellation(cancelled).carry_out(salon.workspace, SYSTEM)
        found = plan(salon)
        assert list(found) == ["Ann", "Bea"]
        assert found["Ann"].working == ((to_ms(hk("09:00")), to_ms(hk("17:00"))),)
        assert [(block.starts_at, block.is_class, block.off) for block in found["Bea"].blocks] == [(hk("11:00"), False, False)]


def test_an_absence_is_no_working_time_and_marks_what_stands_in_it(app: Flask, cast: Cast) -> None:
    with app.app_context(), at("08:00"):
        salon = Salon.open(cast.lotus.id)
        with writing():
            salon.wish("11:00", staff="Ann").book(salon.workspace, SYSTEM)
            TimeOff.add(salon.person("Ann"), hk("10:00"), hk("12:00"), SYSTEM)
        ann = plan(salon)["Ann"]
        assert ann.away == ((to_ms(hk("10:00")), to_ms(hk("12:00"))),)
        assert ann.working == ((to_ms(hk("09:00")), to_ms(hk("10:00"))), (to_ms(hk("12:00")), to_ms(hk("17:00"))))
        assert [block.off for block in ann.blocks] == [True]


def test_changed_hours_mark_what_they_strand(app: Flask, cast: Cast) -> None:
    with app.app_context(), at("08:00"):
        salon = Salon.open(cast.lotus.id)
        with writing():
            salon.wish("16:00", staff="Ann").book(salon.workspace, SYSTEM)
            WorkingHours.replace(salon.person("Ann"), [(0, 540, 780)], SYSTEM)
        assert [block.off for block in plan(salon)["Ann"].blocks] == [True]


def test_a_class_is_one_block_with_its_seats_and_one_without_a_leader_is_nobodys(app: Flask, cast: Cast) -> None:
    with app.app_context(), at("08:00"):
        salon = Salon.open(cast.lotus.id)
        with writing():
            yoga = salon.service("yoga")
            add_class(yoga, hk("12:00"), [salon.person("Ann")], SYSTEM)
            add_class(yoga, hk("15:00"), [], SYSTEM)
            for who in (0, 1):
                salon.wish("12:00", who=who, service="yoga", party_size=2).book(salon.workspace, SYSTEM)
        found = plan(salon)
        assert [(block.taken, block.capacity, len(block.bookings)) for block in found["Ann"].blocks] == [(4, 12, 2)]
        assert [block.starts_at for block in found[""].blocks] == [hk("15:00")]


def test_a_hold_that_lapsed_takes_no_place(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with at("08:00"):
            salon = Salon.open(cast.lotus.id)
            with writing():
                salon.wish("11:00", staff="Ann").hold(salon.workspace, SYSTEM)
            assert len(plan(salon)["Ann"].blocks) == 1
        with at("09:00"):
            assert plan(salon)["Ann"].blocks == ()


def test_a_location_shows_those_who_work_there_within_its_hours(app: Flask, cast: Cast) -> None:
    with app.app_context(), at("08:00"):
        salon = Salon.open(cast.lotus.id)
        with writing():
            here, there = (Location.add(salon.workspace, name, SYSTEM) for name in ("Here", "There"))
            salon.person("Bea").change(SYSTEM, location_id=there.id)
            WorkingHours.replace(here, [(0, 600, 720)], SYSTEM)
            place = here.id
        found = plan(salon, place)
        assert list(found) == ["Ann"]
        assert found["Ann"].working == ((to_ms(hk("10:00")), to_ms(hk("12:00"))),)
