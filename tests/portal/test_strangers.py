"""Every page of a workspace with an id in its address: a stranger's record is answered, byte for byte, like one that does
not exist. The pages are those of the URL map, so that a new one without ids here fails.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, Rule

from models import clock
from models.accounts import team
from models.activity.actor import SYSTEM
from models.base import db, show, writing
from models.bookings.asset import Resource, Staff
from models.bookings.service import Service
from models.bookings.time_off import TimeOff
from models.bookings.timetable import ClassSchedule
from models.customers.custom_field import CustomField
from models.customers.filter import parse
from models.customers.note import Note
from models.customers.tag import Tag
from models.insights.activity_feed import feed
from models.insights.segment import Segment
from models.oauth.api_key import ApiKey
from models.oauth.client import new_client_id
from tests.cast import Cast
from tests.conftest import csrf_of
from tests.crm.desk import arranging, book, on_the_hour, open_desk, put_class_on
from tests.customers.desk import ALICE, facts, held, person
from tests.oauth import made

Ids = dict[str, str]
NOBODYS = "0000000000000"


@pytest.fixture
def known(app: Flask, cast: Cast) -> dict[str, Ids]:
    """Ids of Lotus Spa: by the kind of record in the address, the names in it."""
    client = made.created(app, cast.lotus, cast.alice).id
    made.key(app, cast.lotus, cast.alice)
    with app.app_context():
        here = facts(cast.lotus)
        key = db.session.scalars(ApiKey.newest_first(here)).one().shown_id
        ada = person(cast.lotus, "Ada", tags=("vip",))
        with writing():
            field = CustomField.create(here, "size", "Size", "text", ALICE).shown_id
            segment = Segment.create(here, "VIPs", parse("tag:vip"), ALICE).shown_id
            tag = Tag.create(here, "other", ALICE).shown_id
        with held(cast.lotus, ada) as customer:
            note = Note.add(customer, "Hello", ALICE).shown_id
        desk = open_desk(cast)
        booking = book(cast, desk, on_the_hour(24))
        session = put_class_on(cast, desk, on_the_hour(48))
        with arranging(cast.lotus) as salon:
            mei, room, yoga = Staff.find(salon, desk.mei), Resource.find(salon, desk.room), Service.find(salon, desk.yoga)
            day = clock.now().date() + timedelta(days=9)
            weekly = ClassSchedule.add(yoga, day.weekday(), 720, SYSTEM, valid_from=day, staff=mei).shown_id
            away = [TimeOff.add(each, on_the_hour(200), on_the_hour(210), SYSTEM).shown_id for each in (mei, room)]
        act = feed(cast.lotus).items[0].shown_id
    day_on = {"first": f"{day}"}
    return {
        "activity": {"shown_id": act},
        "bookings": {"shown_id": booking},
        "classes": {"shown_id": session},
        "clients": {"client_id": client},
        "custom-fields": {"shown_id": field},
        "customers": {"shown_id": ada, "tag_id": tag, "note_id": note},
        "keys": {"key_id": key},
        "locations": {"shown_id": desk.central, **day_on},
        "packages": {"shown_id": desk.package},
        "resources": {"shown_id": desk.room, "absence_id": away[1], **day_on},
        "segments": {"shown_id": segment},
        "services": {"shown_id": desk.yoga, "entry_id": weekly},
        "staff": {"shown_id": desk.mei, "absence_id": away[0], **day_on},
        "tags": {"shown_id": tag},
        "team": {"user_id": show(team.PREFIX, cast.bob.id)},
    }


@pytest.fixture
def own(app: Flask, cast: Cast) -> dict[str, Ids]:
    """Charlie's own records of the kinds that have others within them."""
    with app.app_context():
        customer = person(cast.harbour, "Charlie's")
        with arranging(cast.harbour) as here:
            return {
                "customers": {"shown_id": customer},
                "resources": {"shown_id": Resource.add(here, "Room", "room", SYSTEM).shown_id},
                "services": {"shown_id": Service.add(here, "Lesson", 60, SYSTEM, kind="class", capacity=4).shown_id},
                "staff": {"shown_id": Staff.add(here, "Cy", SYSTEM).shown_id},
            }


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """The rules that take an id, with the kind of record that they take it of; a rule for several kinds comes once each."""
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/w/<slug>/") or not rule.arguments - {"slug", "kind"}:
            continue
        kinds = rule._converters.get("kind")
        if isinstance(kinds, AnyConverter):
            yield from ((rule, kind) for kind in sorted(kinds.items))
        else:
            yield rule, rule.rule.partition("/<slug>/")[2].split("/<")[0].split("/")[-1]


