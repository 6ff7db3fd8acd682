"""The list of customers: filter, order, pages, bulk tagging."""

import re
from html import escape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import enter, writing
from models.customers.archive import archive
from models.customers.filter import parse
from models.customers.tag import carried_by
from models.insights.segment import Segment
from tests.cast import Cast
from tests.crm.sending import HTMX, Post
from tests.customers.desk import ALICE, changing, facts, held, person

LIST = "/w/lotus-spa/customers"


def names(page: str) -> list[str]:
    return re.findall(r"<bdi>([^<]+)</bdi>", page)


@pytest.fixture
def crowd(app: Flask, cast: Cast) -> list[str]:
    with app.app_context():
        return [
            person(cast.lotus, "陳大文", phone="+85261234561", tags=("vip",)),
            person(cast.lotus, "Ben Ho", email="ben@example.com", tags=("vip", "new")),
            person(cast.lotus, "Cara Lo", phone="+85261234563"),
        ]


def test_an_empty_list_says_what_would_stand_there(alice: FlaskClient) -> None:
    assert "No customers yet" in alice.get(LIST).text


def test_a_customer_is_found_by_two_characters_of_a_chinese_name(alice: FlaskClient, crowd: list[str]) -> None:
    assert names(alice.get(LIST, query_string={"filter": "大文"}).text) == ["陳大文"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tag:vip", {"陳大文", "Ben Ho"}),
        ("tag:vip -tag:new", {"陳大文"}),
        ("ben@example.com", {"Ben Ho"}),
        ("6123 4563", {"Cara Lo"}),
        ("last_booking:never tag:new", {"Ben Ho"}),
    ],
)
def test_the_filter_language_narrows_the_list(alice: FlaskClient, crowd: list[str], text: str, found: set[str]) -> None:
    assert set(names(alice.get(LIST, query_string={"filter": text}).text)) == found


@pytest.mark.parametrize("text", ["tag:", "(tag:vip", "unknown:1", "last_booking>soon", "x" * 2001, "tag:nobody"])
def test_a_filter_that_cannot_be_read_is_said_and_kept(alice: FlaskClient, crowd: list[str], text: str) -> None:
    answer = alice.get(LIST, query_string={"filter": text})
    assert answer.status_code == 422
    assert "The filter needs another look" in answer.text
    assert f'value="{escape(text)}"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_htmx_gets_the_list_alone_and_its_links_lead_to_whole_pages(alice: FlaskClient, crowd: list[str]) -> None:
    fragment = alice.get(LIST, query_string={"filter": "tag:vip"}, headers=HTMX).text
    assert fragment.lstrip().startswith('<div class="stack" id="customers">')
    assert "?filter=tag:vip&amp;sort=" in fragment


def test_nobody_found_offers_a_word_that_looks_like_it(alice: FlaskClient, crowd: list[str]) -> None:
    page = alice.get(LIST, query_string={"filter": "carra"}).text
    assert "Nobody like this" in page and "Did you mean cara?" in page
    page = alice.get(LIST, query_string={"filter": "tag:vip carra"}).text
    assert "Did you mean tag:vip cara?" in page, "what else was asked for stays asked for"


def test_a_note_that_is_found_says_so(app: Flask, cast: Cast, alice: FlaskClient, crowd: list[str], post: Post) -> None:
    post(alice, f"/customers/{crowd[2]}/notes", {"body": "Allergic to lavender", "kind": "note"})
    page = alice.get(LIST, query_string={"filter": "lavender"}).text
    assert names(page) == ["Cara Lo"] and "Found in a note" in page


@pytest.mark.threat("PO12")
def test_columns_sort_both_ways_and_an_unknown_order_is_the_usual_one(alice: FlaskClient, crowd: list[str]) -> None:
    assert names(alice.get(LIST, query_string={"sort": "name"}).text)[0] == "Ben Ho"
    page = alice.get(LIST, query_string={"sort": "-name"}).text
    assert names(page)[0] == "陳大文" and 'aria-sort="descending"' in page
    assert alice.get(LIST, query_string={"sort": "name; DROP TABLE customer"}).status_code == 200


def test_pages_follow_one_another_without_overlap(app: Flask, cast: Cast, alice: FlaskClient) -> None:
    with app.app_context():
        for number in range(30):
            person(cast.lotus, f"Person {number:02}")
    first = alice.get(LIST, query_string={"sort": "name"}).text
    url = re.search(r'<a class="button button-small" rel="next" href="([^"]+)"', first)
    assert url
    second = alice.get(url[1].replace("&amp;", "&")).text
    assert len(set(names(first)) | set(names(second))) == 30
    assert "First page" in second


@pytest.mark.threat("PO13")
def test_a_tampered_cursor_is_a_bad_request(alice: FlaskClient, crowd: list[str]) -> None:
    assert alice.get(LIST, query_string={"cursor": "AAAAAAAAAAAAAAAAAAAAAAAA"}).status_code == 400


