"""The browser of the end-to-end tests: where it is, what it may fetch, and what it complains about."""

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, BrowserType, ConsoleMessage, Page, Route

from blueprints.headers import HTMX_URL

HTMX = Path(__file__).parents[1] / "vendor" / "htmx-4.0.1.min.js"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge", "msedge")
WIDTHS = (320, 1280)
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that a theme can break."""
FETCH_REFUSED = re.compile(r"^Failed to load resource: the server responded with a status of (\d{3})")


def executable(browser_type: BrowserType) -> str | None:
    """`E2E_CHROMIUM`, else the bundled browser if it is on disk, else one that is installed, else None."""
    bundled = browser_type.executable_path
    candidates = (os.environ.get("E2E_CHROMIUM"), bundled if Path(bundled).exists() else None, *map(shutil.which, INSTALLED))
    return next((path for path in candidates if path), None)


def launch_arguments() -> list[str]:
    """A small /dev/shm is common in containers; root has no sandbox to enter."""
    return ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def fence(context: BrowserContext, *, cdn: bool = True) -> None:
    """Loopback passes, htmx comes from tests/vendor (or, with `cdn=False`, from nowhere), all else is aborted.

    The vendored file is answered with CORS, so the page's `integrity` is checked for real. A route never sees a
    request that a redirect made: tests of consent need a loopback callback, or `page.expect_request`.
    """

    def decide(route: Route) -> None:
        url = route.request.url
        if urlsplit(url).hostname in LOOPBACK:
            route.continue_()
        elif cdn and url == HTMX_URL:
            route.fulfill(path=HTMX, content_type="text/javascript", headers={"access-control-allow-origin": "*"})
        else:
            route.abort()

    context.route("**/*", decide)


@dataclass
class Complaints:
    """What the browser logged: console warnings and errors (a broken policy is one), and uncaught exceptions."""

    said: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(f"{page.url}: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        refused = FETCH_REFUSED.match(message.text)
        if refused:  # a browser logs every 4xx answer; the test says which it expected
            self.refused.append(int(refused[1]))
        elif message.type in ("warning", "error"):
            self.said.append(f"{message.location.get('url', '')}: {message.text}")

    def unexpected(self, statuses: Sequence[int] = ()) -> list[str]:
        """Everything that was said, but for answers with these statuses."""
        return [*self.said, *(f"an answer with status {code}" for code in self.refused if code not in statuses)]


def come_to_rest(page: Page) -> None:
    """Wait for the page's style sheets and for its last transition: before that, colours are nobody's choice."""
    page.wait_for_load_state("load")
    page.evaluate("() => Promise.allSettled(document.getAnimations().map((each) => each.finished))")


def axe_violations(page: Page, *, rules: Sequence[str] | None = None) -> list[str]:
    """What axe finds wrong with the page once it has come to rest, one line each: rule, element, help."""
    come_to_rest(page)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {node['target']} {rule['help']}" for rule in found for node in rule["nodes"]]


def faults_in_every_look(page: Page, widths: Sequence[int] = WIDTHS) -> list[str]:
    """What is wrong with the page that stands open, light and dark, at every width; what depends on no colour is asked once."""
    headings = page.locator("h1").count()
    faults = [f"{headings} headings of the first level"] if headings != 1 else []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark")
        faults += [f"{width} px, dark: {each}" for each in axe_violations(page, rules=OF_COLOURS)]
        page.emulate_media(color_scheme="light")
        faults += [f"{width} px, light: {each}" for each in axe_violations(page)]
        faults += [f"{width} px: wider than its window: {too_wide(page)}"] if not no_horizontal_scroll(page) else []
        faults += [f"{width} px: spills: {each}" for each in spilling(page)]
    return faults


def faults_of_pages(page: Page, urls: Iterable[str]) -> list[str]:
    """The same of one page after the other, each fault behind the address of its page."""
    faults: list[str] = []
    for url in urls:
        page.goto(url)
        faults += [f"{url}: {fault}" for fault in faults_in_every_look(page)]
    return faults


def no_horizontal_scroll(page: Page) -> bool:
    """Whether the page itself is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def spilling(page: Page) -> list[str]:
    """Cards whose content reaches over their edge: not a scroll of the page, but as bad to look at."""
    script = """() => [...document.querySelectorAll(".card, .sheet, .figure, .callout")]
        .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.innerText.slice(0, 60))"""
    return [str(each) for each in page.evaluate(script)]


def too_wide(page: Page) -> list[str]:
    """The elements that reach over the right edge, for the message of a failing test."""
    script = """() => [...document.querySelectorAll("body *")]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 5).map((each) => `${each.tagName.toLowerCase()}.${each.className}`)"""
    return [str(each) for each in page.evaluate(script)]
