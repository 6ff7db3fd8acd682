"""The menu beside every page: that of the workspace, also where a page that lies in none was reached from one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.portal import apps

OWN = ("/connected-apps", "/account")


def menu(page: str) -> str:
    return page.partition('<nav class="nav"')[2].partition("</nav>")[0]


def test_a_page_of_a_workspace_has_its_menu_with_this_page_marked(alice: FlaskClient) -> None:
    shown = menu(alice.get("/w/lotus-spa/customers").text)
    assert '<a href="/w/lotus-spa/customers" aria-current="page">' in shown
    assert shown.count("aria-current") == 1
    assert 'href="/connected-apps?from=lotus-spa"' in shown


def test_the_menu_holds_only_what_the_role_may_open(bob: FlaskClient) -> None:
    assert "/settings/" not in menu(bob.get("/w/lotus-spa/customers").text)


@pytest.mark.parametrize("path", OWN)
def test_a_page_in_no_workspace_keeps_the_menu_of_the_one_it_was_reached_from(alice: FlaskClient, path: str) -> None:
    page = alice.get(f"{path}?from=lotus-spa").text
    assert 'href="/w/lotus-spa/customers"' in menu(page)
    assert "<strong>Lotus Spa</strong>" in page
    assert 'href="/w/lotus-spa/customers"' not in menu(alice.get(path).text)


@pytest.mark.threat("PO08")
@pytest.mark.parametrize("slug", ["harbour-tutoring", "no-such-place", "x" * 300, "<script>", "//evil.test"])
def test_a_workspace_of_others_is_no_menu_and_not_told_from_none(alice: FlaskClient, slug: str) -> None:
    page = alice.get("/connected-apps", query_string={"from": slug})
    assert page.status_code == 200
    assert menu(page.text) == menu(alice.get("/connected-apps").text)
    assert "Harbour Tutoring" not in page.text


def test_from_means_nothing_on_the_pages_of_a_workspace(alice: FlaskClient) -> None:
    page = alice.get("/w/lotus-spa/customers?from=peak-fitness").text
    assert "/w/peak-fitness" not in menu(page) and "from=peak-fitness" not in menu(page)


def test_the_links_among_those_pages_keep_where_one_came_from(
    app: Flask, alice: FlaskClient, cast: Cast, submit: Callable[..., Any]
) -> None:
    claude = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app)).consent
    page = alice.get("/connected-apps?from=lotus-spa").text
    assert f'/connected-apps/{claude}?from=lotus-spa"' in page
    here = f"/connected-apps/{claude}/revocation?from=lotus-spa"
    assert submit(alice, here, {"where": "everywhere"}, page=here).location == "/connected-apps?from=lotus-spa"
