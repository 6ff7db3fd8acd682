"""Consent in a real browser: by keyboard, with scripts off, with the CDN blocked, on to a callback that hops away."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.cast import PASSWORD, Cast
from tests.e2e.browser import Complaints, faults_in_every_look
from tests.e2e.callbacks import Callback, listening
from tests.servers import Server

VERIFIER = "a-verifier-of-the-browser-tests-that-is-long-enough-000"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
STATE = "kept as it is: é/+"

WAYS = {
    "with everything": {},
    "with scripts off": {"java_script_enabled": False},
    "with the CDN blocked": {"cdn": False},
    "in the dark on a phone": {"color_scheme": "dark", "width": 320},
}


@pytest.fixture
def elsewhere() -> Iterator[Callback]:
    """Another origin, where a client's callback sends the browser on to."""
    with listening() as far:
        yield far


@pytest.fixture
def callback(elsewhere: Callback) -> Iterator[Callback]:
    """A callback that hops on to another origin, as claude.ai's does."""
    with listening(onward=elsewhere.url.replace("127.0.0.1", "localhost").replace("/callback", "/done")) as near:
        yield near


def authorize_url(server: Server, callback: Callback, **more: str) -> str:
    """Register a client as an assistant does, and the address it sends the person to."""
    registered = httpx.post(
        f"{server.url}/oauth/register",
        json={
            "client_name": "Claude",
            "redirect_uris": [callback.url],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
        },
    ).json()
    query = {
        "response_type": "code",
        "client_id": registered["client_id"],
        "redirect_uri": callback.url,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": STATE,
        "scope": "mcp.read mcp.write offline_access",
        **more,
    }
    return f"{server.url}/oauth/authorize?{urlencode(query)}"


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.threat("CN13")
@pytest.mark.parametrize("way", WAYS)
def test_authorize_brings_the_code_to_a_callback_on_another_origin(
    server: Server, callback: Callback, elsewhere: Callback, cast: Cast, open_context: Callable[..., BrowserContext], way: str
) -> None:
    page = open_context(**WAYS[way]).new_page()
    page.goto(authorize_url(server, callback))
    sign_in(page, cast.alice.email)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claude")
    page.get_by_role("radio", name="Lotus Spa").check()
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**/done?*")
    assert callback.last["state"] == STATE
    assert callback.last["iss"] == server.url
    assert elsewhere.last["code"] == callback.last["code"]
    redeemed = httpx.post(
        f"{server.url}/oauth/token",
        data={
            "grant_type": "authorization_code",
            "code": callback.last["code"],
            "redirect_uri": callback.url,
            "client_id": client_of(page, server, callback),
            "code_verifier": VERIFIER,
        },
    )
    assert redeemed.status_code == 200, redeemed.text
    assert redeemed.json()["refresh_token"]


def client_of(page: Page, server: Server, callback: Callback) -> str:
    """The same metadata gives back the same client."""
    body = {
        "client_name": "Claude",
        "redirect_uris": [callback.url],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    }
    return str(httpx.post(f"{server.url}/oauth/register", json=body).json()["client_id"])


def test_the_whole_of_consent_is_done_by_keyboard(server: Server, callback: Callback, cast: Cast, page: Page) -> None:
    page.goto(authorize_url(server, callback))
    page.get_by_label("Email").focus()
    page.keyboard.type(cast.alice.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/oauth/authorize**")
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # neither Authorize nor Deny has the focus
    pressed = tab_to(page, lambda: focused(page, "radio"))
    page.keyboard.press("Space")
    pressed += tab_to(page, lambda: page.evaluate("document.activeElement.textContent.trim()") == "Authorize")
    assert pressed < 40
    page.keyboard.press("Enter")
    page.wait_for_url("**/done?*")
    assert callback.last["code"]


def tab_to(page: Page, there: Callable[[], bool]) -> int:
    for pressed in range(1, 40):
        page.keyboard.press("Tab")
        if there():
            return pressed
    raise AssertionError("the keyboard does not reach it")


def focused(page: Page, kind: str) -> bool:
    return bool(page.evaluate("document.activeElement.type") == kind)


def test_denying_sends_the_refusal_back(server: Server, callback: Callback, cast: Cast, page: Page) -> None:
    page.goto(authorize_url(server, callback))
    sign_in(page, cast.alice.email)
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url("**/done?*")
    assert callback.last["error"] == "access_denied"
    assert callback.last["state"] == STATE
    assert callback.last["iss"] == server.url
    assert "code" not in callback.last


def test_the_person_chooses_among_their_workspaces(server: Server, callback: Callback, cast: Cast, page: Page) -> None:
    page.goto(authorize_url(server, callback))
    sign_in(page, cast.alice.email)
    workspaces = page.get_by_role("group", name="Workspace").get_by_role("radio")
    assert workspaces.count() == 2
    page.get_by_role("radio", name="Peak Fitness").check()
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**/done?*")
    page.goto(f"{server.url}/connected-apps")
    expect(page.get_by_role("main")).to_contain_text("Peak Fitness")
    expect(page.get_by_role("main")).not_to_contain_text("Lotus Spa")


def test_nothing_ticked_shows_the_page_again_with_what_to_do(server: Server, callback: Callback, cast: Cast, page: Page) -> None:
    page.goto(authorize_url(server, callback, scope="mcp.read"))
    sign_in(page, cast.alice.email)
    page.get_by_role("radio", name="Lotus Spa").check()
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert callback.received == []


@pytest.mark.looks
def test_the_page_is_accessible_and_says_the_way_back(
    server: Server, callback: Callback, cast: Cast, page: Page, complaints: Complaints
) -> None:
    page.goto(authorize_url(server, callback))
    sign_in(page, cast.alice.email)
    expect(page.get_by_text("this computer")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(cast.alice.email)
    assert faults_in_every_look(page) == []
    assert page.locator("script").count() == 0
    assert complaints.unexpected() == []
