"""Sets of time as sorted lists of disjoint half-open spans.

A span is ``(start, end)`` with ``start < end``; both are instants in epoch milliseconds, the unit the database keeps,
so nothing is ever rounded on the way in. A *merged* list is sorted, its spans neither overlap nor touch. ``merge``
makes one from anything; every other function expects merged lists and returns merged lists."""

from collections.abc import Iterable

Span = tuple[int, int]


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the union of any spans; empty and reversed ones hold no time and are dropped."""
    ordered = sorted(span for span in spans if span[0] < span[1])
    if not ordered:
        return []
    merged: list[Span] = []
    start, end = ordered[0]
    for next_start, next_end in ordered:
        if next_start > end:
            merged.append((start, end))
            start, end = next_start, next_end
        elif next_end > end:
            end = next_end
    merged.append((start, end))
    return merged


def intersect(left: list[Span], right: list[Span]) -> list[Span]:
    """Return the time that is in both."""
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        (left_start, left_end), (right_start, right_end) = left[i], right[j]
        start = left_start if left_start > right_start else right_start
        end = left_end if left_end < right_end else right_end
        if start < end:
            common.append((start, end))
        if left_end < right_end:
            i += 1
        else:
            j += 1
    return common


def subtract(whole: list[Span], taken: list[Span]) -> list[Span]:
    """Return the time of ``whole`` that is not in ``taken``."""
    if not taken:
        return list(whole)
    left: list[Span] = []
    j, last = 0, len(taken)
    for start, end in whole:
        while j < last and taken[j][1] <= start:
            j += 1
        k = j
        while k < last and taken[k][0] < end:
            taken_start, taken_end = taken[k]
            if start < taken_start:
                left.append((start, taken_start))
            start = taken_end
            k += 1
        if start < end:
            left.append((start, end))
        # The last of these may reach into the next span too.
        j = k - 1 if k > j else j
    return left


def clip(spans: list[Span], start: int, end: int) -> list[Span]:
    """Return the part of ``spans`` inside ``[start, end)``."""
    return intersect(spans, [(start, end)]) if start < end else []
