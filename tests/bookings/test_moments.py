"""Times as people and apps write them, on days when clocks change too."""

from datetime import UTC, datetime

import pytest

from models import clock
from models.bookings.moments import range_of, start_of
from models.errors import Invalid
from models.oauth.standing import WorkspaceFacts
from tests.bookings.salon import NOW

NEW_YORK = WorkspaceFacts(1, "here", "Here", "America/New_York", "unlimited")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-05-06T14:00", "2026-05-06T18:00"),
        ("2026-05-06 14:00:00", "2026-05-06T18:00"),
        ("2026-05-06T14:00Z", "2026-05-06T14:00"),
        ("2026-05-06T14:00+08:00", "2026-05-06T06:00"),
        ("tomorrow 09:30", "2026-05-04T13:30"),
        ("+7d 9:30", "2026-05-10T13:30"),
        ("2026-11-01T01:30", "2026-11-01T05:30"),
        ("2026-11-01T01:30-05:00", "2026-11-01T06:30"),
    ],
)
def test_a_start_is_read_on_the_workspaces_clock_unless_it_names_an_offset(text: str, meant: str) -> None:
    with clock.stopped(NOW):
        assert start_of(text, NEW_YORK) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


def test_a_time_that_does_not_exist_is_refused_with_the_time_after_it() -> None:
    with pytest.raises(Invalid, match=r"02:30 does not exist that day, since the clocks go forward to 03:00") as refused:
        start_of("2026-03-08T02:30", NEW_YORK)
    assert refused.value.field == "starts_at"


@pytest.mark.parametrize(
    "text",
    ["2026-05-06", "tomorrow", "2026-05-06T14:00:30", "2026-05-06T25:00", "2026-02-30T10:00", "14:00", "soon", "", "9" * 40],
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(Invalid):
        start_of(text, NEW_YORK)


def test_days_of_a_range_are_both_included_and_times_are_exact() -> None:
    with clock.stopped(NOW):
        start, end = range_of("2026-03-08", "2026-03-08", NEW_YORK)
        assert start is not None and end is not None and (end - start).total_seconds() == 23 * 3_600
        assert range_of("2026-05-06T10:00", None, NEW_YORK) == (datetime(2026, 5, 6, 14, tzinfo=UTC), None)
        with pytest.raises(Invalid):
            range_of("2026-05-06", "2026-05-05", NEW_YORK)
