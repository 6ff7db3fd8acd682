"""Connected apps in a browser: revoked with htmx, without scripts, with the CDN blocked, by keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from tests.cast import Cast, Person
from tests.e2e.browser import Complaints, axe_violations, faults_of_pages
from tests.portal import apps
from tests.portal.apps import Connected

SignIn = Callable[[Page, Person], Page]


@pytest.fixture
def spa(app: Flask, cast: Cast) -> Connected:
    return apps.connect(app, cast.alice, cast.lotus, apps.make_client(app))


@pytest.mark.parametrize("window", [{}, {"java_script_enabled": False}, {"cdn": False}], ids=["htmx", "no scripts", "no CDN"])
def test_an_app_is_revoked(
    app: Flask, cast: Cast, spa: Connected, open_context: Callable[..., BrowserContext], signed_in: SignIn, window: dict[str, Any]
) -> None:
    page = signed_in(open_context(**window).new_page(), cast.alice)
    page.goto("/connected-apps")
    row = page.get_by_role("row").filter(has_text="Claude")
    expect(row).to_contain_text("Lotus Spa")
    row.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_role("button", name="Revoke access")).to_be_visible()
    page.get_by_role("button", name="Revoke access").click()
    expect(page.get_by_text("Revoked: Claude can no longer use Lotus Spa.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Claude")).to_have_count(0)
    assert not apps.is_live(app, spa)


def test_with_htmx_the_row_asks_in_its_place_and_keeps_the_focus(
    app: Flask, cast: Cast, spa: Connected, page: Page, signed_in: SignIn, complaints: Complaints
) -> None:
    signed_in(page, cast.alice).goto("/connected-apps")
    page.get_by_role("button", name="Revoke", exact=True).press("Enter")
    asked = page.get_by_role("form", name="Revoke Claude")
    expect(asked).to_be_focused()
    assert page.url.endswith("/connected-apps")
    assert axe_violations(page) == []
    page.keyboard.press("Tab")
    expect(asked.get_by_role("button", name="Revoke access")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("can no longer use Lotus Spa")
    expect(page.get_by_text("No app is connected yet")).to_be_visible()
    assert not apps.is_live(app, spa)
    assert complaints.unexpected() == []


def test_only_here_leaves_the_other_workspace_alone(
    app: Flask, cast: Cast, spa: Connected, page: Page, signed_in: SignIn
) -> None:
    gym = apps.connect(app, cast.alice, cast.peak, spa.client_id)
    signed_in(page, cast.alice).goto(f"/connected-apps/{spa.consent}")
    page.get_by_role("link", name="Revoke").click()
    expect(page.get_by_role("heading", name="Revoke Claude?")).to_be_visible()
    expect(page.get_by_label("In all my workspaces: Lotus Spa, Peak Fitness")).to_be_checked()
    page.get_by_label("Only in Lotus Spa").check()
    page.get_by_role("button", name="Revoke access").click()
    expect(page.get_by_text("Revoked: Claude can no longer use Lotus Spa.")).to_be_visible()
    assert apps.is_live(app, gym) and not apps.is_live(app, spa)


@pytest.mark.looks
def test_its_pages_are_sound_when_something_is_on_them(
    app: Flask, cast: Cast, spa: Connected, page: Page, signed_in: SignIn
) -> None:
    stolen = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app, "A" * 60 + " <b>long</b>"))
    apps.end_family(app, stolen)
    for outcome in ("done", "refused", "error", "conflict"):
        apps.call(app, spa, "search_members", outcome)  # type: ignore[arg-type]
    signed_in(page, cast.alice)
    paths = ("", f"/{spa.consent}", f"/{stolen.consent}", f"/{spa.consent}/revocation")
    assert faults_of_pages(page, [f"/connected-apps{path}" for path in paths]) == []
