"""The day as a table: every column is as long as the day, and a booking as long as it lasts."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from blueprints.crm.board import Board, Cell, board_of
from models.base.instants import to_ms
from models.bookings.day_plan import Block, PersonsDay

DAY = date(2026, 5, 4)
NOW = datetime(2026, 5, 4, 10, 20, tzinfo=UTC)


def clock(minute: int) -> datetime:
    return datetime(2026, 5, 4 + minute // 1_440, minute % 1_440 // 60, minute % 60, tzinfo=UTC)


def span(start: int, end: int) -> tuple[int, int]:
    return to_ms(clock(start)), to_ms(clock(end))


def block(start: int, end: int) -> Block:
    return Block(1, clock(start), clock(end), "Massage", False, 1, 1, ())


def person(number: int | None, working: list[tuple[int, int]], blocks: list[tuple[int, int]] = (), **more: object) -> PersonsDay:  # type: ignore[assignment]
    at_work = tuple(span(*each) for each in working)
    return PersonsDay(number, f"Person {number}", at_work, more.get("away", ()), tuple(block(*each) for each in blocks))  # type: ignore[arg-type]


def column(board: Board, number: int | None) -> list[Cell]:
    return [cell for row in board.rows for cell in row.cells if cell.person == number]


def seen(cells: list[Cell]) -> list[tuple[str, int, int]]:
    return [(cell.kind, cell.minute, cell.rows) for cell in cells]


def test_a_booking_spans_the_quarters_it_lasts_and_free_time_ends_with_each_hour() -> None:
    board = board_of([person(1, [(540, 720)], [(600, 645)])], DAY, "UTC", clock(0))
    assert seen(column(board, 1)) == [("free", 540, 4), ("busy", 600, 3), ("free", 645, 1), ("free", 660, 4)]
    assert [row.hour for row in board.rows] == [minute % 60 == 0 for minute in range(540, 720, 15)]


def test_free_time_that_has_passed_offers_nothing() -> None:
    board = board_of([person(1, [(540, 720)])], DAY, "UTC", NOW)
    assert [(cell.minute, cell.past) for cell in column(board, 1)] == [(540, True), (600, True), (630, False), (660, False)]
    assert [row.minute for row in board.rows if row.now] == [615]


def test_absences_and_hours_off_are_told_apart() -> None:
    board = board_of([person(1, [(600, 660)], away=(span(540, 600),)), person(2, [(540, 720)])], DAY, "UTC", clock(0))
    assert seen(column(board, 1)) == [("away", 540, 4), ("free", 600, 4), ("off", 660, 4)]


def test_a_day_on_which_nobody_works_still_has_hours() -> None:
    assert [row.minute for row in board_of([person(1, [])], DAY, "UTC", NOW).rows if row.hour] == list(range(540, 1_080, 60))


def test_what_overlaps_stands_side_by_side() -> None:
    board = board_of([person(None, [], [(600, 660), (615, 630), (660, 690)])], DAY, "UTC", NOW)
    assert board.heads[0].lanes == 2
    assert [cell.minute for cell in column(board, None) if cell.kind == "busy"] == [600, 615, 660]


def test_what_lasts_over_midnight_is_cut_off_there() -> None:
    board = board_of([person(1, [], [(1_380, 1_500)])], DAY, "UTC", NOW)
    assert seen(column(board, 1)) == [("busy", 1_380, 4)]


minutes = st.integers(0, 287).map(lambda number: number * 5)


@given(st.lists(st.lists(st.tuples(minutes, st.integers(1, 24)), max_size=6), min_size=1, max_size=4), st.integers(0, 1_439))
def test_every_column_is_as_long_as_the_day(starts: list[list[tuple[int, int]]], now: int) -> None:
    plan = [
        person(number, [(540, 1_020)], sorted((at, min(at + 5 * length, 1_440)) for at, length in each))
        for number, each in enumerate(starts)
    ]
    board = board_of(plan, DAY, "UTC", clock(now))
    for number, each in enumerate(plan):
        lanes = board.heads[number].lanes
        assert sum(cell.rows for cell in column(board, number)) == lanes * len(board.rows)
        assert sum(cell.kind == "busy" for cell in column(board, number)) == len(each.blocks)
