"""list_segments"""

from datetime import datetime
from typing import Any

from flask import Flask

from models import clock
from models.base import writing
from models.customers.filter import parse
from models.customers.tag import tags_named
from models.insights.segment import COUNT_KEPT, Segment, recount
from tests.cast import Cast
from tests.customers.desk import ALICE, facts, person
from tests.mcp.desk import Caller


def test_segments_come_with_their_text_and_a_true_count(app: Flask, cast: Cast, caller: Caller, charlies: Caller) -> None:
    with app.app_context():
        for name in ("Ada", "Bea"):
            person(cast.lotus, name, tags=("vip",))
        person(cast.lotus, "Cleo")
        here = facts(cast.lotus)
        with writing():
            vips = Segment.create(here, "Our VIPs", parse("tag:vip  AND (kind:contact OR bookings>3)"), ALICE).shown_id
    page = caller.done("list_segments")
    assert [(each["id"], each["name"], each["filter"], each["count"]) for each in page["items"]] == [
        (vips, "Our VIPs", "tag:vip (kind:contact OR bookings>3)", 2)
    ]
    assert page["items"][0]["counted_at"].endswith("+08:00")
    assert {row["name"] for row in caller.done("search_members", {"segment_id": vips})["items"]} == {"Ada", "Bea"}
    assert charlies.done("list_segments")["items"] == []
    theirs = charlies.result("search_members", {"segment_id": vips})
    assert "not_found" in theirs["content"][0]["text"]


def test_a_tag_that_is_gone_leaves_its_segment_empty_rather_than_broken(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        person(cast.lotus, "Ada", tags=("vip",))
        here = facts(cast.lotus)
        with writing():
            shown = Segment.create(here, "VIPs", parse("tag:vip"), ALICE).shown_id
        with writing():
            tags_named(here, ["vip"])["vip"].archived_at = clock.now()
    assert caller.done("list_segments")["items"][0]["count"] == 0
    assert caller.done("search_members", {"segment_id": shown})["items"] == []


def test_reading_segments_changes_nothing(app: Flask, cast: Cast, caller: Caller, rows: Any) -> None:
    with app.app_context():
        here = facts(cast.lotus)
        with writing():
            Segment.create(here, "Everybody", parse(""), ALICE)
    before = rows("SELECT cached_count, cached_at FROM segment", workspace=cast.lotus.id)
    caller.done("list_segments")
    assert rows("SELECT cached_count, cached_at FROM segment", workspace=cast.lotus.id) == before


def test_the_worker_keeps_counts_and_a_changed_filter_is_counted_anew(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        here = facts(cast.lotus)
        person(cast.lotus, "Ada", member=True)
        with writing():
            segment = Segment.create(here, "Members", parse("kind:member"), ALICE)
            number = segment.id
        at = clock.now()
        with clock.stopped(at):
            assert recount(here) == 1
        person(cast.lotus, "Bea", member=True)
        with clock.stopped(at + COUNT_KEPT / 2):
            shown = caller.done("list_segments")["items"][0]
            assert (shown["count"], datetime.fromisoformat(shown["counted_at"])) == (1, at.replace(microsecond=0))
            assert recount(here) == 0
        with clock.stopped(at + COUNT_KEPT):
            assert caller.done("list_segments")["items"][0]["count"] == 2
            assert recount(here) == 1
        with writing():
            Segment.find(here, number).change(here, ALICE, node=parse("kind:contact"))
        assert caller.done("list_segments")["items"][0]["count"] == 0
