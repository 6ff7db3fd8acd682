"""Every page of the CRM with an id: a stranger's record is answered, byte for byte, like one that does not exist."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from models.base import writing
from models.customers.custom_field import CustomField
from models.customers.filter import parse
from models.customers.note import Note
from models.customers.tag import Tag
from models.insights.activity_feed import feed
from models.insights.segment import Segment
from tests.cast import Cast
from tests.customers.desk import ALICE, facts, held, person

MINE = ("activity", "customers", "tags", "custom-fields", "segments")
NOBODYS = "0000000000000"


@pytest.fixture
def known(app: Flask, cast: Cast) -> dict[str, dict[str, str]]:
    """Ids of Lotus Spa, by the first part of the address and the name in it."""
    with app.app_context():
        here = facts(cast.lotus)
        ada = person(cast.lotus, "Ada", tags=("vip",))
        with writing():
            field = CustomField.create(here, "size", "Size", "text", ALICE).shown_id
            segment = Segment.create(here, "VIPs", parse("tag:vip"), ALICE).shown_id
            tag = Tag.create(here, "other", ALICE).shown_id
        with held(cast.lotus, ada) as customer:
            note = Note.add(customer, "Hello", ALICE).shown_id
        act = feed(cast.lotus).items[0].shown_id
    return {
        "activity": {"shown_id": act},
        "customers": {"shown_id": ada, "tag_id": tag, "note_id": note},
        "tags": {"shown_id": tag},
        "custom-fields": {"shown_id": field},
        "segments": {"shown_id": segment},
    }


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """The rules of this blueprint's own pages that take an id, with the first part of their address."""
    for rule in app.url_map.iter_rules():
        part = rule.rule.split("/")[3] if rule.rule.startswith("/w/<slug>/") else ""
        if part in MINE and rule.arguments - {"slug"}:
            yield rule, part


def urls(app: Flask, rule: Rule, ids: dict[str, str], slug: str = "harbour-tutoring") -> str:
    asked = {name: ids[name] for name in rule.arguments - {"slug"}}
    return str(app.url_map.bind("localhost").build(rule.endpoint, {"slug": slug, **asked}))


@pytest.mark.threat("PO08")
def test_a_strangers_id_is_answered_like_none_on_every_page(
    app: Flask, charlie: FlaskClient, known: dict[str, dict[str, str]]
) -> None:
    token = charlie.get("/w/harbour-tutoring/customers/new").text.split('name="csrf_token" value="')[1].split('"')[0]
    tried = 0
    for rule, part in rules(app):
        theirs = known[part]
        nobodys = {name: f"{shown.partition('_')[0]}_{NOBODYS}" for name, shown in theirs.items()}
        wrong_kind = dict.fromkeys(theirs, f"bkg_{NOBODYS}")
        for method in (rule.methods or set()) & {"GET", "POST"}:
            data = {"csrf_token": token, "tag": "x", "body": "x", "name": "x", "version": "1", "filter": "kind:member"}
            answers = [
                charlie.open(urls(app, rule, ids), method=method, data=data if method == "POST" else None)
                for ids in (theirs, nobodys, wrong_kind)
            ]
            assert {answer.status_code for answer in answers} == {404}, (rule.rule, method, [a.status_code for a in answers])
            assert len({answer.data for answer in answers}) == 1, (rule.rule, method)
            tried += 1
    assert tried > 25


@pytest.mark.threat("PO08")
def test_a_strangers_workspace_is_answered_like_none_on_every_page(
    app: Flask, charlie: FlaskClient, known: dict[str, dict[str, str]]
) -> None:
    for rule, part in rules(app):
        if "GET" in (rule.methods or ()):
            theirs, nobodys = (charlie.get(urls(app, rule, known[part], slug)) for slug in ("lotus-spa", "no-such-place"))
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.data == nobodys.data


@pytest.mark.threat("PO03")
def test_no_get_changes_anything(app: Flask, alice: FlaskClient, known: dict[str, dict[str, str]], cast: Cast) -> None:
    def state() -> list[int]:
        with app.app_context():
            facts(cast.lotus)
            return [each.id for each in feed(cast.lotus, shown="everything", limit=100).items]

    before = state()
    for rule, part in rules(app):
        if "GET" in (rule.methods or ()):
            answer = alice.get(urls(app, rule, known[part], "lotus-spa"))
            assert answer.status_code in (200, 303), rule.rule
    assert state() == before


@pytest.mark.threat("PO03")
def test_every_change_wants_a_token(app: Flask, alice: FlaskClient, known: dict[str, dict[str, str]]) -> None:
    for rule, part in rules(app):
        if "POST" in (rule.methods or ()):
            assert alice.post(urls(app, rule, known[part], "lotus-spa")).status_code == 400, rule.rule
