"""Security events: noise is capped, never what was done; old ones go."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.audit_event import REFUSALS_AN_HOUR, SecurityEvent, note_refusal, record_security
from models.base import db, writing
from tests.cast import PASSWORD, Cast
from tests.marks import Marks

Submit = Callable[..., TestResponse]


def public(address: str) -> Actor:
    return Actor(kind="public", address=address)


def make_noise(address: str, times: int = REFUSALS_AN_HOUR) -> None:
    for _ in range(times):
        note_refusal("mcp_call", public(address))


def stored(app: Flask) -> int:
    with app.app_context():
        db.session.rollback()
        return db.session.scalar(select(func.count()).select_from(SecurityEvent)) or 0


def test_after_a_hundred_refusals_an_hour_an_address_leaves_no_more_of_them(app: Flask) -> None:
    with app.app_context():
        make_noise("198.51.100.7", REFUSALS_AN_HOUR + 5)
        assert stored(app) == REFUSALS_AN_HOUR
        note_refusal("mcp_call", public("198.51.100.8"))
        assert stored(app) == REFUSALS_AN_HOUR + 1
        with clock.stopped(clock.now() + timedelta(minutes=61)):
            note_refusal("mcp_call", public("198.51.100.7"))
        assert stored(app) == REFUSALS_AN_HOUR + 2


def test_the_addresses_of_one_ipv6_network_share_their_hundred(app: Flask) -> None:
    with app.app_context():
        for number in range(REFUSALS_AN_HOUR + 5):
            note_refusal("mcp_call", public(f"2001:db8:1:2::{number:x}"))
        assert stored(app) == REFUSALS_AN_HOUR
        note_refusal("mcp_call", public("2001:db8:1:3::1"))
        assert stored(app) == REFUSALS_AN_HOUR + 1


def test_noise_hides_nothing_that_was_done(app: Flask, client: FlaskClient, submit: Submit, cast: Cast, marks: Marks) -> None:
    with app.app_context():
        make_noise("127.0.0.1")
        marks.new()
        with writing():
            record_security("block_client", "done", public("127.0.0.1"))
            record_security("sign_in", "refused", public("127.0.0.1"))
    submit(client, "/login", {"email": cast.alice.email, "password": PASSWORD})
    assert [(mark.verb, mark.outcome) for mark in marks.new()] == [("block_client", "done"), ("sign_in", "done")]


def test_a_refusal_that_would_be_dropped_takes_no_write_lock(app: Flask) -> None:
    begun: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        begun.append(statement)

    with app.app_context():
        make_noise("198.51.100.7")
        db.session.rollback()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            note_refusal("mcp_call", public("198.51.100.7"))
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
    assert begun
    assert not [statement for statement in begun if "IMMEDIATE" in statement or statement.startswith("INSERT")]


def test_the_planner_finds_an_addresss_refusals_by_their_index(app: Flask, database: str) -> None:
    if database != "sqlite":
        pytest.skip("PostgreSQL reads so few rows without an index")
    asked: list[tuple[str, object]] = []
    with app.app_context():

        def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
            asked.append((statement, parameters))

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            audit_event.refusals_spent(public("198.51.100.7"))
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        statement, parameters = next(each for each in asked if "security_event" in each[0])
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
    assert any("security_event_noise" in str(line) for line in plan), plan


def test_a_sweep_forgets_old_refusals_first_and_in_time_the_rest(app: Flask) -> None:
    now = clock.now()
    with app.app_context():
        for days in (401, 31, 1):
            with clock.stopped(now - timedelta(days=days)), writing():
                record_security("sign_in", "refused", public("198.51.100.7"))
                record_security("sign_in", "done", public("198.51.100.7"))
        with writing():
            audit_event.sweep()
        asked = select(SecurityEvent.outcome, SecurityEvent.at).order_by(SecurityEvent.at, SecurityEvent.outcome)
        kept = db.session.execute(asked)
        assert [(outcome, (now - at).days) for outcome, at in kept] == [("done", 31), ("done", 1), ("refused", 1)]
