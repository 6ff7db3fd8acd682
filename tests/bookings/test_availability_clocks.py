"""Free time on the days that clocks change, over midnight, and in zones with odd offsets (DOMAIN §3)."""

from models.base.wall_clock import instant_at
from models.bookings.availability import free_slots, slot_at
from models.bookings.opening import Place
from models.bookings.question import Question, Wanted
from tests.bookings.desk import ask, at, day, every_day, free, person, span, starts

NEW_YORK, SANTIAGO, LORD_HOWE, KATHMANDU = "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"


def test_no_slot_starts_in_the_spring_gap() -> None:
    night = person(hours=every_day("01:00-05:00"))
    assert free("2026-03-08 00:00..06:00", night, zone=NEW_YORK, slot_step_min=30) == [
        "01:00",
        "01:30",
        "03:00",
        "03:30",
        "04:00",
    ]


def test_a_grid_time_inside_the_gap_is_offered_at_the_gaps_end() -> None:
    night = person(hours=every_day("00:00-06:00"))
    assert free("2026-03-08 00:00..06:00", night, zone=NEW_YORK, slot_step_min=120) == ["00:00", "03:00", "04:00"]


def test_hours_that_begin_in_the_gap_begin_at_its_end() -> None:
    early = person(hours=every_day("02:30-05:00"))
    assert free("2026-03-08 00:00..06:00", early, zone=NEW_YORK, slot_step_min=60) == ["03:00", "04:00"]


def test_both_half_past_ones_of_autumn_are_offered_with_their_own_instants() -> None:
    night = person(hours=every_day("01:00-03:00"))
    answer = free_slots(ask("2026-11-01 00:00..04:00", night, zone=NEW_YORK, slot_step_min=30))
    assert starts(answer, NEW_YORK) == ["01:00", "01:30", "01:00", "01:30", "02:00"]
    offered = [slot.starts_at for slot in answer.slots]
    assert {at("2026-11-01 01:30-04:00"), at("2026-11-01 01:30-05:00")} <= set(offered)


def test_hours_that_end_in_the_repeated_hour_last_until_its_second_pass() -> None:
    night = person(hours=every_day("00:00-01:30"))
    assert free("2026-11-01 00:00..04:00", night, zone=NEW_YORK, slot_step_min=60, duration_min=60) == ["00:00", "01:00"]
    assert free("2026-11-02 00:00..04:00", night, zone=NEW_YORK, slot_step_min=60, duration_min=60) == ["00:00"]


def test_a_service_across_the_change_lasts_its_elapsed_time() -> None:
    night = person(hours=every_day("00:00-06:00"))
    for on, ends in [("2026-03-08", "04:30"), ("2026-11-01", "02:30")]:
        answer = slot_at(ask(f"{on} 00:00..06:00", night, zone=NEW_YORK, duration_min=120), at(f"{on} 01:30", NEW_YORK))
        assert answer.slots[0].ends_at == at(f"{on} {ends}", NEW_YORK)
        assert answer.slots[0].ends_at - answer.slots[0].starts_at == 7_200_000


def test_a_shift_over_midnight_is_open_on_both_days() -> None:
    bar = person(hours=every_day("22:00-26:00"))
    window = "2026-05-01 20:00..2026-05-02 06:00"
    assert free(window, bar, slot_step_min=60) == ["22:00", "23:00", "00:00", "01:00"]


def test_last_nights_shift_still_runs_when_the_range_begins_after_midnight() -> None:
    bar = person(hours=every_day("22:00-26:00"))
    assert free("2026-05-02 00:30..06:00", bar, slot_step_min=60) == ["01:00"]


def test_a_shift_of_a_whole_day_from_late_evening_reaches_to_the_next_late_evening() -> None:
    guard = person(hours=every_day("23:00-47:00"))
    assert len(free("2026-05-02 00:00..2026-05-03 00:00", guard, slot_step_min=60)) == 24


