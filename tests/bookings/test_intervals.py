"""The algebra, against sets of minutes."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from models.bookings.intervals import Span, clip, intersect, merge, subtract

ends = st.integers(0, 60)
spans = st.lists(st.tuples(ends, ends), max_size=12)
merged = spans.map(merge)
check = settings(max_examples=400, deadline=None, database=None)


def points(pieces: list[Span]) -> set[int]:
    return {point for start, end in pieces for point in range(start, end)}


def is_merged(pieces: list[Span]) -> bool:
    return all(start < end for start, end in pieces) and all(left[1] < right[0] for left, right in pairwise(pieces))


@check
@given(spans)
def test_merging_keeps_the_same_time_in_sorted_spans_that_do_not_touch(pieces: list[Span]) -> None:
    assert is_merged(merge(pieces))
    assert points(merge(pieces)) == points(pieces)


@check
@given(merged, merged)
def test_an_intersection_is_the_time_in_both(left: list[Span], right: list[Span]) -> None:
    assert is_merged(intersect(left, right))
    assert points(intersect(left, right)) == points(left) & points(right)


@check
@given(merged, merged)
def test_a_difference_is_the_time_in_the_first_alone(left: list[Span], right: list[Span]) -> None:
    assert is_merged(subtract(left, right))
    assert points(subtract(left, right)) == points(left) - points(right)


@check
@given(merged, merged)
def test_what_is_common_and_what_is_left_make_the_whole_again(left: list[Span], right: list[Span]) -> None:
    assert merge([*intersect(left, right), *subtract(left, right)]) == left


@check
@given(merged, ends, ends)
def test_clipping_keeps_what_is_inside(pieces: list[Span], start: int, end: int) -> None:
    assert points(clip(pieces, start, end)) == {point for point in points(pieces) if start <= point < end}


def test_touching_spans_become_one_and_empty_ones_vanish() -> None:
    assert merge([(5, 5), (3, 5), (1, 3), (9, 7)]) == [(1, 5)]
