"""search_members"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from models import clock
from models.base import show, writing
from models.bookings.package import Package
from models.customers.archive import archive
from models.customers.custom_field import CustomField
from models.customers.custom_value import set_values
from models.customers.customer import Customer
from models.customers.note import Note
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast
from tests.customers.desk import ALICE, changing, facts, held, person
from tests.mcp.desk import Caller


@pytest.fixture
def people(app: Flask, cast: Cast) -> dict[str, str]:
    """Four people of Lotus Spa, and one of Charlie's."""
    with app.app_context():
        now = clock.now()
        known = {
            "ming": person(cast.lotus, "Chan Tai Man", native_name="陳大文", phone="+85291234567", email="tai.man@example.com",
                           tags=("vip",), member=True, last_booking_at=now - timedelta(days=70), bookings_count=7),
            "ada": person(cast.lotus, "Ada Wong", tags=("vip", "new"), birthday="1990-11-23",
                          last_booking_at=now - timedelta(days=5)),
            "zoe": person(cast.lotus, "Zoë Ångström", tags=("vip",), birthday="12-30"),
            "hok": person(cast.lotus, "Hok 志明", phone="6123 4567", last_booking_at=now - timedelta(days=90)),
            "foreign": person(cast.harbour, "Ada Wong", tags=("vip",), phone="+85291234567"),
        }  # fmt: skip
        with held(cast.lotus, known["hok"]) as hok:
            Note.add(hok, "Prefers the window seat; 對花生敏感", ALICE)
            Note.add(hok, "Secretly a magician", ALICE, sensitive=True)
    return known


def named(page: dict[str, Any]) -> set[str]:
    return {item["name"] for item in page["items"]}


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("大文", {"Chan Tai Man"}), ("陳", {"Chan Tai Man"}), ("man chan", {"Chan Tai Man"}), ("CHAN", {"Chan Tai Man"}),
        ("志明", {"Hok 志明"}), ("明", {"Hok 志明"}), ("zoe ang", {"Zoë Ångström"}), ("ＺＯＥ", {"Zoë Ångström"}),
        ("9123 4567", {"Chan Tai Man"}), ("+852 9123-4567", {"Chan Tai Man"}), ("91234567", {"Chan Tai Man"}),
        ("4567", {"Chan Tai Man", "Hok 志明"}), ("tai.man@example.com", {"Chan Tai Man"}), ("tai.man@", {"Chan Tai Man"}),
        ("example.com", {"Chan Tai Man"}), ("window", {"Hok 志明"}), ("花生", {"Hok 志明"}), ("magician", set()),
        ("a", {"Ada Wong", "Zoë Ångström"}), ("%", set()), ("_", set()), ("' OR 1=1 --", set()),
    ],
)  # fmt: skip
def test_words_find_people_however_they_are_typed(people: dict[str, str], front: Any, query: str, who: set[str]) -> None:
    assert named(front.caller().done("search_members", {"query": query})) == who


def test_a_row_has_what_the_design_says_and_nothing_that_is_not_real_yet(people: dict[str, str], caller: Caller) -> None:
    row = caller.done("search_members", {"query": "大文"})["items"][0]
    assert list(row) == [
        "id", "kind", "name", "native_name", "phone", "email", "tags", "locale", "birthday", "enrolled_at", "last_booking_at",
        "next_booking", "no_shows", "matched_in",
    ]  # fmt: skip
    assert row["id"] == people["ming"]
    assert (row["kind"], row["phone"], row["email"], row["tags"]) == ("member", "+85291234567", "tai.man@example.com", ["vip"])
    assert row["last_booking_at"].endswith("+08:00")


def test_what_only_a_note_says_is_marked_so(people: dict[str, str], caller: Caller) -> None:
    assert caller.done("search_members", {"query": "window"})["items"][0]["matched_in"] == "note"
    assert caller.done("search_members", {"query": "hok window"})["items"][0]["matched_in"] == "note"
    assert caller.done("search_members", {"query": "hok"})["items"][0]["matched_in"] is None


