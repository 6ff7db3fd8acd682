"""Fixtures of the end-to-end tests, over pytest-playwright. `E2E=required` makes a missing browser a failure."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

from tests.cast import PASSWORD, Person
from tests.e2e.browser import Complaints, executable, fence, launch_arguments
from tests.servers import Server

MISSING = "no Chromium: set E2E_CHROMIUM, install one, or run `playwright install chromium`"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: once started, Playwright's event loop runs in the main thread until the run ends, and neither
    the MCP bridge nor a client of the tests could run one of its own beside it.
    """
    items.sort(key=lambda item: "playwright" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_type: BrowserType) -> dict[str, Any]:
    """Which browser, and how it starts; without one the tests are skipped, or fail under `E2E=required`."""
    path = executable(browser_type)
    if path is None and os.environ.get("E2E") == "required":
        pytest.fail(f"E2E=required, but {MISSING}")
    if path is None:
        pytest.skip(MISSING)
    return {**browser_type_launch_args, "executable_path": path, "args": launch_arguments()}


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """Frontdesk over this test's database, on a loopback port."""
    return serve()


@pytest.fixture
def complaints() -> Complaints:
    """What the pages of this test complained about."""
    return Complaints()


@pytest.fixture
def open_context(browser: Browser, server: Server, complaints: Complaints) -> Iterator[Callable[..., BrowserContext]]:
    """Another window: `open_context(color_scheme="dark", width=320, java_script_enabled=False, cdn=False)`.

    Colours change at once in it: in the middle of a transition axe would read one that nobody sees for long.
    """
    opened: list[BrowserContext] = []

    def window(*, width: int = 1280, height: int = 900, cdn: bool = True, **options: Any) -> BrowserContext:
        defaults = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"}
        made = browser.new_context(base_url=server.url, locale="en-HK", **{**defaults, **options})
        made.set_default_timeout(10_000)
        fence(made, cdn=cdn)
        made.on("page", complaints.listen)
        opened.append(made)
        return made

    yield window
    for context in opened:
        context.close()


@pytest.fixture
def context(open_context: Callable[..., BrowserContext]) -> BrowserContext:
    """The window of `page`: 1280 px, light, fenced in."""
    return open_context()


@pytest.fixture
def signed_in(server: Server) -> Callable[[Page, Person], Page]:
    """Sign somebody in through the page, as people do: `signed_in(page, cast.alice)`."""

    def sign_in(page: Page, person: Person) -> Page:
        page.goto(f"{server.url}/login")
        page.get_by_label("Email").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: not url.endswith("/login"))
        return page

    return sign_in