def test_a_saved_segment_narrows_the_list_and_a_foreign_one_is_not_there(
    app: Flask, cast: Cast, alice: FlaskClient, charlie: FlaskClient, crowd: list[str]
) -> None:
    with app.app_context():
        here = facts(cast.lotus)
        with writing():
            segment = Segment.create(here, "VIPs", parse("tag:vip"), ALICE).shown_id
    assert set(names(alice.get(LIST, query_string={"segment": segment}).text)) == {"陳大文", "Ben Ho"}
    theirs = charlie.get("/w/harbour-tutoring/customers", query_string={"segment": segment})
    nobodys = charlie.get("/w/harbour-tutoring/customers", query_string={"segment": "seg_0000000000000"})
    assert theirs.status_code == nobodys.status_code == 404 and theirs.data == nobodys.data


def tags(app: Flask, cast: Cast, shown: str) -> int:
    with app.app_context(), held(cast.lotus, shown) as customer:
        return len(carried_by(cast.lotus, [customer.id])[customer.id])


@pytest.mark.parametrize("htmx", [False, True])
def test_ticked_customers_are_tagged_at_once(
    app: Flask, cast: Cast, alice: FlaskClient, crowd: list[str], post: Post, htmx: bool
) -> None:
    answer = post(alice, "/customers/tagging", {"member": crowd, "tag": "spring", "act": "add"}, htmx=htmx)
    assert answer.status_code == (200 if htmx else 303)
    assert [tags(app, cast, each) for each in crowd] == [2, 3, 1]
    post(alice, "/customers/tagging", {"member": crowd[:2], "tag": "vip", "act": "remove"})
    assert [tags(app, cast, each) for each in crowd] == [1, 2, 1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"tag": "x"}, "Tick the customers first."),
        ({"member": "ADA", "tag": ""}, "Enter a tag."),
        ({"member": "ADA", "tag": " \u200b"}, "Enter a tag."),
        ({"member": "ADA", "tag": "x" * 41}, "At most 40 characters."),
        ({"member": "ADA", "tag": "unknown", "act": "remove"}, "There is no tag"),
        ({"member": "bkg_0000000000000", "tag": "x"}, "id"),
        ({"member": ["ADA"] * 101, "tag": "x"}, "At most 100 customers"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_bulk_tagging_that_cannot_be_done_says_why_changes_nothing_and_keeps_ticks_and_tag(
    app: Flask, cast: Cast, alice: FlaskClient, crowd: list[str], post: Post, data: dict[str, Any], said: str, htmx: bool
) -> None:
    member = data.get("member", [])
    ids = [crowd[0] if each == "ADA" else each for each in (member if isinstance(member, list) else [member])]
    answer = post(alice, "/customers/tagging?filter=tag:vip", data | {"member": ids}, htmx=htmx)
    assert answer.status_code == 422 and ("<html" in answer.text) is not htmx
    assert answer.text.count('role="alert"') == 1 and said in answer.text
    assert f'value="{data["tag"].strip(chr(0x200B) + " ")}"' in answer.text
    assert f'value="{crowd[0]}"{" checked" if crowd[0] in ids else ""}' in answer.text
    assert set(names(answer.text)) == {"陳大文", "Ben Ho"}, "the list is that in which they were ticked"
    assert tags(app, cast, crowd[0]) == 1


def test_after_tagging_the_list_is_where_it_was(alice: FlaskClient, crowd: list[str], post: Post) -> None:
    answer = post(alice, "/customers/tagging?filter=tag:vip&sort=name", {"member": crowd[:1], "tag": "spring"})
    assert answer.location == f"{LIST}?filter=tag:vip&sort=name"
    fragment = post(alice, "/customers/tagging?filter=tag:vip", {"member": crowd[:1], "tag": "autumn"}, htmx=True).text
    assert set(names(fragment)) == {"陳大文", "Ben Ho"} and f"{LIST}?filter=tag:vip&amp;sort=" in fragment


def test_an_archived_customer_among_the_ticked_is_said_and_nobody_is_tagged(
    app: Flask, cast: Cast, alice: FlaskClient, crowd: list[str], post: Post
) -> None:
    with app.app_context(), changing(cast.lotus):
        archive(cast.lotus, crowd[1], ALICE)
    answer = post(alice, "/customers/tagging", {"member": crowd, "tag": "spring"})
    assert answer.status_code == 422 and "is archived" in answer.text
    assert tags(app, cast, crowd[0]) == 1


def test_a_missing_or_foreign_customer_among_the_ticked_is_a_404_and_nobody_is_tagged(
    app: Flask, cast: Cast, alice: FlaskClient, crowd: list[str], post: Post
) -> None:
    with app.app_context():
        stranger = person(cast.harbour, "Somebody")
        enter(cast.lotus.id)
    for other in (stranger, "mem_0000000000000"):
        assert post(alice, "/customers/tagging", {"member": [crowd[0], other], "tag": "x"}).status_code == 404
    assert tags(app, cast, crowd[0]) == 1
