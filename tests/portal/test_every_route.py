"""Rules that hold for every route of the URL map, so that a new one cannot escape them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.routing import AnyConverter, Rule

from blueprints.access import csrf
from models.base import db
from tests.cast import Cast
from tests.portal import apps

CHANGES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b(?! INTO (security|audit)_event)", re.IGNORECASE)
"""A refusal is noted; that is no change."""
ASKED_BY_OTHERS = ("static", "portal.healthz", "portal.readyz")


@contextmanager
def no_change(app: Flask) -> Iterator[list[str]]:
    """Notes every statement that writes."""
    written: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if CHANGES.match(statement):
            written.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield written
    event.remove(engine, "before_cursor_execute", note)


def asks_a_token(app: Flask, rule: Rule) -> bool:
    """Whether the route is for browsers: those for programs say so."""
    view = app.view_functions[rule.endpoint]
    name = f"{view.__module__}.{view.__name__}"
    exempt = {getattr(each, "name", each) for each in csrf._exempt_blueprints}
    return name not in csrf._exempt_views and rule.endpoint.split(".")[0] not in exempt


def rules_for(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint not in ASKED_BY_OTHERS]


def path_of(rule: Rule, **known: str) -> str:
    """The rule's address with what is known, else with an id that nobody has, or the first of the few words it takes."""
    words = {name: min(each.items) for name, each in rule._converters.items() if isinstance(each, AnyConverter)}
    values = {name: known.get(name, words.get(name, "none_0000000000001")) for name in rule.arguments}
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return str(built[1])


@pytest.mark.threat("PO03")
def test_every_form_without_its_token_is_refused_and_changes_nothing(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    connected = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app))
    posts = [rule for rule in rules_for(app, "POST") if asks_a_token(app, rule)]
    assert len(posts) >= 6
    for rule in posts:
        path = path_of(rule, slug=cast.lotus.slug, consent_id=connected.consent)
        for token in ({}, {"csrf_token": "made up"}):
            with no_change(app) as written:
                answer = alice.post(path, data=token)
            assert (answer.status_code, written) == (400, []), path
            with no_change(app) as written:
                to_htmx = alice.post(path, data=token, headers={"HX-Request": "true"})
            assert (to_htmx.status_code, to_htmx.headers.get("HX-Refresh"), written) == (400, "true", []), path
    assert apps.is_live(app, connected)


@pytest.mark.threat("PO03")
def test_looking_changes_nothing(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    connected = apps.connect(app, cast.alice, cast.lotus, apps.make_client(app))
    for rule in [each for each in rules_for(app, "GET") if not each.rule.startswith("/oauth/jwks")]:  # makes the first key
        path = path_of(rule, slug=cast.lotus.slug, consent_id=connected.consent)
        with no_change(app) as written:
            answer = alice.get(path)
        assert answer.status_code < 500, path
        assert written == [], path


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_strangers_workspace_is_answered_like_none(
    app: Flask, charlie: FlaskClient, cast: Cast, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes for a workspace one has no seat in as for one that does not exist, on every route that names one."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    named = [rule for rule in rules_for(app, method) if "slug" in rule.arguments and asks_a_token(app, rule)]
    assert named or method == "POST"
    for rule in named:
        foreign, absent = (charlie.open(path_of(rule, slug=slug), method=method) for slug in (cast.lotus.slug, "no-such-place"))
        assert foreign.status_code == absent.status_code == 404, rule
        assert foreign.data == absent.data, rule


def test_without_a_sign_in_every_page_behind_it_leads_there(app: Flask, client: FlaskClient, cast: Cast) -> None:
    behind = [rule for rule in rules_for(app, "GET") if getattr(app.view_functions[rule.endpoint], "asks", None)]
    assert len(behind) >= 5
    for rule in behind:
        path = path_of(rule, slug=cast.lotus.slug)
        answer = client.get(path)
        assert (answer.status_code, (answer.location or "").split("?")[0]) == (303, "/login"), path
        fragment = client.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        assert (fragment.status_code, fragment.headers["HX-Redirect"].split("?")[0]) == (401, "/login"), path


def test_every_route_that_names_a_workspace_asks_for_a_seat(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/w/<slug>"):
            asked = getattr(app.view_functions[rule.endpoint], "asks", None)
            assert isinstance(asked, tuple), rule


@pytest.mark.threat("PO16")
def test_pages_behind_a_sign_in_are_kept_by_no_cache(alice: FlaskClient, submit: Callable[..., object]) -> None:
    for path in ("/workspaces", "/connected-apps", "/w/lotus-spa/connect"):
        answer = alice.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]