def urls(app: Flask, rule: Rule, kind: str, ids: Ids, slug: str = "harbour-tutoring") -> str:
    asked = {name: kind if name == "kind" else ids[name] for name in rule.arguments - {"slug"}}
    return str(app.url_map.bind("localhost").build(rule.endpoint, {"slug": slug, **asked}))


def nobodys(name: str, shown: str) -> str:
    """The id of no record, in the form of this one."""
    if name == "first":  # a day, which is nobody's id
        return shown
    return new_client_id() if name == "client_id" else f"{shown.partition('_')[0]}_{NOBODYS}"


def forms(browser: FlaskClient) -> dict[str, str]:
    """What is sent by POST: a good token, and something in the fields that pages have in common."""
    token = csrf_of(browser.get("/w/harbour-tutoring/customers/new"))
    return {"csrf_token": token, "tag": "x", "body": "x", "name": "x", "version": "1", "filter": "kind:member"}


@pytest.mark.threat("PO08")
def test_a_strangers_id_is_answered_like_none_on_every_page(app: Flask, charlie: FlaskClient, known: dict[str, Ids]) -> None:
    data = forms(charlie)
    tried: set[str] = set()
    for rule, kind in rules(app):
        theirs = known[kind]
        missing = {name: nobodys(name, shown) for name, shown in theirs.items()}
        wrong_kind = {name: shown if name == "first" else f"zzz_{NOBODYS}" for name, shown in theirs.items()}
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answers = [
                charlie.open(urls(app, rule, kind, ids), method=method, data=data if method == "POST" else None)
                for ids in (theirs, missing, wrong_kind)
            ]
            assert {answer.status_code for answer in answers} == {404}, (rule.rule, method, [a.status_code for a in answers])
            assert len({answer.data for answer in answers}) == 1, (rule.rule, method)
        tried.add(kind)
    assert tried == set(known)


@pytest.mark.threat("PO08")
def test_a_strangers_id_within_a_record_of_ones_own_is_answered_like_none(
    app: Flask, charlie: FlaskClient, known: dict[str, Ids], own: dict[str, Ids]
) -> None:
    data, tried = forms(charlie), set()
    for rule, kind in rules(app):
        within = rule.arguments - {"slug", "kind", "shown_id", "first"}
        if "shown_id" not in rule.arguments or not within:
            continue
        theirs = {**known[kind], **own[kind]}
        missing = {name: nobodys(name, shown) if name in within else shown for name, shown in theirs.items()}
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answers = [
                charlie.open(urls(app, rule, kind, ids), method=method, data=data if method == "POST" else None)
                for ids in (theirs, missing)
            ]
            assert [answer.status_code for answer in answers] == [404, 404], (rule.rule, method)
            assert answers[0].data == answers[1].data, (rule.rule, method)
        tried.add(kind)
    assert tried == set(own)


@pytest.mark.threat("PO08")
def test_a_strangers_workspace_is_answered_like_none_on_every_page(
    app: Flask, charlie: FlaskClient, known: dict[str, Ids]
) -> None:
    for rule, kind in rules(app):
        if "GET" in (rule.methods or ()):
            theirs, nobodys = (charlie.get(urls(app, rule, kind, known[kind], slug)) for slug in ("lotus-spa", "no-such-place"))
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.data == nobodys.data


@pytest.mark.threat("PO03")
def test_no_get_changes_anything(app: Flask, alice: FlaskClient, known: dict[str, Ids], cast: Cast) -> None:
    def state() -> list[int]:
        with app.app_context():
            facts(cast.lotus)
            return [each.id for each in feed(cast.lotus, shown="everything", limit=100).items]

    before = state()
    for rule, kind in rules(app):
        if "GET" in (rule.methods or ()):
            answer = alice.get(urls(app, rule, kind, known[kind], "lotus-spa"))
            assert answer.status_code in (200, 303), rule.rule
    assert state() == before


@pytest.mark.threat("PO03")
def test_every_change_wants_a_token(app: Flask, alice: FlaskClient, known: dict[str, Ids]) -> None:
    for rule, kind in rules(app):
        if "POST" in (rule.methods or ()):
            assert alice.post(urls(app, rule, kind, known[kind], "lotus-spa")).status_code == 400, rule.rule
