"""One address, two answers: what a browser gets and what htmx gets (PORTAL §1)."""

from collections.abc import Iterator

import pytest
from flask import Flask, flash

from blueprints import htmx
from tests.e2e.gallery import gallery

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
WHOLE = {"HX-Request": "true", "HX-Request-Type": "full"}


@pytest.fixture(scope="module")
def kit() -> Iterator[Flask]:
    """The gallery: the kit without database."""
    yield gallery()


def test_a_browser_gets_the_page_and_htmx_the_fragment_of_the_same_address(kit: Flask) -> None:
    browser = kit.test_client()
    page, fragment = browser.get("/form"), browser.get("/form", headers=HTMX)
    assert page.text.startswith("<!doctype html>")
    assert "<html" not in fragment.text
    assert 'action="/form"' in fragment.text


def test_htmx_asking_for_the_whole_body_gets_the_page(kit: Flask) -> None:
    assert "<html" in kit.test_client().get("/form", headers=WHOLE).text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_both_answers_are_never_cached_and_told_apart_by_both_headers(kit: Flask, headers: dict[str, str]) -> None:
    response = kit.test_client().get("/form", headers=headers)
    assert response.headers["Cache-Control"] == "no-store"
    assert {"hx-request", "hx-request-type"} <= {name.lower() for name in response.vary}


def test_a_form_with_errors_is_a_422_as_page_and_as_fragment(kit: Flask) -> None:
    kit.config["WTF_CSRF_ENABLED"] = False
    browser = kit.test_client()
    page, fragment = browser.post("/form"), browser.post("/form", headers=HTMX)
    kit.config["WTF_CSRF_ENABLED"] = True
    assert (page.status_code, fragment.status_code) == (422, 422)
    assert "<html" in page.text and "<html" not in fragment.text
    assert page.text.count('role="alert" tabindex="-1" autofocus') == fragment.text.count('role="alert"') == 1


def test_a_change_sends_a_browser_back_with_303(kit: Flask) -> None:
    with kit.test_request_context(method="POST"):
        response = htmx.changed("_note.html", back_to="/customers", text="x")
    assert (response.status_code, response.location) == (303, "/customers")


def test_a_change_answers_htmx_with_the_fragment_and_the_messages_out_of_band(kit: Flask) -> None:
    with kit.test_request_context(method="POST", headers=HTMX):
        flash("Note added.")
        response = htmx.changed("_note.html", back_to="/customers", text="firm pressure")
    assert response.status_code == 200
    body = response.get_data(as_text=True)
    assert "firm pressure" in body and "Note added." in body
    assert '<div id="status" data-hx-swap-oob="innerHTML">' in body


def test_a_change_that_leaves_nothing_answers_htmx_with_the_messages_only(kit: Flask) -> None:
    with kit.test_request_context(method="POST", headers=HTMX):
        response = htmx.changed(None, back_to="/customers")
    assert response.get_data(as_text=True).strip().startswith('<div id="status"')


@pytest.mark.parametrize("headers", [HTMX, WHOLE])
def test_htmx_is_never_redirected_by_status(kit: Flask, headers: dict[str, str]) -> None:
    with kit.test_request_context(method="POST", headers=headers):
        response = htmx.go("/customers")
    assert (response.status_code, response.headers["HX-Redirect"], response.location) == (204, "/customers", None)


def test_a_refusal_is_out_of_band_escaped_and_swaps_nothing(kit: Flask) -> None:
    with kit.test_request_context(method="POST", headers=HTMX):
        response = htmx.refused("<script>alert(1)</script> stands in the way.", 409)
    assert (response.status_code, response.headers["HX-Reswap"]) == (409, "none")
    body = response.get_data(as_text=True)
    assert "<script>" not in body and "&lt;script&gt;" in body


@pytest.mark.parametrize(
    ("current", "location"),
    [
        ("https://crm.test/w/lotus-spa/customers?q=tag%3Avip", "/login?next=%2Fw%2Flotus-spa%2Fcustomers%3Fq%3Dtag%253Avip"),
        ("https://crm.test//evil.test/", "/login"),
        ("javascript:alert(1)", "/login"),
        ("http://[", "/login"),
        ("", "/login"),
    ],
)
def test_an_ended_sign_in_leads_to_the_sign_in_page_and_back_to_a_path_only(kit: Flask, current: str, location: str) -> None:
    with kit.test_request_context(headers={**HTMX, "HX-Current-URL": current}):
        response = htmx.signed_out("/login")
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, location)


def test_a_stale_form_has_htmx_load_the_page_again(kit: Flask) -> None:
    with kit.test_request_context(headers=HTMX):
        response = htmx.stale_form()
    assert (response.status_code, response.headers["HX-Refresh"]) == (400, "true")


def test_the_link_nearest_to_a_page_is_marked_and_links_without_a_page_are_left_out(kit: Flask) -> None:
    page = kit.test_client().get("/form").text
    assert '<a href="/form" aria-current="page">' in page
    assert page.count("aria-current") == 1
    assert "Absent" not in page and "Elsewhere" not in page
