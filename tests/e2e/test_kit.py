"""The kit in a real browser: nothing to complain of in either theme, at either width; htmx, its absence, and no scripts."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browser import Complaints, axe_violations, faults_in_every_look
from tests.e2e.gallery import Gallery, gallery

Window = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def served() -> Iterator[Gallery]:
    gallery_of_the_module = Gallery(gallery())
    yield gallery_of_the_module
    gallery_of_the_module.stop()


@pytest.fixture
def server(served: Gallery) -> Gallery:
    """Instead of Frontdesk: the gallery."""
    return served


@pytest.mark.looks
@pytest.mark.parametrize("path", ["/", "/form", "/card", "/consent"])
def test_a_page_of_components_has_nothing_to_complain_of(page: Page, complaints: Complaints, path: str) -> None:
    page.goto(path)
    assert faults_in_every_look(page, widths=(320, 1024, 1280)) == []
    assert complaints.unexpected() == []


def test_a_form_with_errors_takes_the_focus_and_links_to_its_fields(page: Page, complaints: Complaints) -> None:
    page.goto("/form")
    page.get_by_role("button", name="Save").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    assert axe_violations(page) == []
    summary.get_by_role("link", name="Minutes").click()
    expect(page.get_by_label("Minutes", exact=True)).to_be_focused()
    expect(page.get_by_label("Minutes", exact=True)).to_have_accessible_description(
        "Without cleaning up. Error: Enter how long it takes."
    )
    summary.get_by_role("link", name="Kind").click()
    expect(page.get_by_label("Appointment")).to_be_focused()
    assert complaints.unexpected([422]) == []


def test_a_form_with_errors_takes_the_focus_without_scripts_too(open_context: Window) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto("/form")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()


def test_a_change_through_htmx_adds_the_fragment_and_says_so_without_leaving(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Note", exact=True).fill("<b>firm</b> pressure")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#notes .note")).to_have_text("<b>firm</b> pressure")
    expect(page.get_by_role("status")).to_have_text("Note added.")
    assert page.get_by_label("Note", exact=True).input_value() == "<b>firm</b> pressure"  # the page was not loaded again


def test_the_same_change_without_htmx_loads_the_page_and_says_so(open_context: Window) -> None:
    page = open_context(cdn=False).new_page()
    page.goto("/")
    page.get_by_label("Note", exact=True).fill("x")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("status")).to_have_text("Note added.")
    expect(page.locator("#notes .note")).to_have_count(0)


def test_a_removed_row_vanishes_and_the_status_says_so(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Remove Amelia Chan").click()
    expect(page.locator("#row-2")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text("Row 2 removed.")
    expect(page.locator("tbody tr[id]")).to_have_count(5)


def test_a_refusal_is_said_in_the_status_line_and_swaps_nothing(page: Page, complaints: Complaints) -> None:
    page.goto("/")
    page.get_by_role("button", name="Refuse this").click()
    expect(page.get_by_role("status")).to_have_text("Somebody else changed this meanwhile.")
    expect(page.locator("#notes")).to_be_empty()
    assert complaints.unexpected([409]) == []


def test_a_saved_form_goes_on_to_the_next_page_through_htmx(page: Page) -> None:
    page.goto("/form")
    page.get_by_label("Name").fill("Facial")
    page.get_by_label("Minutes").fill("60")
    page.get_by_label("Class").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("status")).to_have_text("Saved.")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_menu_of_a_phone_opens_without_scripts_and_holds_the_way_out(open_context: Window, scripts: bool) -> None:
    page = open_context(width=320, java_script_enabled=scripts).new_page()
    page.goto("/")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_role("link", name="Form", exact=True).first.click()
    page.wait_for_url("**/form")


def test_a_value_can_be_copied_with_scripts_and_selected_without(open_context: Window) -> None:
    page = open_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto("/")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "https://demo.test/mcp/lotus-spa"
    plain = open_context(java_script_enabled=False).new_page()
    plain.goto("/")
    expect(plain.get_by_role("button", name="Copy")).to_be_hidden()
    expect(plain.locator("#address")).to_have_text("https://demo.test/mcp/lotus-spa")


def test_a_menu_closes_on_escape_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/")
    page.locator("summary", has_text="More").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("details.menu").first).not_to_have_attribute("open", "")
    expect(page.locator("summary", has_text="More")).to_be_focused()


def test_the_focus_comes_back_to_the_button_whose_part_was_swapped(page: Page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="Pin")
    button.press("Enter")
    expect(page.get_by_role("button", name="Unpin")).to_be_focused()


def test_the_focus_goes_to_the_part_around_a_row_that_vanished(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Remove Amelia Chan").press("Enter")
    expect(page.locator("#row-2")).to_have_count(0)
    expect(page.locator("#people")).to_be_focused()


def test_a_message_can_be_closed_and_the_focus_stays_on_the_page(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Remove Amelia Chan").click()
    page.get_by_role("button", name="Close this message").click()
    expect(page.get_by_role("status")).to_be_empty()
    expect(page.locator("main")).to_be_focused()


def test_ticked_boxes_are_counted(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("0 ticked")).to_be_visible()
    page.get_by_label("First").check()
    expect(page.get_by_text("1 ticked")).to_be_visible()
    page.get_by_label("All of them").check()
    expect(page.get_by_text("2 ticked")).to_be_visible()


def test_a_live_filter_leaves_its_address_so_that_back_comes_back_to_it(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Filter").fill("tag:vip")
    expect(page.locator("#found")).to_have_text("Found by tag:vip")
    page.get_by_role("link", name="Form", exact=True).first.click()
    page.wait_for_url("**/form")
    page.go_back()
    assert page.url.endswith("/?q=tag:vip") or page.url.endswith("/?q=tag%3Avip")
    expect(page.locator("#found")).to_have_text("Found by tag:vip")


@pytest.mark.parametrize("htmx", [True, False])
def test_what_was_typed_when_the_sign_in_had_ended_is_back_after_signing_in(open_context: Window, htmx: bool) -> None:
    page = open_context(cdn=htmx).new_page()
    page.goto("/ended")
    page.get_by_label("Note", exact=True).fill("Half an hour of typing")
    page.get_by_label("Firm").check()
    page.get_by_role("button", name="Keep").click()
    page.wait_for_url("**/login**")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/ended")
    expect(page.get_by_label("Note", exact=True)).to_have_value("Half an hour of typing")
    expect(page.get_by_label("Firm")).to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("What you typed is back")
    page.reload()
    expect(page.get_by_label("Note", exact=True)).to_have_value("")


def test_what_was_typed_is_not_put_back_for_somebody_else(open_context: Window) -> None:
    page = open_context().new_page()
    page.goto("/ended")
    page.get_by_label("Note", exact=True).fill("Mine")
    page.get_by_role("button", name="Keep").click()
    page.wait_for_url("**/login**")
    page.goto("/ended?as=bob@demo.test")
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
