"""Days and times as people and apps write them: one grammar for every tool and page."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import clock
from models.base.wall_clock import Edge
from models.customers.dates import YEARS, day_from, day_of, instant_of, time_of
from models.errors import Invalid
from models.oauth.standing import WorkspaceFacts

NEW_YORK = WorkspaceFacts(1, "here", "Here", "America/New_York", "unlimited")
TODAY = date(2026, 5, 3)
NOW = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)
"""Still the third in New York."""


@pytest.fixture(autouse=True)
def _stopped() -> object:
    with clock.stopped(NOW):
        yield


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-23", date(2026, 11, 23)), ("today", TODAY), (" Tomorrow ", date(2026, 5, 4)), ("YESTERDAY", date(2026, 5, 2)),
        ("+7d", date(2026, 5, 10)), ("-30d", date(2026, 4, 3)), ("+2w", date(2026, 5, 17)), ("-1w", date(2026, 4, 26)),
        ("1900-01-01", date(1900, 1, 1)), ("2200-12-31", date(2200, 12, 31)),
    ],
)  # fmt: skip
def test_a_day_is_read_in_the_workspaces_calendar(text: str, meant: date) -> None:
    assert day_of(text, NEW_YORK, field="from") == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("today 14:00", "2026-05-03T18:00"), ("today", "2026-05-03T04:00"), ("-30d 9:05", "2026-04-03T13:05"),
        ("2026-05-06T14:00Z", "2026-05-06T14:00"), ("2026-05-06t14:00z", "2026-05-06T14:00"),
        ("2026-05-06 14:00 +08:00", "2026-05-06T06:00"), ("tomorrow 00:30-0330", "2026-05-04T04:00"),
        ("2026-11-01T01:30", "2026-11-01T05:30"),
    ],
)  # fmt: skip
def test_a_time_may_follow_any_day_with_or_without_an_offset(text: str, meant: str) -> None:
    assert instant_of(text, NEW_YORK, field="updated_since") == datetime.fromisoformat(meant).replace(tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first_as_a_beginning_and_the_last_as_an_end() -> None:
    first, last = (time_of("2026-11-01 01:30", NEW_YORK, field="to", edge=edge) for edge in (Edge.START, Edge.END))
    assert (first, last) == (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC))


def test_a_time_that_is_skipped_is_refused_with_the_one_after_it() -> None:
    for text in ("2026-03-08T02:30", "2026-03-08 2:30:15"):
        with pytest.raises(Invalid, match=r"02:30 does not exist that day, since the clocks go forward to 03:00") as refused:
            instant_of(text, NEW_YORK, field="updated_since")
        assert refused.value.field == "updated_since"
    assert instant_of("2026-03-08T02:30Z", NEW_YORK, field="from") == datetime(2026, 3, 8, 2, 30, tzinfo=UTC)


@pytest.mark.threat("MC17")
@pytest.mark.parametrize(
    "text", ["1026-11-23", "3026-11-23", "1899-12-31", "2201-01-01", "+99999d", "-99999w", "9999-12-31 10:00"]
)
def test_a_year_out_of_range_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(Invalid, match=f"from {YEARS[0]} to {YEARS[-1]}"):
        instant_of(text, NEW_YORK, field="from")


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "2026-02-30", "2026-13-01", "20261123", "2026-W12-1", "2026-11-23T", "14:00", "today 24:00", "today 12:60",
     "today 12:00:60", "today 12:00+15:00", "today 12:00+08:60", "+123456d", "7d", "2026-11-23T14", "２０２６-11-23", "9" * 40],
)  # fmt: skip
def test_anything_else_is_refused_in_one_sentence_with_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        instant_of(text, NEW_YORK, field="from")
    assert (refused.value.field, refused.value.message.count(".")) == ("from", 1)


@settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=40) | st.from_regex(r"[+-]?\d{1,6}[dw]?([T ]\d{1,2}:\d{2})?", fullmatch=True))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        day_from(text, TODAY, field="from")
        instant_of(text, NEW_YORK, field="from")
    except Invalid:
        return
