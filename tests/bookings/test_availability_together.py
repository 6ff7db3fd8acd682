"""Several people, rooms, classes, parties and daily limits (DOMAIN §3)."""

from typing import Any

import pytest

from models.bookings.availability import free_slots, slot_at
from models.bookings.question import ClassSession, Kind, Reason
from tests.bookings.desk import ask, at, day, every_day, free, override, person, room, span

DAY = "2026-05-04 00:00..2026-05-05 00:00"
HOURLY = {"slot_step_min": 60}
MORNING, AFTERNOON = every_day("09:00-12:00"), every_day("13:00-16:00")


def staff_at(start: str, *staff: Any, **facts: Any) -> tuple[int, ...]:
    slots = slot_at(ask(DAY, *staff, **facts), at(start)).slots
    return slots[0].staff if slots else ()


def test_two_people_are_offered_in_one_slot_and_one_leaves() -> None:
    leaves = person(2, time_off=(span("2026-05-04 12:00..18:00"),))
    assert staff_at("2026-05-04 11:00", person(1), leaves) == (1, 2)
    assert staff_at("2026-05-04 12:00", person(1), leaves) == (1,)


def test_either_of_two_people_opens_a_slot() -> None:
    got = free(DAY, person(1, MORNING), person(2, AFTERNOON), **HOURLY)
    assert got == ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00"]


def test_two_people_who_are_both_needed_must_be_free_at_the_same_instant() -> None:
    early, late = person(1, every_day("09:00-13:00")), person(2, every_day("11:00-16:00"))
    assert free(DAY, early, late, staff_needed=2, **HOURLY) == ["11:00", "12:00"]


def test_people_who_never_work_together_are_named_as_the_reason() -> None:
    answer = free_slots(ask(DAY, person(1, MORNING), person(2, AFTERNOON), staff_needed=2))
    assert answer.reason is Reason.NEVER_TOGETHER


def test_people_whom_bookings_keep_apart_are_named_as_the_reason() -> None:
    one = person(1, MORNING, occupied=(span("2026-05-04 09:00..10:30"),))
    other = person(2, MORNING, occupied=(span("2026-05-04 10:30..12:00"),))
    assert free_slots(ask(DAY, one, other, staff_needed=2)).reason is Reason.NEVER_TOGETHER


def test_too_few_people_for_the_service_is_no_question_of_time() -> None:
    assert free_slots(ask(DAY, person(1), staff_needed=2)).reason is Reason.NO_STAFF
    assert free_slots(ask(DAY)).reason is Reason.NO_STAFF


def test_three_people_share_one_room() -> None:
    taken = room(occupied=(span("2026-05-04 10:00..11:00"),))
    facts: dict[str, Any] = {"units": (taken,), "resources": {"room": 1}}
    three = [person(number) for number in (1, 2, 3)]
    assert "10:00" not in free(DAY, *three, **HOURLY, **facts)
    assert staff_at("2026-05-04 11:00", *three, **facts) == (1, 2, 3)


def test_two_units_of_a_resource_are_free_at_the_same_instant() -> None:
    first, second = (room(91, occupied=(span("2026-05-04 09:00..11:00"),)), room(92, occupied=(span("2026-05-04 14:00..15:00"),)))
    got = free(DAY, person(), units=(first, second), resources={"room": 2}, **HOURLY)
    assert got == ["11:00", "12:00", "13:00", "15:00", "16:00"]


def test_a_unit_of_another_kind_does_not_count() -> None:
    answer = free_slots(ask(DAY, person(), units=(room(91), room(92, "laser")), resources={"room": 2}))
    assert answer.reason is Reason.NO_RESOURCE


def test_a_room_that_is_always_taken_is_named_as_the_reason() -> None:
    full = room(occupied=(span("2026-05-04 00:00..2026-05-05 00:00"),))
    assert free_slots(ask(DAY, person(), units=(full,), resources={"room": 1})).reason is Reason.RESOURCE_TAKEN


def test_a_court_is_booked_without_anybody() -> None:
    court = room(kind="court", occupied=(span("2026-05-04 09:00..10:00"),))
    got = free(DAY, staff_needed=0, units=(court,), resources={"court": 1}, place=MORNING, **HOURLY)
    assert got == ["10:00", "11:00"]


