"""Every answer carries its security headers: one table, every URL rule (THREATS CN02, CN13, CN14, PO16, PO11)."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask, Response, render_template
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from blueprints import headers, pages

ROOT = Path(__file__).parents[2]
SCRIPT = re.compile(r'<script src="([^"]+)" integrity="(sha384-[^"]+)" crossorigin="anonymous" defer></script>')
STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')

EVERY_ANSWER = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
EVERY_PAGE = ("default-src 'none'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "font-src 'self'")
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"


def path_of(rule: Rule) -> str:
    """An address this rule matches; what it names does not exist."""
    made = re.sub(r"<(?:int|float)(?:\([^)]*\))?:\w+>", "1", rule.rule)
    return re.sub(r"<[^>]+>", "none-such", made)


def directives(response: Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_every_rule_answers_with_the_security_headers(app: Flask, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        response = client.open(path_of(rule), method=method)
        said = f"{method} {rule.rule}: {response.status}"
        assert {name: response.headers.get(name) for name in EVERY_ANSWER} == EVERY_ANSWER, said
        if response.mimetype != "text/html":
            assert response.headers["Content-Security-Policy"] == NO_PAGE, said
            continue
        policy = response.headers["Content-Security-Policy"]
        assert all(part in policy for part in EVERY_PAGE), said
        assert "unsafe" not in policy and "*" not in policy, said
        assert response.headers["Integrity-Policy"] == "blocked-destinations=(script)", said
        assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), said
        assert "no-store" in response.headers["Cache-Control"], said
        assert {"hx-request", "hx-request-type"} <= {name.lower() for name in response.vary}, said


@pytest.fixture
def shown(client: FlaskClient) -> Response:
    """An ordinary page."""
    return client.get("/privacy")


def test_the_policy_admits_exactly_the_scripts_that_the_page_names(shown: Response) -> None:
    named = SCRIPT.findall(shown.get_data(as_text=True))
    assert shown.get_data(as_text=True).count("<script") == len(named) == 2
    assert directives(shown)["script-src"].split() == [f"'{integrity}'" for _, integrity in named]


def test_the_vendored_htmx_has_the_integrity_that_pages_ask_for() -> None:
    body = (ROOT / "tests/vendor/htmx-4.0.1.min.js").read_bytes()
    assert f"sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}" == headers.HTMX_INTEGRITY


def test_our_script_is_served_with_the_bytes_that_its_integrity_names(client: FlaskClient, shown: Response) -> None:
    url, integrity = SCRIPT.findall(shown.get_data(as_text=True))[1]
    served = client.get(url)
    assert f"sha384-{base64.b64encode(hashlib.sha384(served.data).digest()).decode()}" == integrity


def test_styles_and_scripts_with_their_version_are_kept_for_a_year_and_others_are_not(
    client: FlaskClient, shown: Response
) -> None:
    for url in STYLE.findall(shown.get_data(as_text=True)):
        assert client.get(url).headers["Cache-Control"] == "public, max-age=31536000, immutable", url
        assert "immutable" not in client.get(url.replace("v=", "v=0")).headers["Cache-Control"], url


def test_pages_hold_no_inline_style_and_no_handler() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<[^>{]*\sstyle=|<style|\son[a-z]+=|hx-on|javascript:", text), template


def test_the_styles_of_a_page_weigh_less_than_30_kilobytes() -> None:
    css = ROOT / "static" / "css"
    shared = sum((css / f"{name}.css").stat().st_size for name in headers.STYLES)
    for own in ("shell", "counter", "public"):
        assert shared + (css / f"{own}.css").stat().st_size < 30_000, own


@pytest.fixture
def consent() -> Response:
    """A page that its view marked as the consent page."""
    app = Flask("consent", root_path=str(ROOT))
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    headers.install(app)
    pages.install(app)
    app.jinja_env.globals["language"] = lambda: "en"

    @app.get("/")
    def show() -> str:
        headers.consent_page()
        return render_template("layouts/consent.html")

    return app.test_client().get("/")


def test_the_consent_page_has_no_form_action_no_script_and_no_referrer(consent: Response) -> None:
    policy = directives(consent)
    assert "form-action" not in policy
    assert policy["script-src"] == "'none'"
    assert consent.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in consent.get_data(as_text=True)
    assert "htmx" not in consent.get_data(as_text=True)


def test_no_page_severs_the_popup_that_a_client_opened(shown: Response, consent: Response) -> None:
    assert "Cross-Origin-Opener-Policy" not in shown.headers
    assert "Cross-Origin-Opener-Policy" not in consent.headers


def test_other_pages_keep_forms_on_this_server(shown: Response) -> None:
    assert directives(shown)["form-action"] == "'self'"
    assert shown.headers["Referrer-Policy"] == "same-origin"
