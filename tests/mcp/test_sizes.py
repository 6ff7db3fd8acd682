"""Whatever people wrote, an answer fits, says what was cut, and keeps every id."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprints.mcp.sizes import MARK, TEXT_KEPT, bytes_of, shortened
from models.errors import Invalid

ROOM = 4_000
TEXTS = st.text(st.sampled_from("aé茶😀\n\"\\"), max_size=3_000)
VALUES = st.recursive(
    TEXTS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
    max_leaves=25,
)


@settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["note", "rows", "x"]), VALUES, min_size=1))
def test_every_answer_fits_or_is_refused(answer: dict[str, Any]) -> None:
    try:
        kept = shortened(answer, ROOM)
    except Invalid as refused:
        assert "4000 bytes" in refused.message
        return
    assert bytes_of(kept) <= ROOM
    assert ("shortened" in kept) == (bytes_of(answer) > ROOM)


def test_long_texts_go_first_down_to_what_fits_and_short_ones_stay() -> None:
    kept = shortened({"id": "mem_01hzk5x8r0000", "notes": [{"body": "茶" * 5_000}, {"body": "short"}]}, ROOM)
    assert (kept["id"], kept["notes"][1], kept["shortened"]) == ("mem_01hzk5x8r0000", {"body": "short"}, ["notes[0].body"])
    assert kept["notes"][0]["body"].endswith("茶" + MARK)
    assert ROOM - 10 < bytes_of(kept) <= ROOM


def test_long_lists_are_cut_only_where_short_texts_are_not_enough() -> None:
    kept = shortened({"names": ["n" * TEXT_KEPT] * 200, "few": [1, 2, 3]}, ROOM)
    assert (kept["shortened"], kept["few"]) == (["names"], [1, 2, 3])
    assert 30 < len(kept["names"]) < 200


def test_the_rows_of_a_page_and_its_cursor_are_never_cut() -> None:
    page = {"items": [{"id": str(number), "name": "n" * 300} for number in range(15)], "next_cursor": "c" * 600}
    kept = shortened(page, ROOM)
    assert ([row["id"] for row in kept["items"]], kept["next_cursor"]) == ([str(number) for number in range(15)], "c" * 600)


def test_what_cannot_be_made_to_fit_is_refused_with_the_bound() -> None:
    with pytest.raises(Invalid, match="4000 bytes"):
        shortened({"items": [{"id": "x" * 90} for _ in range(100)]}, ROOM)