def test_the_person_asked_for_is_the_only_one_offered() -> None:
    busy = person(1, occupied=(span("2026-05-04 09:00..12:00"),))
    assert free(DAY, busy, person(2), staff_id=1, **HOURLY)[0] == "12:00"
    assert free_slots(ask(DAY, busy, person(2), staff_id=3)).reason is Reason.NO_STAFF


def test_the_person_asked_for_is_part_of_every_team() -> None:
    assert free(DAY, person(1, MORNING), person(2), person(3), staff_id=1, staff_needed=2, **HOURLY)[-1] == "11:00"


def test_people_who_take_longer_give_slots_of_their_own_length() -> None:
    slow = person(2, duration_min=90)
    slots = slot_at(ask(DAY, person(1), slow), at("2026-05-04 15:30")).slots
    assert [(slot.ends_at, slot.staff) for slot in slots] == [(at("2026-05-04 16:30"), (1,)), (at("2026-05-04 17:00"), (2,))]


def test_a_person_with_a_full_day_is_left_out_on_that_day_only() -> None:
    full = person(1, daily_limit=2, booked={day("2026-05-04"): 2, day("2026-05-05"): 1})
    assert free_slots(ask(DAY, full)).reason is Reason.DAILY_LIMIT
    assert len(free("2026-05-04 00:00..2026-05-06 00:00", full, **HOURLY)) == 8


def test_a_service_with_a_full_day_is_refused_whoever_is_free() -> None:
    answer = free_slots(ask(DAY, person(1), person(2), daily_limit=3, booked={day("2026-05-04"): 3}))
    assert answer.reason is Reason.DAILY_LIMIT


def test_a_party_larger_than_the_capacity_is_refused() -> None:
    assert free_slots(ask(DAY, person(), capacity=2, party_size=3)).reason is Reason.PARTY_TOO_LARGE
    assert free_slots(ask(DAY, person(), capacity=2, party_size=2)).slots[0].seats_left == 2


def yoga(id: int, start: str, taken: int, **facts: Any) -> ClassSession:
    return ClassSession(id, at(start), at(start) + 3_600_000, 12, taken, **facts)


def classes(*sessions: ClassSession, **facts: Any) -> Any:
    return free_slots(ask(DAY, kind=Kind.CLASS, sessions=sessions, capacity=12, **facts))


def test_a_class_with_one_seat_left_takes_one_person_and_no_party_of_two() -> None:
    last_seat = yoga(7, "2026-05-04 18:30", 11, staff=(1,))
    assert [(slot.session_id, slot.seats_left, slot.staff) for slot in classes(last_seat).slots] == [(7, 1, (1,))]
    refused = classes(last_seat, party_size=2)
    assert (refused.slots, refused.reason) == ((), Reason.CLASS_FULL)


def test_a_class_is_offered_only_where_the_timetable_has_one() -> None:
    tomorrow = yoga(7, "2026-05-05 18:30", 0)
    assert classes(tomorrow).reason is Reason.NO_CLASS


def test_a_class_led_by_somebody_else_is_not_offered() -> None:
    assert classes(yoga(7, "2026-05-04 18:30", 0, staff=(1,)), staff_id=2).reason is Reason.NO_CLASS


def test_a_party_larger_than_the_whole_class_is_told_so() -> None:
    assert classes(yoga(7, "2026-05-04 18:30", 0), party_size=13).reason is Reason.PARTY_TOO_LARGE


def test_classes_come_in_the_order_of_their_start() -> None:
    slots = classes(yoga(8, "2026-05-04 19:30", 0), yoga(7, "2026-05-04 18:30", 0)).slots
    assert [slot.session_id for slot in slots] == [7, 8]


def test_a_class_that_has_begun_is_not_offered() -> None:
    begun = yoga(7, "2026-05-04 18:30", 0)
    assert (
        slot_at(ask(DAY, kind=Kind.CLASS, sessions=(begun,), not_before=begun.starts_at + 1), begun.starts_at).reason
        is Reason.PAST
    )


@pytest.mark.parametrize("closed", [False, True])
def test_one_closed_day_does_not_hide_the_next(closed: bool) -> None:
    hours = every_day("09:00-17:00")
    place = type(hours)(hours.weekly, override("2026-05-04") if closed else ())
    got = free("2026-05-04 00:00..2026-05-06 00:00", person(), place=place, **HOURLY)
    assert len(got) == (8 if closed else 16)
