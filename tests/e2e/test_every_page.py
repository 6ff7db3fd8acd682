"""Every page of the URL map, as owner, as staff and as nobody, light and dark, wide and narrow (PORTAL §4)."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

import html5lib
import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page
from werkzeug.exceptions import HTTPException

from tests.cast import DEMO_PASSWORD
from tests.e2e.browser import Complaints, faults_in_every_look
from tests.servers import Server

HTML_MAX = 60_000
CSS_MAX = 30_000
NOT_PAGES = re.compile(
    r"^/(static|mcp|oauth|authorize|token|register|api|\.well-known|healthz|readyz|metrics|logout|webhooks)\b|^.*\.csv$"
)
REACHED_OTHERWISE = {
    "portal.choose_password": "by the link of a mail",
    "portal.confirm_sign_in": "when the sign-in is older than five minutes",
    "portal.connected_app_detail": "once an app is connected",
    "portal.confirm_revocation": "once an app is connected",
    "portal.client": "once one is made",
    "portal.confirm_client_revocation": "once one is made",
    "portal.key": "once one is made",
    "crm.class_session": "from a class; the crawl opens one service",
    "crm.edit_class": "from a class",
    "crm.cancel_class_page": "from a class",
    "crm.new_class": "from a service that is a class",
    "crm.new_in_timetable": "from a service that is a class",
    "crm.end_timetable_page": "from a service that is a class",
    "crm.archived": "once something was put away",
    "crm.new_booking": "once a customer is chosen, or with one in the address",
    "crm.no_show_page": "once a booking has begun",
    "crm.segment": "from the activity, and on to its edit page",
    "crm.condition": "by the segment's form, when another field is chosen",
    "crm.try_segment": "by a button of the segment's form",
    "portal.confirm_key_revocation": "once one is made",
}
"""Pages that no link leads to, and how one gets there; their own tests look at them."""


@pytest.fixture
def server(salon: Callable[..., Server]) -> Server:
    """The demo's salon, so that pages show real rows."""
    return salon()


@pytest.mark.slow
@pytest.mark.looks
@pytest.mark.parametrize("who", ["alice@demo.test", "bob@demo.test", None])
def test_every_page_is_sound_in_both_themes_and_at_both_widths(
    app: Flask, server: Server, open_context: Callable[..., BrowserContext], complaints: Complaints, who: str | None
) -> None:
    page = open_context().new_page()
    if who is not None:
        sign_in(page, who)
    faults: list[str] = []
    titles: dict[str, str] = {}
    reached: set[str] = set()
    for endpoint, url in pages_from(app, page, "/w/lotus-spa/" if who else "/"):
        reached.add(endpoint)
        faults += [f"{url}: {fault}" for fault in faults_of(page, url)]
        title = page.title()
        if title in titles:
            faults.append(f"{url}: its title {title!r} is that of {titles[title]} too")
        titles[title] = url
    if who == "alice@demo.test":
        missed = page_endpoints(app) - reached - set(REACHED_OTHERWISE) - public_only(app)
        faults += [f"no link leads to {endpoint}" for endpoint in sorted(missed)]
    assert faults == []
    assert complaints.unexpected(statuses=(403, 404)) == []


def sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(workspaces|w/)"))


def page_endpoints(app: Flask) -> set[str]:
    """Every GET rule that answers with a page."""
    return {
        rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not NOT_PAGES.match(rule.rule)
    }


def public_only(app: Flask) -> set[str]:
    """What a signed-in browser is led past: signing in and up."""
    return {"portal.login", "portal.signup", "portal.password_reset", "portal.index"}


def pages_from(app: Flask, page: Page, start: str) -> Iterator[tuple[str, str]]:
    """One address an endpoint, found by following links; the page stands open when it is given."""
    adapter = app.url_map.bind(urlsplit(page.url).netloc or "localhost")
    waiting, seen = [start, "/workspaces", "/privacy"], set()
    while waiting:
        url = waiting.pop(0)
        try:
            endpoint, _ = adapter.match(urlsplit(url).path)
        except HTTPException:
            continue
        if endpoint in seen or NOT_PAGES.match(urlsplit(url).path):
            continue
        seen.add(endpoint)
        answer = page.goto(url)
        assert answer is not None and answer.status < 500, f"{url}: {answer.status if answer else 'no answer'}"
        links = page.eval_on_selector_all("a[href]", "all => all.map(each => each.getAttribute('href'))")
        waiting += [path for link in links if (path := local(page.url, link))]
        if answer.status == 200 and urlsplit(page.url).path == urlsplit(url).path:
            yield endpoint, url


def local(base: str, link: str) -> str | None:
    """A link's path and query if it stays here."""
    target = urlsplit(urljoin(base, link))
    return target._replace(scheme="", netloc="", fragment="").geturl() if target.netloc == urlsplit(base).netloc else None


def stylesheets(page: Page) -> list[str]:
    """The addresses of the sheets that the page links."""
    links = page.eval_on_selector_all("link[rel=stylesheet]", "all => all.map(each => each.href)")
    return [str(link) for link in links]


def faults_of(page: Page, url: str) -> list[str]:
    """What is wrong with the page that stands open."""
    html = page.context.request.get(url).text()
    faults = []
    if len(html.encode()) > HTML_MAX:
        faults.append(f"{len(html.encode())} bytes of HTML")
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(html)
    faults += [f"HTML at {place}: {code}" for place, code, _ in parser.errors]
    weight = sum(len(page.context.request.get(href).body()) for href in stylesheets(page))
    if weight > CSS_MAX:
        faults.append(f"{weight} bytes of CSS")
    scripts = page.locator("script").count()
    if scripts > 2:
        faults.append(f"{scripts} scripts")
    return faults + faults_in_every_look(page)