def test_vip_who_has_not_booked_for_sixty_days_leaves_out_who_never_booked(people: dict[str, str], caller: Caller) -> None:
    for asked in (
        {"tags_all": ["VIP"], "inactive_days": 60},
        {"filter": "tag:vip last_booking>60d"},
        {"tags_any": ["vip", "new"], "last_booking_before": "-60d"},
        {"filter": "last_booking>60d", "tags_all": ["vip"]},
    ):
        assert named(caller.done("search_members", asked)) == {"Chan Tai Man"}
    assert named(caller.done("search_members", {"filter": "tag:vip last_booking:never"})) == {"Zoë Ångström"}
    assert named(caller.done("search_members", {"filter": "tag:vip -last_booking>60d"})) == {"Ada Wong", "Zoë Ångström"}


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("kind:member", {"Chan Tai Man"}), ("kind:contact -tag:vip", {"Hok 志明"}), ("bookings>=7", {"Chan Tai Man"}),
        ("bookings:0", {"Ada Wong", "Zoë Ångström", "Hok 志明"}), ("bookings:1..9", {"Chan Tai Man"}),
        ("birthday:11-20..11-30", {"Ada Wong"}), ("birthday:12-20..01-10", {"Zoë Ångström"}),
        ("tag:new OR bookings>5", {"Ada Wong", "Chan Tai Man"}),
        ("(tag:new OR text:hok) -birthday:never", {"Ada Wong"}),
        ("created:today", {"Ada Wong", "Zoë Ångström", "Hok 志明", "Chan Tai Man"}),
        ("created<2020-01-01", set()), ("last_booking:80d..100d", {"Hok 志明"}), ("next_booking:never tag:new", {"Ada Wong"}),
        ("enrolled:never", {"Ada Wong", "Zoë Ångström", "Hok 志明"}), ("status:archived", set()), ("opt_in:whatsapp", set()),
        ("last_booking<10d", {"Ada Wong"}),
    ],
)  # fmt: skip
def test_the_filter_language_means_what_it_says(people: dict[str, str], front: Any, text: str, who: set[str]) -> None:
    assert named(front.caller().done("search_members", {"filter": text})) == who


def test_each_sort_goes_both_ways_and_pages_follow_each_other_exactly_once(
    people: dict[str, str], caller: Caller, ids: Any
) -> None:
    mine = {shown for who, shown in people.items() if who != "foreign"}
    for sort in ("name", "-name", "last_booking", "-last_booking", "created", "-created", "birthday", "-birthday"):
        whole = ids(caller.done("search_members", {"sort": sort}))
        paged: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(4):
            page = caller.done("search_members", {"sort": sort, "limit": 1, **cursor})
            paged += ids(page)
            cursor = {"cursor": page["next_cursor"]}
        assert page["next_cursor"] is None
        assert paged == whole
        assert set(whole) == mine
    assert ids(caller.done("search_members", {"sort": "-last_booking"}))[:2] == [people["ada"], people["ming"]]
    assert ids(caller.done("search_members", {"sort": "birthday"}))[:2] == [people["ada"], people["zoe"]]


def test_nobody_found_offers_words_that_would_find_someone(people: dict[str, str], caller: Caller) -> None:
    page = caller.done("search_members", {"query": "Angstrum"})
    assert page["items"] == []
    assert page["did_you_mean"] == ["angstrom"]
    assert caller.done("search_members", {"query": "Zoë Angstrum"})["did_you_mean"] == ["zoe angstrom"]
    assert caller.done("search_members", {"query": "Tai Man Chen"})["did_you_mean"] == ["tai man chan"]
    assert caller.done("search_members", {"query": "Ada Angstrum"})["did_you_mean"] == [], "nobody is called that"
    assert caller.done("search_members", {"query": "Zoë xqzvw"})["did_you_mean"] == []
    assert caller.done("search_members", {"query": "陳大聞"})["did_you_mean"] == ["陳大文"]
    assert caller.done("search_members", {"query": "wong"})["did_you_mean"] == []


def test_a_next_booking_that_has_begun_counts_as_the_last(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        now = clock.now()
        person(cast.lotus, "Early", last_booking_at=now - timedelta(days=99), next_booking_at=now - timedelta(hours=1))
        person(cast.lotus, "Only", next_booking_at=now - timedelta(days=80))
    found = {row["name"]: row for row in caller.done("search_members", {"filter": "last_booking<60d"})["items"]}
    assert set(found) == {"Early"}
    assert found["Early"]["last_booking_at"] is not None
    assert named(caller.done("search_members", {"inactive_days": 60})) == {"Only"}


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("last_booking>60d", {"Lapsed", "Coming"}), ("last_booking<60d", {"Early", "First"}), ("last_booking:never", {"New"}),
        ("last_booking:90d..100d", {"Lapsed", "Coming"}), ("-last_booking>60d", {"Early", "First", "New"}),
    ],
)  # fmt: skip
def test_whose_next_booking_began_today_has_not_been_away(app: Flask, cast: Cast, front: Any, text: str, who: set[str]) -> None:
    now = clock.now()
    long_ago, just_now, soon = now - timedelta(days=99), now - timedelta(minutes=1), now + timedelta(days=3)
    with app.app_context():
        person(cast.lotus, "Early", last_booking_at=long_ago, next_booking_at=just_now)
        person(cast.lotus, "First", next_booking_at=just_now)
        person(cast.lotus, "Lapsed", last_booking_at=long_ago)
        person(cast.lotus, "Coming", last_booking_at=long_ago, next_booking_at=soon)
        person(cast.lotus, "New", next_booking_at=soon)
    assert named(front.caller().done("search_members", {"filter": text})) == who


