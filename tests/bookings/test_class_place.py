"""What a class takes, and what keeps it from being on: rooms, people who left or are away, closed days, other zones."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from models.accounts.workspace import Changes
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings.asset import Resource
from models.bookings.class_place import CannotBeOn, Obstacle
from models.bookings.class_session import add_class, cancel_session
from models.bookings.hours import DateOverride
from models.bookings.location import Location
from models.bookings.occupancy import Occupancy
from models.bookings.refusals import SlotTaken
from models.bookings.session import Session
from models.bookings.soundness import unsound
from models.bookings.time_off import TimeOff
from models.bookings.timetable import ClassSchedule
from models.errors import Conflict, NotFound
from tests.bookings.salon import NOW, Salon, at, hk, undo

MORNING = "2026-05-07 10:00"


@pytest.fixture
def roomy(salon: Salon) -> Salon:
    """One room, which both yoga and a massage need."""
    with writing():
        salon.add_room("Room 1")
        for service in ("yoga", "massage"):
            salon.service(service).require({"room": 1}, SYSTEM)
    return salon


def weekly(salon: Salon, start_min: int = 600, **facts: object) -> ClassSchedule:
    """Yoga every Thursday at ten."""
    return ClassSchedule.add(salon.service("yoga"), 3, start_min, SYSTEM, valid_from=NOW.date(), **facts)  # type: ignore[arg-type]


def opened(salon: Salon, entry: int) -> tuple[list[str], dict[str, Obstacle]]:
    """The days opened now, and those left out with the reason."""
    with writing():
        sessions, left_out = ClassSchedule.find(salon.workspace, entry).open_sessions(salon.workspace)
        return [str(session.day) for session in sessions], {each.day.isoformat(): each.why for each in left_out}


def test_a_class_takes_the_room_that_it_needs_and_a_massage_then_finds_none(roomy: Salon) -> None:
    with writing():
        session = add_class(roomy.service("yoga"), hk(MORNING), [roomy.person("Ann")], SYSTEM)
    assert len(Occupancy.assets_of(roomy.workspace_id, [session.id])[session.id]) == 2
    with pytest.raises(SlotTaken) as refused, writing():
        roomy.book(MORNING, staff="Bea")
    assert refused.value.details["reason"] == "resource_taken"
    assert "10:00" not in roomy.free("2026-05-07")


def test_a_class_is_not_put_on_where_its_room_is_taken(roomy: Salon) -> None:
    with writing():
        roomy.book(MORNING, staff="Bea")
    with pytest.raises(CannotBeOn) as refused, writing():
        add_class(roomy.service("yoga"), hk(MORNING), [roomy.person("Ann")], SYSTEM)
    assert refused.value.details["reason"] == "no_room"
    with writing():
        roomy.add_room("Room 2")
        add_class(roomy.service("yoga"), hk(MORNING), [roomy.person("Ann")], SYSTEM)


def test_rooms_of_other_places_do_not_serve(roomy: Salon) -> None:
    with writing():
        central, west = (Location.add(roomy.workspace, name, SYSTEM) for name in ("Central", "West"))
        for unit in Resource.active(roomy.workspace):
            unit.change(SYSTEM, location_id=west.id)
    with pytest.raises(CannotBeOn), writing():
        add_class(roomy.service("yoga"), hk(MORNING), [], SYSTEM, location_id=central.id)
    with writing():
        add_class(roomy.service("yoga"), hk(MORNING), [], SYSTEM, location_id=west.id)


def test_a_held_place_that_lapsed_gives_way_to_a_class(roomy: Salon) -> None:
    with writing():
        roomy.wish(MORNING, staff="Ann").hold(roomy.workspace, SYSTEM)
    with at("09:00"), writing():
        add_class(roomy.service("yoga"), hk(MORNING), [roomy.person("Ann")], SYSTEM)
    assert unsound(roomy.workspace) == []


def test_dates_on_which_something_stands_in_the_way_are_left_out_with_the_reason_and_open_once_it_is_gone(roomy: Salon) -> None:
    with writing():
        place = Location.add(roomy.workspace, "Central", SYSTEM)
        entry = weekly(roomy, staff=roomy.person("Ann"), location=place).id
        roomy.book("2026-05-07 10:00", staff="Ann", location=place)
        TimeOff.add(roomy.person("Ann"), hk("2026-05-14 00:00"), hk("2026-05-15 00:00"), SYSTEM)
        DateOverride.replace(roomy.person("Ann"), date(2026, 5, 21), [], SYSTEM)
        DateOverride.replace(place, date(2026, 5, 28), [], SYSTEM)
        roomy.book("2026-06-04 10:00", staff="Bea", location=place)
    days, left_out = opened(roomy, entry)
    assert left_out == {
        "2026-05-07": Obstacle.LEADER_TAKEN, "2026-05-14": Obstacle.LEADER_OFF, "2026-05-21": Obstacle.LEADER_OFF,
        "2026-05-28": Obstacle.PLACE_CLOSED, "2026-06-04": Obstacle.NO_ROOM,
    }  # fmt: skip
    assert days == ["2026-06-11", "2026-06-18", "2026-06-25", "2026-07-02"]
    shown = ClassSchedule.find(roomy.workspace, entry).left_out(roomy.workspace)
    assert {each.day.isoformat(): each.why for each in shown} == left_out
    undo(roomy, "set_date_override")
    assert opened(roomy, entry)[0] == ["2026-05-28"]


def test_nothing_is_opened_for_an_archived_class_a_leader_who_left_or_a_place_that_closed(salon: Salon) -> None:
    with writing():
        central, _ = (Location.add(salon.workspace, name, SYSTEM) for name in ("Central", "West"))
        entry = weekly(salon, staff=salon.person("Ann"), location=central).id
        central.archive(SYSTEM)
    assert opened(salon, entry) == ([], dict.fromkeys(each_thursday(), Obstacle.PLACE_GONE))
    with writing():
        Location.find(salon.workspace, central.id).restore(SYSTEM)
        salon.person("Ann").archive(SYSTEM)
    assert set(opened(salon, entry)[1].values()) == {Obstacle.LEADER_GONE}
    with writing():
        salon.service("yoga").archive(SYSTEM)
    assert set(opened(salon, entry)[1].values()) == {Obstacle.NOT_OFFERED}
    assert ClassSchedule.running(salon.workspace) == []
    with writing():
        salon.service("yoga").restore(SYSTEM)
        salon.person("Ann").restore(SYSTEM)
    assert opened(salon, entry) == (each_thursday(), {})


def each_thursday() -> list[str]:
    first = date(2026, 5, 7)
    return [(first + timedelta(weeks=week)).isoformat() for week in range(9)]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_workspace_that_changes_its_zone_has_each_class_once(salon: Salon, zone: str) -> None:
    with writing():
        entry = weekly(salon, 19 * 60).id
    days, _ = opened(salon, entry)
    with writing():
        here = salon.workspace
        here.change(SYSTEM, Changes(here.name, zone, here.currency, here.locale, here.phone_region))
    again, _ = opened(salon, entry)
    assert set(again) <= {"2026-07-09"} and not set(again) & set(days)
    count = select(func.count()).select_from(Session).where(Session.workspace_id == salon.workspace_id)
    assert db.session.scalar(count) == len(days) + len(again)
    booked = Session.starting(salon.service("yoga"), hk("2026-05-07 19:00"))
    assert len(booked) == 1, "what is open keeps its instant"


def test_a_place_with_a_zone_of_its_own_keeps_its_dates(salon: Salon) -> None:
    with writing():
        place = Location.add(salon.workspace, "Honolulu", SYSTEM, timezone="Pacific/Honolulu")
        entry = weekly(salon, 19 * 60, location=place).id
    days, _ = opened(salon, entry)
    with writing():
        Location.find(salon.workspace, place.id).change(SYSTEM, timezone=None)
    assert days == each_thursday()[:-1]
    assert opened(salon, entry)[0] == each_thursday()[-1:]


def test_a_cancelled_date_stays_cancelled_when_the_zone_changes(salon: Salon) -> None:
    with writing():
        entry = weekly(salon).id
    opened(salon, entry)
    with writing():
        (first,) = Session.starting(salon.service("yoga"), hk(MORNING))
        cancel_session(salon.workspace, Session.find(salon.workspace, first), None, SYSTEM)
        here = salon.workspace
        here.change(SYSTEM, Changes(here.name, "Asia/Tokyo", here.currency, here.locale, here.phone_region))
    assert opened(salon, entry)[0] == []


def test_a_limit_a_day_holds_for_classes_too(salon: Salon) -> None:
    with writing():
        salon.service("yoga").change(SYSTEM, daily_limit=2)
        for hour in (10, 12):
            add_class(salon.service("yoga"), hk(f"2026-05-07 {hour}:00"), [], SYSTEM)
        add_class(salon.service("yoga"), hk("2026-05-08 10:00"), [], SYSTEM)
        salon.book("2026-05-07 10:00", service="yoga", party_size=3)
        salon.book("2026-05-07 12:00", service="yoga", who=1)
    assert (salon.free("2026-05-07", service="yoga"), salon.free("2026-05-08", service="yoga")) == ([], ["10:00"])
    with pytest.raises(SlotTaken) as refused, writing():
        salon.book("2026-05-07 12:00", service="yoga", who=2)
    assert refused.value.details["reason"] == "daily_limit"


def test_an_entry_is_not_found_through_another_class(salon: Salon) -> None:
    with writing():
        entry = weekly(salon)
    with pytest.raises(NotFound):
        ClassSchedule.find_in(salon.service("massage"), entry.shown_id)
    assert ClassSchedule.find_in(salon.service("yoga"), entry.shown_id).id == entry.id


def test_what_is_archived_goes_on_no_timetable(salon: Salon) -> None:
    with writing():
        salon.person("Ann").archive(SYSTEM)
    with pytest.raises(Conflict), writing():
        weekly(salon, staff=salon.person("Ann"))
