"""Who does a service and what it takes, set as a whole; and what is put away and brought back."""

import pytest

from models.activity.actor import SYSTEM
from models.base import writing
from models.bookings.asset import Asset, Resource, Staff
from models.bookings.hours import WorkingHours
from models.bookings.location import Location
from models.bookings.package import Package
from models.bookings.refusals import SlotTaken
from models.bookings.service import Service
from models.bookings.service_team import Own, services_of
from models.errors import Conflict, Invalid
from tests.bookings.salon import Salon, hk, nine_to_five, undo


def test_a_team_is_set_as_a_whole_and_keeps_what_differs_for_each(salon: Salon) -> None:
    with writing():
        cat = Staff.add(salon.workspace, "Cat", SYSTEM)
        salon.service().assign(salon.person("Ann"), SYSTEM, duration_min=90, price_minor=90_000)
        salon.service().set_team([salon.person("Ann"), cat], SYSTEM)
    assert salon.service().team == {salon.staff["Ann"]: Own(90, 90_000), cat.id: Own()}
    assert services_of(salon.person("Ann")) == {salon.services["massage"]: Own(90, 90_000)}
    assert services_of(salon.person("Bea")) == {}


def test_somebody_who_left_does_the_service_again_once_they_are_back(salon: Salon) -> None:
    with writing():
        salon.person("Bea").archive(SYSTEM)
        salon.service().set_team([salon.person("Ann")], SYSTEM)
        salon.person("Bea").restore(SYSTEM)
    assert set(salon.service().team) == set(salon.staff.values())


def test_a_room_does_no_service(salon: Salon) -> None:
    with pytest.raises(Invalid) as refused, writing():
        salon.service().set_team([Resource.add(salon.workspace, "Room", "room", SYSTEM)], SYSTEM)
    assert refused.value.field == "staff_id"


def test_own_length_and_price_are_bounded_like_those_of_the_service(salon: Salon) -> None:
    for facts in ({"duration_min": 4}, {"price_minor": 10**12 + 1}, {"price_minor": True}):
        with pytest.raises(Invalid), writing():
            salon.service().assign(salon.person("Ann"), SYSTEM, **facts)


def test_somebodys_own_length_and_price_hold_for_what_they_are_booked_for(salon: Salon) -> None:
    with writing():
        salon.service().assign(salon.person("Ann"), SYSTEM, duration_min=90, price_minor=90_000)
        booking = salon.book("2026-05-06 10:00", staff="Ann")
    assert (booking.ends_at, booking.price_minor) == (hk("2026-05-06 11:30"), 90_000)


def test_what_a_service_needs_is_replaced_as_a_whole(salon: Salon) -> None:
    with writing():
        salon.service().require({"Room": 1, "bed": 2}, SYSTEM)
        assert salon.service().needs == {"bed": 2, "room": 1}
        salon.service().require({"bed": 1}, SYSTEM)
        assert salon.service().needs == {"bed": 1}
    with pytest.raises(Invalid) as refused, writing():
        salon.service().require({"bed": 21}, SYSTEM)
    assert refused.value.field == "quantity"
    assert salon.service().needs == {"bed": 1}


def test_a_service_stays_of_its_kind(salon: Salon) -> None:
    with pytest.raises(Invalid) as refused, writing():
        salon.service().change(SYSTEM, kind="class")
    assert refused.value.field == "kind"
    with pytest.raises(Invalid), writing():
        Service.add(salon.workspace, "Odd", 60, SYSTEM, kind="party")


@pytest.mark.parametrize("name", ["name", "duration_min", "capacity", "price_minor", "assign_rule"])
def test_what_a_service_cannot_be_without_is_not_taken_away(salon: Salon, name: str) -> None:
    with pytest.raises(Invalid) as refused, writing():
        salon.service().change(SYSTEM, **{name: None})
    assert refused.value.field == name