@pytest.mark.parametrize(
    "asked",
    [
        {"query": ""}, {"query": "x" * 201}, {"query": 7}, {"tags_any": []}, {"tags_any": ["nowhere"]}, {"tags_all": "vip"},
        {"inactive_days": -1}, {"inactive_days": 1.5}, {"inactive_days": 10**9}, {"filter": "colour:red"},
        {"filter": "tag:nowhere"},
        {"filter": "last_booking>"}, {"filter": "bookings:many"}, {"filter": "kind:boss"}, {"filter": "birthday>1"},
        {"filter": "bookings>1e99999999"}, {"filter": "bookings:1e1000000..2"}, {"filter": "bookings>NaN"},
        {"filter": "bookings>1e-999999999"}, {"filter": "bookings>Infinity"}, {"filter": "bookings>" + "9" * 190},
        {"filter": "created>9999-99-99"}, {"filter": "last_booking:9d..x"}, {"filter": "custom.shoe:1"},
        {"sort": "spend"}, {"last_booking_before": "60d"}, {"last_booking_before": "someday"}, {"query": "\u200b"}, {"limit": 0},
        {"limit": 10**9}, {"cursor": "x"},
        {"segment_id": "mem_0000000000000"}, {"tier": "gold"}, {"query": None}, {"filter": "(" * 300},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_one_sentence(
    people: dict[str, str], front: Any, told: Any, asked: dict[str, Any]
) -> None:
    said = told(front.caller().result("search_members", asked))
    assert said["code"] == "invalid"
    assert said["message"]


def test_money_of_a_custom_field_is_compared_in_major_units_of_its_own_currency(app: Flask, cast: Cast, caller: Caller) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
        with writing():
            CustomField.create(facts(cast.lotus), "budget", "Budget", "money", ALICE, filterable=True)
        for currency, typed in (("HKD", "100"), ("JPY", "100"), ("KWD", "99.999")):
            with held(cast.lotus, ada) as customer:
                set_values(replace(facts(cast.lotus), currency=currency), customer, {"budget": typed}, ALICE)
            low = "99.999" if currency == "KWD" else "100"
            assert named(caller.done("search_members", {"filter": f"custom.budget:{low}"})) == {"Ada"}
            assert named(caller.done("search_members", {"filter": "custom.budget>=99 custom.budget<=100.5"})) == {"Ada"}
            assert named(caller.done("search_members", {"filter": "custom.budget>1000"})) == set()


def test_an_unknown_field_is_answered_with_those_there_are(people: dict[str, str], front: Any, told: Any) -> None:
    message = told(front.caller().result("search_members", {"filter": "colour:red"}))["message"]
    assert "last_booking" in message
    assert "custom.<key>" in message


def test_a_stranger_finds_only_their_own_and_a_foreign_segment_is_like_none(
    people: dict[str, str], front: Any, charlies: Caller, ids: Any
) -> None:
    assert ids(charlies.done("search_members", {"query": "91234567"})) == [people["foreign"]]
    missing = front.caller().result("search_members", {"segment_id": show("seg", 5)})
    assert charlies.result("search_members", {"segment_id": show("seg", 5)})["content"] == missing["content"]


def test_an_archived_customer_is_found_only_when_asked_for(
    app: Flask, cast: Cast, people: dict[str, str], caller: Caller
) -> None:
    with app.app_context(), changing(cast.lotus):
        archive(cast.lotus, people["ada"], ALICE)
    assert named(caller.done("search_members", {"query": "ada"})) == set()
    assert named(caller.done("search_members", {"query": "ada", "filter": "status:archived"})) == {"Ada Wong"}
    assert caller.done("get_member_profile", {"member_id": people["ada"]})["id"].startswith(Customer.prefix)


def test_bookings_bring_their_own_fields_and_the_next_one_stands_in_the_row(app: Flask, cast: Cast, caller: Caller) -> None:
    with clock.stopped(NOW):
        with app.app_context():
            salon = Salon.open(cast.lotus.id)
            with writing():
                booking = salon.book("2026-05-06 10:00", staff="Ann")
                shown = booking.shown_id
                package = Package.add(salon.workspace, "Ten", 1, {salon.service(): 10}, ALICE)
                package.grant(salon.customers[1], ALICE)
        for text, who in (
            ("service:massage", {"Customer 0"}),
            ("staff:ann", {"Customer 0"}),
            ("staff:bea", set()),
            ("package:ten", {"Customer 1"}),
            ("next_booking<3d", {"Customer 0"}),
            ("next_booking>3d", set()),
            ("next_booking:2026-05-06", {"Customer 0"}),
            ("-service:massage -package:ten", {"Customer 2"}),
        ):
            assert named(caller.done("search_members", {"filter": text})) == who, text
        row = caller.done("search_members", {"filter": "service:massage"})["items"][0]
        assert row["next_booking"] == {"id": shown, "starts_at": "2026-05-06T10:00:00+08:00", "service": "Massage"}


@pytest.mark.threat("MC17")
@pytest.mark.parametrize(("query", "reason"), [("n" * 201, "200 characters"), ("\u200b", "nothing in it")])
def test_a_query_that_cannot_be_looked_for_is_named(caller: Caller, told: Any, query: str, reason: str) -> None:
    said = told(caller.result("search_members", {"query": query}))
    assert (said["code"], said["field"]) == ("invalid", "query")
    assert reason in said["message"]