def test_santiago_has_no_midnight_and_its_first_slot_is_at_one() -> None:
    night = person(hours=every_day("00:00-04:00"))
    assert free("2026-09-06 00:00..06:00", night, zone=SANTIAGO, slot_step_min=60) == ["01:00", "02:00", "03:00"]


def test_a_grid_of_one_slot_a_day_survives_a_day_without_midnight() -> None:
    always = person(hours=every_day("00:00-24:00"))
    window = "2026-09-05 00:00..2026-09-08 00:00"
    assert free(window, always, zone=SANTIAGO, slot_step_min=1440) == ["00:00", "01:00", "00:00"]


def test_santiagos_repeated_hour_before_midnight_belongs_to_the_day_before() -> None:
    late = person(hours=every_day("22:00-24:00"))
    window = "2026-04-04 12:00..2026-04-05 12:00"
    assert free(window, late, zone=SANTIAGO, slot_step_min=60) == ["22:00", "23:00", "23:00"]


def test_lord_howe_moves_by_half_an_hour() -> None:
    night = person(hours=every_day("01:00-03:00"))
    autumn, spring = "2026-04-05 00:00..04:00", "2026-10-04 00:00..04:00"
    assert free(autumn, night, zone=LORD_HOWE, slot_step_min=30) == ["01:00", "01:30", "01:30", "02:00"]
    assert free(spring, night, zone=LORD_HOWE, slot_step_min=30, duration_min=30) == ["01:00", "01:30", "02:30"]


def test_the_grid_of_kathmandu_is_round_on_its_own_clocks_and_not_on_utcs() -> None:
    answer = free_slots(ask("2026-05-01 09:00..11:00", person(), zone=KATHMANDU, slot_step_min=30))
    assert starts(answer, KATHMANDU) == ["09:00", "09:30", "10:00", "10:30"]
    assert starts(answer)[0] == "03:15"


def test_a_viewer_in_another_zone_sees_the_same_instants() -> None:
    there = span("2026-05-01 09:00..17:00", "Asia/Hong_Kong")
    seen_from_london = ask("2026-05-01 02:00..10:00", person(), zone="Europe/London")
    assert there == seen_from_london.window
    here = Question(Wanted(), Place("Asia/Hong_Kong"), seen_from_london.window, (person(),))
    assert free_slots(here) == free_slots(ask("2026-05-01 09:00..17:00", person(), zone="Asia/Hong_Kong"))


def test_a_locations_own_zone_overrides_the_workspaces() -> None:
    branch = Question(Wanted(), Place("Asia/Hong_Kong", "Asia/Tokyo"), span("2026-05-01 00:00..12:00"), (person(),))
    first = free_slots(branch).slots[0]
    assert first.starts_at == at("2026-05-01 09:00", "Asia/Tokyo")


def test_when_the_workspace_changes_zone_hours_move_and_bookings_stay() -> None:
    booked = person(occupied=(span("2026-05-01 10:00..11:00", "Asia/Hong_Kong"),))
    before = free("2026-05-01 00:00..2026-05-02 00:00", booked, zone="Asia/Hong_Kong", slot_step_min=60)
    after = free("2026-05-01 00:00..2026-05-02 00:00", booked, zone="Asia/Tokyo", slot_step_min=60)
    assert before == ["09:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]
    assert after == ["09:00", "10:00", "12:00", "13:00", "14:00", "15:00", "16:00"]


def test_the_grid_begins_again_at_every_local_midnight() -> None:
    always = person(hours=every_day("00:00-24:00"))
    window = "2026-05-01 18:00..2026-05-02 06:00"
    assert free(window, always, zone="Europe/London", slot_step_min=420) == ["21:00", "00:00"]


def test_a_range_of_thirty_two_local_days_may_hold_an_hour_more() -> None:
    start, end = (instant_at(NEW_YORK, day(on), 0) for on in ("2026-10-15", "2026-11-16"))
    assert end - start == (32 * 24 + 1) * 3_600_000
    window = "2026-10-15 00:00..2026-11-16 00:00"
    assert len(set(free(window, person(), zone=NEW_YORK, slot_step_min=60))) == 8
