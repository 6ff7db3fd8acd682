"""A morning at the desk: find somebody, tag and note them, undo a wrong tag, merge two records and take them apart."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from models.base import writing
from models.customers.custom_field import CustomField
from models.customers.filter import parse
from models.insights.segment import Segment
from tests.cast import Cast, Person
from tests.customers.desk import ALICE, facts, person
from tests.e2e.browser import Complaints, faults_of_pages

SignIn = Callable[[Page, Person], Page]
HOME = "/w/lotus-spa/"


@pytest.fixture
def people(app: Flask, cast: Cast) -> dict[str, str]:
    """Some customers of Lotus Spa, by name."""
    with app.app_context():
        here = facts(cast.lotus)
        made = {
            "大文": person(cast.lotus, "Chan Tai Man", native_name="陳大文", phone="+85261234561", tags=("vip",)),
            "Ada": person(cast.lotus, "Ada Lovelace", phone="+85261234562", email="ada@example.com"),
            "A.": person(cast.lotus, "A. Lovelace", phone="+85261234562", tags=("new",)),
            "Ben": person(cast.lotus, "Benjamin Ho-with-a-very-long-name " * 5),
        }
        with writing():
            Segment.create(here, "VIPs we miss", parse("tag:vip last_booking>60d"), ALICE)
            CustomField.create(here, "seat", "Favourite seat", "choice", ALICE, options=("Window", "Door"))
    return made


@pytest.fixture(params=["htmx", "no htmx", "no scripts"])
def window(request: pytest.FixtureRequest, open_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A browser with everything, one that the CDN does not reach, and one without scripts."""
    return open_context(cdn=request.param == "htmx", java_script_enabled=request.param != "no scripts")


@pytest.fixture
def desk(window: BrowserContext, signed_in: SignIn, cast: Cast, people: dict[str, str]) -> Iterator[Page]:
    """Alice at her desk."""
    yield signed_in(window.new_page(), cast.alice)


def test_a_customer_is_found_by_a_chinese_name_tagged_and_noted(desk: Page) -> None:
    desk.goto(HOME)
    desk.get_by_role("link", name="Customers", exact=True).click()
    desk.get_by_label("Filter").fill("大文")
    desk.get_by_role("button", name="Show").click()
    rows = desk.get_by_role("row")
    expect(rows).to_have_count(2)
    desk.get_by_role("link", name="Chan Tai Man").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Chan Tai Man")
    desk.get_by_label("Tag", exact=True).fill("regular")
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.locator("#tags").get_by_role("link", name="regular")).to_be_visible()
    desk.get_by_label("Note", exact=True).fill("Prefers the window seat")
    desk.get_by_role("button", name="Add note").click()
    expect(desk.locator("#notes .note-body")).to_have_text("Prefers the window seat")
    expect(desk.get_by_role("status")).to_have_text("Note added.")
    expect(desk.get_by_label("Note", exact=True)).to_have_value("")


def test_a_wrong_tag_is_undone_on_the_activity_page(desk: Page, people: dict[str, str]) -> None:
    desk.goto(f"{HOME}customers?sort=name")
    desk.get_by_label("Tick Ada Lovelace").check()
    desk.get_by_label("Tick A. Lovelace").check()
    desk.get_by_label("Tag for those ticked").fill("vip")
    desk.get_by_role("button", name="Add tag").click()
    expect(desk.get_by_role("status")).to_have_text("Tagged 2 customers.")
    desk.get_by_role("link", name="Activity", exact=True).click()
    desk.get_by_role("button", name="Undo Tagged 2 customers: vip").click()
    expect(desk.get_by_text("Taken back by Alice")).to_be_visible()
    desk.goto(f"{HOME}customers?filter=tag:vip")
    expect(desk.get_by_role("row")).to_have_count(2)


def test_two_records_are_merged_and_taken_apart_again(desk: Page, people: dict[str, str]) -> None:
    desk.goto(f"{HOME}customers/duplicates")
    group = desk.get_by_role("region", name="Same phone +85261234562")
    group.get_by_role("link", name=re.compile("Merge into Ada Lovelace")).click()
    expect(desk.get_by_role("heading", name="Goes into it")).to_be_visible()
    desk.get_by_role("button", name="Merge", exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    expect(desk.locator("#tags").get_by_role("link", name="new")).to_be_visible()
    desk.get_by_role("link", name="Activity", exact=True).click()
    desk.get_by_role("button", name=re.compile("^Undo Merged")).click()
    expect(desk.get_by_text("Taken back by Alice")).to_be_visible()
    desk.goto(f"{HOME}customers/{people['A.']}")
    expect(desk.get_by_role("heading", level=1)).to_have_text("A. Lovelace")
    expect(desk.locator("#tags").get_by_role("link", name="new")).to_be_visible()


def test_a_form_with_a_mistake_takes_the_focus_and_keeps_what_was_typed(desk: Page) -> None:
    desk.goto(f"{HOME}customers/new")
    desk.get_by_label("Name", exact=True).fill("Grace Hopper")
    desk.get_by_label("Day", exact=True).fill("31")
    desk.get_by_label("Month", exact=True).select_option("February")
    desk.get_by_role("button", name="Add customer").click()
    expect(desk.get_by_role("alert")).to_be_focused()
    expect(desk.get_by_label("Name", exact=True)).to_have_value("Grace Hopper")
    expect(desk.get_by_label("Day", exact=True)).to_have_value("31")
    desk.get_by_label("Day", exact=True).fill("9")
    desk.get_by_label("Month", exact=True).select_option("December")
    desk.get_by_label("Year, if known").fill("1906")
    desk.get_by_role("button", name="Add customer").click()
    desk.wait_for_url("**/customers/mem_*")
    expect(desk.get_by_role("status")).to_have_text("Grace Hopper is on record.")


def test_the_list_and_a_segments_filter_answer_while_one_types(
    page: Page, signed_in: SignIn, cast: Cast, people: dict[str, str]
) -> None:
    signed_in(page, cast.alice)
    page.goto(f"{HOME}customers")
    page.get_by_label("Filter").press_sequentially("tag:vip")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/customers\?filter=tag%3Avip$"))  # so that it can be kept and sent on
    page.goto(f"{HOME}segments/new")
    page.get_by_text("The filter as text").click()
    page.get_by_label("Filter").press_sequentially("tag:vip kind:contact")
    expect(page.locator("#verdict")).to_contain_text("1 customer now.")


def pages(people: dict[str, str]) -> list[str]:
    """Pages that test_every_page does not come to, or not in this state."""
    ada = f"customers/{people['Ada']}"
    other = people["A."]
    return [
        "?period=today", "activity?shown=refusals", "customers?filter=(tag", "customers?filter=nobody", "customers/duplicates",
        ada, f"customers/{people['Ben']}", f"{ada}/archival", f"{ada}/anonymisation", f"{ada}/merge",
        f"{ada}/merge?query=lovelace", f"{ada}/merge?other={other}", "segments/trial?filter=tag:vip",
    ]  # fmt: skip


@pytest.mark.looks
def test_no_page_has_anything_to_complain_of(
    page: Page, signed_in: SignIn, cast: Cast, complaints: Complaints, people: dict[str, str]
) -> None:
    signed_in(page, cast.alice)
    assert faults_of_pages(page, [HOME + path for path in pages(people)]) == []
    assert complaints.unexpected([422]) == []