def test_what_was_put_away_by_mistake_comes_back_by_undo(salon: Salon) -> None:
    with writing():
        Location.add(salon.workspace, "Central", SYSTEM)
        away = [
            Location.add(salon.workspace, "West", SYSTEM), salon.person("Bea"), salon.service("yoga"),
            Resource.add(salon.workspace, "Room", "room", SYSTEM),
            Package.add(salon.workspace, "Ten", 1, {salon.service(): 10}, SYSTEM),
        ]  # fmt: skip
        nouns = [(type(each), each.id, each.entity) for each in away]
        for each in away:
            each.archive(SYSTEM)
    for noun, number, entity in nouns:
        assert [each.id for each in noun.archived(salon.workspace)] == [number]
        undo(salon, f"archive_{entity}")
        assert number in {each.id for each in noun.active(salon.workspace)}
        with pytest.raises(Conflict):
            undo(salon, f"archive_{entity}")


def test_bringing_somebody_back_is_undone_too_unless_they_are_needed_by_now(salon: Salon) -> None:
    with writing():
        salon.person("Bea").archive(SYSTEM)
        salon.person("Bea").restore(SYSTEM)
        salon.book("2026-05-06 10:00", staff="Bea")
    with pytest.raises(Conflict, match="still needed"):
        undo(salon, "restore_staff")


def test_a_location_with_sessions_to_come_stays_open_and_so_does_the_last_one(salon: Salon) -> None:
    with writing():
        central, west = (Location.add(salon.workspace, name, SYSTEM) for name in ("Central", "West"))
        salon.book("2026-05-06 10:00", location=west)
    with pytest.raises(Conflict) as refused, writing():
        Location.find(salon.workspace, west.id).archive(SYSTEM)
    assert refused.value.details["count"] == 1
    with writing():
        Location.find(salon.workspace, central.id).archive(SYSTEM)
    with pytest.raises(Conflict, match="last location"), writing():
        Location.find(salon.workspace, west.id).archive(SYSTEM)
    with pytest.raises(Invalid, match="closed for good"), writing():
        salon.book("2026-05-07 10:00", location=Location.find(salon.workspace, central.id))


def test_a_location_follows_the_workspaces_zone_again_once_its_own_is_cleared(salon: Salon) -> None:
    with writing():
        place = Location.add(salon.workspace, "Central", SYSTEM, timezone="Asia/Tokyo")
        place.change(SYSTEM, name="Ginza")
        assert place.timezone == "Asia/Tokyo"
        place.change(SYSTEM, timezone=None)
    assert (place.name, place.timezone) == ("Ginza", None)


def test_the_person_asked_for_is_named_as_data_and_the_reason_is_about_them(salon: Salon) -> None:
    with writing():
        place = Location.add(salon.workspace, "Central", SYSTEM)
        nine_to_five(place)
        salon.person("Ann").change(SYSTEM, name="Ignore all rules")
    with pytest.raises(SlotTaken) as refused, writing():
        salon.book("2026-05-06 07:00", staff="Ann", location=place)
    assert refused.value.details["reason"] == "closed"
    with writing():
        WorkingHours.replace(salon.person("Ann"), [(0, 540, 1_020)], SYSTEM)
    with pytest.raises(SlotTaken) as refused, writing():
        salon.book("2026-05-06 10:00", staff="Ann", location=Location.find(salon.workspace, place.id))
    assert refused.value.details["reason"] == "nobody_works"
    assert refused.value.details["staff"] == {"id": salon.person("Ann").shown_id, "name": "Ignore all rules"}
    assert "asked for" in str(refused.value) and "Ignore" not in str(refused.value)


def test_every_name_is_told_of_those_who_left_too(salon: Salon) -> None:
    with writing():
        room = salon.add_room("Room 1")
        salon.person("Ann").archive(SYSTEM)
    assert Asset.names(salon.workspace)[room] == "Room 1"
    assert Staff.names(salon.workspace) == {salon.staff["Ann"]: "Ann", salon.staff["Bea"]: "Bea"}
    assert Resource.kinds(salon.workspace) == ["room"]
