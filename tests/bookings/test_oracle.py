"""The engine against brute force by the minute, on random schedules in zones with every kind of clock change."""

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.instants import MINUTE
from models.bookings.availability import free_slots, slot_at
from models.bookings.intervals import Span
from models.bookings.opening import ALWAYS, DateOverride, Hours, Place, WeeklyRow
from models.bookings.question import Candidate, Question, Wanted
from tests.bookings.oracle import Week, expected

# A plain day and the days of change, each in its zone.
DAYS = [
    ("UTC", "2026-05-04"), ("Asia/Hong_Kong", "2026-05-04"), ("Asia/Kathmandu", "2026-05-04"),
    ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
    ("Europe/London", "2026-03-29"), ("Europe/London", "2026-10-25"),
    ("America/Santiago", "2026-09-06"), ("America/Santiago", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Havana", "2026-11-01"),
]  # fmt: skip
Draw = Callable[[st.SearchStrategy[Any]], Any]
quarter = st.integers(0, 95).map(lambda quarters: quarters * 15)
counts = st.integers(0, 2)


def some_shift(draw: Draw) -> tuple[int, int]:
    start = draw(quarter)
    return start, start + draw(st.sampled_from([600, 480, 240, 150, 60, 1_440, 5]))


def some_hours(draw: Draw, middle: int) -> Hours:
    if draw(st.integers(0, 4)) == 4:
        weekly = None
    else:
        shifts = [some_shift(draw) for _ in range(draw(st.integers(1, 3)))]
        off = draw(st.integers(0, 6))
        weekly = tuple(WeeklyRow(weekday, *shift) for weekday in range(7) for shift in shifts if weekday != off)
    overrides = tuple(
        DateOverride(middle + draw(st.integers(-1, 1)), draw(st.booleans()), *some_shift(draw)) for _ in range(draw(counts))
    )
    return Hours(weekly, overrides)


def some_spans(draw: Draw, week: Week, most: int) -> tuple[Span, ...]:
    found = []
    for _ in range(draw(st.integers(0, most))):
        start = week.first + (3 * 1_440 + draw(st.integers(-720, 2_160))) * MINUTE
        found.append((start, start + draw(st.sampled_from([1, 15, 40, 60, 120, 700])) * MINUTE))
    return tuple(found)


def some_asset(draw: Draw, id: int, week: Week, middle: int, **facts: Any) -> Candidate:
    return Candidate(
        id,
        some_hours(draw, middle),
        time_off=some_spans(draw, week, 1),
        occupied=some_spans(draw, week, 4),
        daily_limit=draw(st.sampled_from([None, None, None, 2])),
        booked={middle + offset: draw(st.integers(0, 3)) for offset in (-1, 0, 1)},
        **facts,
    )


@st.composite
def questions(draw: Draw) -> tuple[Question, Week]:
    zone, middle_text = draw(st.sampled_from(DAYS))
    week, middle = Week.around(zone, middle_text), date.fromisoformat(middle_text).toordinal()
    start = week.first + (3 * 1_440 + draw(st.integers(-600, 1_200))) * MINUTE
    rooms, people = draw(st.integers(0, 3)), draw(st.integers(1, 4))
    wanted = Wanted(
        duration_min=draw(st.sampled_from([60, 30, 45, 5, 90, 120, 300, 1_440])),
        buffer_before_min=draw(st.sampled_from([0, 0, 10, 45])),
        buffer_after_min=draw(st.sampled_from([0, 0, 15, 60])),
        slot_step_min=draw(st.sampled_from([10, 15, 20, 30, 45, 60, 90, 120, 420, 1_440])),
        capacity=2,
        staff_needed=draw(st.sampled_from([1, 1, 1, min(people, 2), 0])),
        resources={"room": draw(st.integers(1, min(rooms, 2)))} if rooms else draw(st.sampled_from([{}, {}, {}, {"room": 1}])),
        daily_limit=draw(st.sampled_from([None, None, None, 2])),
    )
    lengths = st.sampled_from([None, None, 30, 75])
    question = Question(
        wanted,
        Place("UTC", zone, ALWAYS if draw(st.integers(0, 2)) else some_hours(draw, middle)),
        (start, start + (1_800 - draw(st.integers(0, 1_799))) * MINUTE),
        tuple(some_asset(draw, id, week, middle, duration_min=draw(lengths)) for id in range(1, people + 1)),
        tuple(some_asset(draw, id, week, middle, resource_type="room") for id in range(90, 90 + rooms)),
        party_size=draw(st.sampled_from([1, 1, 1, 1, 2, 2, 2, 1, 1, 3])),
        staff_id=draw(st.sampled_from([None, None, None, None, None, 1, people])),
        not_before=draw(st.sampled_from([None, None, start + 200 * MINUTE])),
        booked={middle + offset: draw(st.integers(0, 2)) for offset in (-1, 0, 1)},
    )
    return question, week


@settings(max_examples=3_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(questions())
def test_the_engine_finds_the_slots_that_brute_force_finds_and_no_other(asked: tuple[Question, Week]) -> None:
    question, week = asked
    answer = free_slots(question)
    assert list(answer.slots) == expected(question, week)
    assert (answer.reason is None) == bool(answer.slots)


@settings(max_examples=1_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(questions(), st.data())
def test_a_single_start_has_the_answer_that_the_range_gives(asked: tuple[Question, Week], data: st.DataObject) -> None:
    question, week = asked
    first, last = (week.minute(edge) for edge in question.window)
    minute = data.draw(st.integers(first, last - 1).map(lambda m: m - m % 10 if m - m % 10 >= first else m))
    start = week.first + minute * MINUTE
    if week.is_start(minute, question.wanted.slot_step_min):
        listed = [slot for slot in free_slots(question).slots if slot.starts_at == start]
        assert list(slot_at(question, start).slots) == listed
