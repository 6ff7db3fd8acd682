"""One person: hours, breaks, overrides, time off, bookings and buffers (DOMAIN §3)."""

import pytest

from models.bookings.availability import free_slots, slot_at
from models.bookings.opening import DateOverride, Hours, WeeklyRow
from models.bookings.question import RangeRefused, Reason
from tests.bookings.desk import ask, at, day, every_day, free, override, person, span, weekly

DAY = "2026-05-04 00:00..2026-05-05 00:00"  # a Monday
HOURLY = {"slot_step_min": 60}


def test_the_service_fits_inside_hours_and_its_cleaning_after_closing() -> None:
    assert free(DAY, person(), buffer_after_min=10, **HOURLY)[-1] == "16:00"


def test_touching_bookings_leave_no_gap_and_take_nothing_more() -> None:
    booked = person(occupied=(span("2026-05-04 10:00..11:00"), span("2026-05-04 12:00..13:00")))
    assert free(DAY, booked, **HOURLY) == ["09:00", "11:00", "13:00", "14:00", "15:00", "16:00"]


def test_buffers_are_asymmetric_and_add_up_between_two_bookings() -> None:
    # The booking itself is 11:00 to 12:00, with 10 minutes before and 20 after.
    booked = person(occupied=(span("2026-05-04 10:50..12:20"),))
    got = free(DAY, booked, slot_step_min=10, buffer_before_min=10, buffer_after_min=20)
    assert "09:30" in got and "09:40" not in got
    assert "12:20" not in got and "12:30" in got


def test_asymmetric_buffers_reach_over_opening_and_closing() -> None:
    assert free(DAY, person(), buffer_before_min=30, buffer_after_min=45, **HOURLY) == [f"{hour:02}:00" for hour in range(9, 17)]


def test_a_buffer_before_opening_is_refused_where_that_time_is_taken() -> None:
    early = person(occupied=(span("2026-05-04 08:00..08:45"),))
    assert free(DAY, early, buffer_before_min=30, **HOURLY)[0] == "10:00"


def test_a_buffer_may_reach_into_a_closed_day() -> None:
    late = person(hours=Hours(tuple(weekly(0, "20:00-24:00"))))
    assert free(DAY, late, buffer_after_min=60, **HOURLY)[-1] == "23:00"


def test_a_buffer_may_not_reach_into_time_off() -> None:
    leaves = person(time_off=(span("2026-05-04 17:00..20:00"),))
    assert free(DAY, leaves, buffer_after_min=10, **HOURLY)[-1] == "15:00"


def test_a_service_longer_than_any_gap_is_refused_as_too_long() -> None:
    answer = free_slots(ask(DAY, person(hours=every_day("09:00-12:00", "13:00-16:00")), duration_min=240))
    assert (answer.slots, answer.reason) == ((), Reason.TOO_LONG)


def test_a_service_longer_than_the_gaps_that_bookings_leave_finds_the_day_full() -> None:
    booked = person(occupied=(span("2026-05-04 12:00..13:00"),))
    assert free_slots(ask(DAY, booked, duration_min=300)).reason is Reason.FULLY_BOOKED


def test_a_break_splits_the_day() -> None:
    split = person(hours=every_day("09:00-12:00", "13:00-17:00"))
    assert free(DAY, split, duration_min=120, **HOURLY) == ["09:00", "10:00", "13:00", "14:00", "15:00"]


def test_overlapping_breaks_count_once() -> None:
    pauses = person(time_off=(span("2026-05-04 12:00..13:00"), span("2026-05-04 12:30..14:00"), span("2026-05-04 12:10..12:20")))
    assert free(DAY, pauses, **HOURLY) == ["09:00", "10:00", "11:00", "14:00", "15:00", "16:00"]


def test_a_break_as_long_as_the_day_leaves_nothing() -> None:
    away = person(time_off=(span("2026-05-04 09:00..17:00"),))
    assert free_slots(ask(DAY, away)).reason is Reason.TIME_OFF


def test_overlapping_and_touching_rows_are_one_stretch() -> None:
    rows = person(hours=every_day("09:00-11:00", "10:00-12:00", "12:00-14:00"))
    assert free(DAY, rows, duration_min=300, slot_step_min=30) == ["09:00"]


def test_an_override_opens_a_closed_day() -> None:
    sundays = person(hours=Hours(tuple(weekly(6, "09:00-17:00")), override("2026-05-04", "10:00-12:00")))
    assert free(DAY, sundays, **HOURLY) == ["10:00", "11:00"]


