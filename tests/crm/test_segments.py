"""Segments: put together from pickers or typed, tried out, saved and removed."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blueprints.crm.filter_words import OWN, worded
from models.base import enter, writing
from models.customers.filter import All, field_names, parse, write
from models.insights.activity_feed import feed
from models.insights.segment import Segment, all_of
from tests.cast import Cast
from tests.crm.sending import HTMX, Post
from tests.customers.desk import ALICE, facts, person
from tests.e2e.gallery import gallery


def segments(app: Flask, cast: Cast) -> dict[str, str]:
    with app.app_context():
        enter(cast.lotus.id)
        return {segment.name: segment.text for segment in all_of(cast.lotus)}


def undo_last(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> int:
    with app.app_context():
        enter(cast.lotus.id)
        act = next(each for each in feed(cast.lotus).items if each.undoable == "open").shown_id
    return post(alice, f"/activity/{act}/undoing", {}, page="/activity").status_code


def test_a_segment_is_saved_listed_with_its_count_changed_and_removed(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post
) -> None:
    with app.app_context():
        for name in ("Ada", "Ben"):
            person(cast.lotus, name, tags=("vip",))
    assert post(alice, "/segments", {"name": "VIPs", "filter": "tag:vip"}).status_code == 303
    page = alice.get("/w/lotus-spa/segments").text
    assert "Tag is vip" in page and "<code>tag:vip</code>" in page and '<td class="num" data-label="Customers">2</td>' in page
    with app.app_context():
        enter(cast.lotus.id)
        shown = all_of(cast.lotus)[0].shown_id
    assert "tag:vip</textarea>" in alice.get(f"/w/lotus-spa/segments/{shown}/edit").text
    assert alice.get(f"/w/lotus-spa/segments/{shown}").location == f"/w/lotus-spa/customers?segment={shown}"
    post(alice, f"/segments/{shown}", {"name": "Gone VIPs", "filter": "tag:vip last_booking>60d"})
    assert segments(app, cast) == {"Gone VIPs": "tag:vip last_booking>60d"}
    post(alice, f"/segments/{shown}/removal", {})
    assert segments(app, cast) == {}
    assert undo_last(app, cast, alice, post) == 303
    assert segments(app, cast) == {"Gone VIPs": "tag:vip last_booking>60d"}


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "Taken"}, "name"),
        ({"filter": ""}, "filter"),
        ({"filter": "(tag:vip"}, "filter"),
        ({"filter": "colour:red"}, "filter"),
        ({"filter": "x" * 2001}, "filter"),
        ({"filter": "last_booking>=2026-02-30"}, "filter"),
    ],
)
def test_a_bad_segment_is_said_beside_its_field_and_kept(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post, changed: dict[str, str], named: str, htmx: bool
) -> None:
    with app.app_context():
        here = facts(cast.lotus)
        with writing():
            Segment.create(here, "Taken", parse("kind:member"), ALICE)
    answer = post(alice, "/segments", {"name": "New", "filter": "kind:contact"} | changed, htmx=htmx)
    assert answer.status_code == 422 and f'id="{named}-problem"' in answer.text
    assert list(segments(app, cast)) == ["Taken"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind:contact", "1 customer now."),
        ("", "everybody"),
        ("colour:red", "There is no filter field colour."),
        ("lastbooking>60d", "Did you mean last_booking?"),
    ],
)
def test_a_filter_is_tried_while_it_is_typed(app: Flask, cast: Cast, alice: FlaskClient, text: str, says: str) -> None:
    with app.app_context():
        person(cast.lotus, "Ada")
    page, fragment = (
        alice.get("/w/lotus-spa/segments/trial", query_string={"filter": text}, headers=headers) for headers in ({}, HTMX)
    )
    assert says in page.text and says in fragment.text
    assert "The fields are" not in page.text
    assert fragment.text.lstrip().startswith('<div id="verdict"')


@pytest.mark.parametrize("htmx", [False, True])
def test_trying_a_filter_keeps_the_form_saves_nothing_and_names_the_first_few(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post, htmx: bool
) -> None:
    with app.app_context():
        for number in range(7):
            person(cast.lotus, f"Guest {number}")
    answer = post(alice, "/segments", {"name": "Guests", "filter": "kind:contact", "step": "try"}, htmx=htmx)
    assert answer.status_code == 200 and ("<html" in answer.text) is not htmx
    assert "7 customers now." in answer.text and answer.text.count("Guest ") == 5 and "and 2 more" in answer.text
    assert 'value="Guests"' in answer.text and "kind:contact</textarea>" in answer.text
    assert segments(app, cast) == {}


def test_conditions_are_pointed_at_and_become_the_text(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    first = {"field": "last_booking", "how": "longer_ago", "value": "60", "step": "add"}
    page = post(alice, "/segments", {"name": "Away", "filter": "(kind:member OR bookings>=5)"} | first).text
    text = "(kind:member OR bookings&gt;=5) last_booking&gt;60d"
    assert f"{text}</textarea>" in page and "Last visit was more than 60 days ago" in page
    dropped = post(alice, "/segments", {"name": "Away", "filter": "kind:member last_booking>60d", "step": "drop:0"}).text
    assert "last_booking&gt;60d</textarea>" in dropped and "kind:member" not in dropped
    saved = {"name": "Away", "filter": "last_booking>60d", "field": "kind", "how": "is", "value": "member"}
    assert post(alice, "/segments", saved).status_code == 303, "what the pickers hold belongs to it"
    assert segments(app, cast) == {"Away": "last_booking>60d kind:member"}


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("pickers", "named"),
    [
        ({"field": "colour", "how": "is", "value": "red"}, "field"),
        ({"field": "bookings", "how": "longer_ago", "value": "5"}, "how"),
        ({"field": "bookings", "how": "at_least", "value": "many"}, "value"),
        ({"field": "last_booking", "how": "since", "value": "soon"}, "value"),
        ({"field": "last_booking", "how": "longer_ago", "value": ""}, "value"),
        ({"field": "kind", "how": "is", "value": "stranger"}, "value"),
    ],
)
@pytest.mark.parametrize("step", ["add", "try", ""])
def test_a_condition_that_cannot_be_is_said_beside_its_picker_and_everything_is_kept(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post, pickers: dict[str, str], named: str, step: str, htmx: bool
) -> None:
    answer = post(alice, "/segments", {"name": "New", "filter": "kind:member", "step": step} | pickers, htmx=htmx)
    assert answer.status_code == 422
    assert f'id="{named}-problem"' in answer.text and f'href="#{named}"' in answer.text
    assert 'value="New"' in answer.text and "kind:member</textarea>" in answer.text
    assert segments(app, cast) == {}


def test_the_pickers_follow_the_field_that_is_chosen(app: Flask, cast: Cast, alice: FlaskClient) -> None:
    def asked(**chosen: str) -> str:
        return alice.get("/w/lotus-spa/segments/condition", query_string=chosen, headers=HTMX).text

    assert "was more than … days ago" in asked(field="last_booking") and "at least" not in asked(field="last_booking")
    assert 'type="date"' in asked(field="last_booking", how="since")
    assert 'name="value"' not in asked(field="last_booking", how="never")
    assert '<option value="member">' in asked(field="kind")


def test_every_field_of_the_filter_language_has_words() -> None:
    assert set(OWN) == {name for name in field_names() if name != "custom.<key>"}


@pytest.mark.parametrize("name", OWN)
def test_every_comparison_makes_a_test_that_reads_back_in_words(name: str) -> None:
    gaps = {"days": "30", "number": "4", "date": "2026-01-31", "words": "en", "choice": "", "nothing": ""}
    with gallery().test_request_context():
        for each in OWN[name].comparisons.values():
            gap = (OWN[name].choices[0][0] if OWN[name].choices else "vip") if each.takes == "choice" else gaps[each.takes]
            test = each.test(name, gap)
            assert parse(write(test)) == test
            assert worded(test, OWN), write(test)
        assert worded(parse("tag:vip OR tag:new"), OWN) is None
        assert worded(All(all=()), OWN) is None


def test_a_viewer_reads_segments_and_changes_none(browser_of: Any, cast: Cast, submit: Any) -> None:
    vera = browser_of(cast.vera)
    assert vera.get("/w/lotus-spa/segments").status_code == 200
    assert vera.get("/w/lotus-spa/segments/new").status_code == 403
    answer = submit(vera, "/w/lotus-spa/segments", {"name": "x", "filter": "kind:member"}, page="/w/lotus-spa/activity")
    assert answer.status_code == 403
