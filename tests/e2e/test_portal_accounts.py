"""Accounts in a browser: signing up and in, mistakes, the account page, Connect, Settings → API."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from models.accounts.user import User
from models.base import writing
from models.oauth import new_password
from tests.cast import PASSWORD, Cast, Person
from tests.e2e.browser import Complaints, faults_in_every_look

SignIn = Callable[[Page, Person], Page]


def sound(page: Page) -> None:
    assert faults_in_every_look(page) == []


def missing(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None and answer.status == 404
    sound(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_signs_up_signs_out_and_in_again(open_context: Callable[..., BrowserContext], scripts: bool) -> None:
    page = open_context(java_script_enabled=scripts).new_page()
    page.goto("/signup")
    page.get_by_label("Name", exact=True).fill("Mei 陳")
    page.get_by_label("Email").fill("mei@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_label("Business name").fill("Jade Studio")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Business name")).to_have_value("Jade Studio")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(re.compile("/w/jade-studio/"))
    page.goto("/workspaces")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email").fill("mei@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/workspaces"))
    expect(page.get_by_role("link", name="Jade Studio")).to_be_visible()


@pytest.mark.looks
def test_forms_with_errors_are_sound(cast: Cast, page: Page, complaints: Complaints, signed_in: SignIn) -> None:
    for path, button in (("/login", "Sign in"), ("/signup", "Create account"), ("/password-reset", "Send the link")):
        page.goto(path)
        sound(page)
        page.get_by_role("main").get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).to_be_focused()
        sound(page)
    signed_in(page, cast.alice)
    forms = (
        ("/workspaces/new", "Create workspace"), ("/account", "Change password"), ("/w/lotus-spa/settings/api", "Create client"),
        ("/w/lotus-spa/settings/api", "Create key"), ("/login/confirmation", "Continue"),
    )  # fmt: skip
    for path, button in forms:
        page.goto(path)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).to_be_focused()
        sound(page)
    assert complaints.unexpected([422]) == []


@pytest.mark.looks
def test_what_was_not_found_says_so_soundly(cast: Cast, page: Page, complaints: Complaints, signed_in: SignIn) -> None:
    missing(page, "/no-such-page")
    signed_in(page, cast.alice)
    for path in ("/w/lotus-spa/customers/no-such-customer", "/w/no-such-workspace/"):
        missing(page, path)
    assert complaints.unexpected([404]) == []


@pytest.mark.looks
def test_settings_and_connect_are_sound(cast: Cast, page: Page, complaints: Complaints, signed_in: SignIn) -> None:
    signed_in(page, cast.alice)
    team = "/w/lotus-spa/settings/team"
    for path in ("/w/lotus-spa/connect", "/w/lotus-spa/settings/workspace", team, "/w/lotus-spa/settings/audit", "/account"):
        page.goto(path)
        sound(page)
    page.goto(team)
    page.get_by_role("link", name="Remove Bob").click()
    sound(page)
    assert complaints.unexpected() == []


def test_the_address_is_copied_with_one_press(cast: Cast, open_context: Callable[..., BrowserContext], signed_in: SignIn) -> None:
    window = open_context()
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    page = signed_in(window.new_page(), cast.alice)
    page.goto("/w/lotus-spa/connect")
    page.get_by_role("button", name="Copy the MCP address", exact=True).click()
    expect(page.get_by_role("button", name="Copied the MCP address")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp/lotus-spa", copied)
    assert "claude.ai cannot reach localhost" in page.content()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_app_and_a_key_are_made_and_their_secrets_told_once(
    cast: Cast, open_context: Callable[..., BrowserContext], signed_in: SignIn, scripts: bool
) -> None:
    page = signed_in(open_context(java_script_enabled=scripts).new_page(), cast.alice)
    page.goto("/w/lotus-spa/settings/api")
    form = page.locator("form").filter(has=page.get_by_role("button", name="Create client"))
    form.get_by_label("Name").fill("n8n")
    form.get_by_label("Redirect URIs").fill("https://n8n.example/cb\nhttps://n8n.example/other")
    form.get_by_label("Confidential").check()
    form.locator('input[value="mcp.write"]').check()
    form.get_by_label("Access token format").select_option("opaque")
    form.get_by_label("Access token lifetime").fill("30")
    form.get_by_role("button", name="Create client").click()
    expect(page.locator("#client-id")).to_have_text(re.compile("^crm_"))
    expect(page.locator("#client-secret")).to_have_text(re.compile("^crmcs_"))
    if scripts:  # axe is a script itself
        sound(page)
    page.reload()
    expect(page.locator("#client-secret")).to_have_count(0)
    page.goto("/w/lotus-spa/settings/api")
    page.get_by_role("row").filter(has_text="n8n").get_by_role("button", name="Rotate secret").click()
    expect(page.locator("#client-secret")).to_have_text(re.compile("^crmcs_"))
    page.goto("/w/lotus-spa/settings/api")
    page.get_by_role("row").filter(has_text="n8n").get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke access").click()
    expect(page.get_by_role("row").filter(has_text="n8n")).to_have_count(0)
    form = page.locator("form").filter(has=page.get_by_role("button", name="Create key"))
    form.get_by_label("Name").fill("nightly export")
    form.get_by_role("button", name="Create key").click()
    expect(page.locator("#api-key")).to_have_text(re.compile("^crmak_"))
    if scripts:
        sound(page)


def test_a_reset_link_is_followed(app: Flask, cast: Cast, page: Page) -> None:
    with app.app_context(), writing():
        user = User.by_email(cast.bob.email)
        assert user is not None
        path = new_password.link_of(user).url.split("/", 3)[3]
    page.goto(f"/{path}")
    sound(page)
    page.get_by_label("New password").fill("another few words")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    page.goto(f"/{path}")
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    sound(page)


def test_a_role_is_changed_in_place(cast: Cast, page: Page, signed_in: SignIn, complaints: Complaints) -> None:
    signed_in(page, cast.alice).goto("/w/lotus-spa/settings/team")
    page.get_by_label("Role of Bob").select_option("manager")
    page.get_by_role("listitem").filter(has_text="Bob").get_by_role("button", name="Change role").click()
    expect(page.get_by_role("status")).to_contain_text("Bob is now: Manager.")
    expect(page.get_by_label("Role of Bob")).to_have_value("manager")
    assert complaints.unexpected() == []