def test_an_override_replaces_the_weekday_rows() -> None:
    short = person(hours=Hours(every_day("09:00-17:00").weekly, override("2026-05-04", "14:00-15:00", "16:00-17:00")))
    assert free(DAY, short, **HOURLY) == ["14:00", "16:00"]


def test_a_closed_override_closes_the_day_but_not_last_nights_shift() -> None:
    bar = person(hours=Hours(every_day("22:00-26:00").weekly, override("2026-05-04")))
    assert free(DAY, bar, **HOURLY) == ["00:00", "01:00"]


def test_rows_hold_only_between_their_dates() -> None:
    season = WeeklyRow(0, 540, 720, valid_from=day("2026-05-04"), valid_to=day("2026-05-04"))
    for monday, expected in [("2026-04-27", 0), ("2026-05-04", 3), ("2026-05-11", 0)]:
        window = f"{monday} 00:00..23:00"
        assert len(free(window, person(hours=Hours((season,))), **HOURLY)) == expected


def test_partial_and_overlapping_time_off_is_cut_out() -> None:
    off = person(time_off=(span("2026-05-03 20:00..2026-05-04 10:30"), span("2026-05-04 10:00..11:00")))
    assert free(DAY, off, **HOURLY)[0] == "11:00"


def test_time_off_that_ends_on_an_odd_second_bars_the_start_before_it() -> None:
    off = person(time_off=((at("2026-05-04 09:00"), at("2026-05-04 10:00") + 1),))
    assert free(DAY, off, **HOURLY)[0] == "11:00"


def test_the_places_hours_bound_everybodys() -> None:
    assert free(DAY, person(), place=every_day("12:00-14:00"), **HOURLY) == ["12:00", "13:00"]


def test_a_closed_place_is_named_as_the_reason() -> None:
    shut = Hours(None, override("2026-05-04"))
    assert free_slots(ask(DAY, person(), place=shut)).reason is Reason.CLOSED


def test_an_override_of_the_place_alone_does_not_make_people_work() -> None:
    opened = Hours(tuple(weekly(6, "09:00-17:00")), (DateOverride(day("2026-05-04"), False, 540, 1020),))
    sundays = person(hours=Hours(tuple(weekly(6, "09:00-17:00"))))
    assert free_slots(ask(DAY, sundays, place=opened)).reason is Reason.NOBODY_WORKS


def test_a_rental_of_several_days_runs_through_the_nights() -> None:
    always = person(hours=every_day("00:00-24:00"))
    window = "2026-05-04 00:00..2026-05-06 00:00"
    assert free(window, always, duration_min=3 * 1440, slot_step_min=1440) == ["00:00", "00:00"]


def test_a_booking_that_moves_may_use_its_own_time_again() -> None:
    # Whoever asks leaves the moving booking's own occupancy out of the question.
    assert "10:30" in free(DAY, person(), slot_step_min=30)
    taken = person(occupied=(span("2026-05-04 10:00..11:00"),))
    assert "10:30" not in free(DAY, taken, slot_step_min=30)


def test_starts_that_are_over_are_not_offered_and_a_range_that_is_over_says_so() -> None:
    noon = at("2026-05-04 12:00")
    assert free(DAY, person(), not_before=noon, **HOURLY)[0] == "12:00"
    assert free_slots(ask(DAY, person(), not_before=at("2026-05-06 00:00"))).reason is Reason.PAST


def test_a_start_off_the_grid_is_answered_when_asked_for_by_itself() -> None:
    odd = slot_at(ask(DAY, person(), **HOURLY), at("2026-05-04 09:07"))
    assert [slot.starts_at for slot in odd.slots] == [at("2026-05-04 09:07")]
    assert slot_at(ask(DAY, person(), **HOURLY), at("2026-05-04 16:07")).reason is Reason.TOO_LONG


@pytest.mark.parametrize("window", ["2026-05-01 00:00..2026-06-02 00:01", "2026-05-01 10:00..2026-06-02 10:01"])
def test_a_range_longer_than_thirty_two_days_is_refused(window: str) -> None:
    with pytest.raises(RangeRefused):
        free_slots(ask(window, person()))


@pytest.mark.parametrize("window", ["2026-05-01 10:00..10:00", "2026-05-01 10:00..09:00"])
def test_an_empty_range_is_refused(window: str) -> None:
    with pytest.raises(RangeRefused):
        free_slots(ask(window, person()))
