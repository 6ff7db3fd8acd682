"""Wall time and instants, in zones that change their clocks in every way there is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.base.instants import DAY, MINUTE
from models.base.wall_clock import Edge, instant_at, wall_at
from models.bookings.local_days import LocalDays
from tests.bookings.desk import at, day

ZONES = [
    "UTC", "Asia/Hong_Kong", "America/New_York", "Europe/London", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Havana", "Africa/Casablanca", "Pacific/Apia", "Pacific/Chatham",
]  # fmt: skip
check = settings(max_examples=600, deadline=None, database=None)


@check
@given(st.sampled_from(ZONES), st.integers(at("2005-01-01"), at("2045-01-01")))
def test_the_clock_shows_what_zoneinfo_says(zone: str, instant: int) -> None:
    shown = datetime.fromtimestamp(instant // 1_000, UTC).astimezone(ZoneInfo(zone))
    assert wall_at(zone, instant) == (shown.toordinal(), shown.hour * 60 + shown.minute)


@check
@given(st.sampled_from(ZONES), st.integers(at("2005-01-01") // MINUTE, at("2045-01-01") // MINUTE))
def test_an_instant_is_one_of_the_two_readings_of_its_wall_time(zone: str, minute: int) -> None:
    shown = wall_at(zone, minute * MINUTE)
    assert minute * MINUTE in {instant_at(zone, *shown, edge) for edge in Edge}


@check
@given(st.sampled_from(ZONES), st.integers(day("2010-01-01"), day("2040-01-01")), st.integers(0, 2_880))
def test_a_wall_time_agrees_with_both_folds_of_zoneinfo(zone: str, on: int, minute: int) -> None:
    naive = datetime.fromordinal(on + minute // 1_440).replace(hour=minute % 1_440 // 60, minute=minute % 60)
    folds = [round(naive.replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1_000) for fold in (0, 1)]
    first, last = instant_at(zone, on, minute), instant_at(zone, on, minute, Edge.END)
    if folds[0] <= folds[1]:
        assert [first, last] == folds
    else:
        # In a gap the folds lie on both sides of the change; both edges are the change itself.
        assert first == last and folds[1] < first <= folds[0]
        assert wall_at(zone, first - 1) < (on + minute // 1_440, minute % 1_440) < wall_at(zone, first)


def test_a_start_in_the_spring_gap_moves_to_its_end() -> None:
    assert instant_at("America/New_York", day("2026-03-08"), 150) == at("2026-03-08 03:00", "America/New_York")


def test_an_ambiguous_start_is_the_first_and_an_ambiguous_end_the_last() -> None:
    autumn = day("2026-11-01")
    assert instant_at("America/New_York", autumn, 90) == at("2026-11-01 01:30-04:00")
    assert instant_at("America/New_York", autumn, 90, Edge.END) == at("2026-11-01 01:30-05:00")


@pytest.mark.parametrize(
    ("zone", "on", "length"),
    [
        ("America/New_York", "2026-03-08", 1_380),
        ("America/New_York", "2026-11-01", 1_500),
        ("Australia/Lord_Howe", "2026-04-05", 1_470),
        ("Australia/Lord_Howe", "2026-10-04", 1_410),
        ("Asia/Kathmandu", "2026-03-08", 1_440),
        ("America/Santiago", "2026-09-06", 1_380),
        ("America/Santiago", "2026-04-04", 1_500),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, on: str, length: int) -> None:
    start, end = LocalDays.between(zone, day(on), day(on)).span(day(on))
    assert end - start == length * MINUTE


def test_santiago_begins_its_spring_day_at_one_because_it_has_no_midnight() -> None:
    spring = day("2026-09-06")
    assert wall_at("America/Santiago", instant_at("America/Santiago", spring, 0)) == (spring, 60)


def reaches_a_round_time(zone: str, instant: int, step: int) -> bool:
    """Say whether the clock shows a multiple of the step now, or jumped over one a minute ago."""
    before, now = (on * 1_440 + minute for on, minute in (wall_at(zone, instant - 1), wall_at(zone, instant)))
    passed = range(before + 1, now + 1) if now > before else [now]
    return any(wall % 1_440 % step == 0 for wall in passed)


@check
@given(st.sampled_from(ZONES), st.integers(day("2010-01-01"), day("2040-01-01")), st.sampled_from([15, 30, 45, 60, 90]))
@example("America/Santiago", day("2026-09-06"), 45)
@example("Pacific/Apia", day("2011-12-31"), 90)
def test_the_grid_shows_round_wall_times_and_every_one_of_them(zone: str, on: int, step: int) -> None:
    days = LocalDays.between(zone, on, on)
    start, end = days.span(on)
    assert days.grid(step, start, end) == [t for t in range(start, end, MINUTE) if reaches_a_round_time(zone, t, step)]


def test_a_day_that_a_zone_skipped_has_no_grid() -> None:
    days = LocalDays.between("Pacific/Apia", day("2011-12-30"), day("2011-12-30"))
    assert days.grid(15, *days.span(day("2011-12-30"))) == []
    assert days.starts[1] - days.starts[0] < DAY
