"""Changing, archiving and restoring a customer: one act, one audit row, and a way back while nothing moved on."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models.accounts import usage
from models.activity.audit_event import AuditEvent
from models.activity.undo import undo_of
from models.base import db, enter, writing
from models.customers.archive import archive, restore
from models.customers.contact_point import POINTS_MAX, add_point, points_of
from models.customers.custom_field import CustomField
from models.customers.custom_value import set_values
from models.customers.customer import Customer, StaleCustomer
from models.customers.editing import update_customer
from models.customers.note import Note, notes_of
from models.customers.opt_in import opt_ins_of, set_opt_in
from models.customers.search import Question, search
from models.customers.timeline import Timeline
from models.errors import Conflict, Invalid, LimitReached
from tests.cast import Cast, Place
from tests.customers.desk import ALICE, changing, counted, facts, held, person


def change(place: Place, shown: str, **changes: Any) -> list[str]:
    here = facts(place)
    with held(place, shown) as customer:
        return update_customer(here, customer, changes, ALICE)


def undo_latest(place: Place, verb: str) -> None:
    enter(place.id)
    rows = AuditEvent.within(place).where(AuditEvent.verb == verb).order_by(AuditEvent.id.desc())
    number = db.session.scalars(rows).all()[0].id
    with writing():
        undo_of(place, number).undo(ALICE)


def look(place: Place, shown: str) -> dict[str, Any]:
    enter(place.id)
    one = Customer.find(place, shown)
    points = sorted((point.kind, point.value, point.is_primary) for point in points_of(place, [one.id]))
    return {"name": one.name, "birthday": one.birthday, "custom": one.custom, "points": points, "company": one.company}


def test_an_edit_is_undone_as_a_whole(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567", birthday="11-23")
        with writing():
            CustomField.create(cast.lotus, "shoe", "Shoe", "number", ALICE, filterable=True)
        before = look(cast.lotus, ada)
        changed = change(
            cast.lotus, ada, name="Ada Wong", birthday="1990-11-23", email="a@example.com", phone="61234567", company="ACME",
            custom={"shoe": 38},
        )  # fmt: skip
        assert changed == ["name", "company", "birthday", "points", "custom"]
        after = look(cast.lotus, ada)
        assert after["points"] == [("email", "a@example.com", True), ("phone", "+85261234567", True)]
        undo_latest(cast.lotus, "update_contact")
        assert look(cast.lotus, ada) == before
        with pytest.raises(Conflict):
            undo_latest(cast.lotus, "update_contact")


def test_undo_steps_back_only_from_what_it_left(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
        change(cast.lotus, ada, name="Bea")
        with held(cast.lotus, ada) as customer:
            Note.add(customer, "moved on", ALICE)
        with pytest.raises(Conflict):
            undo_latest(cast.lotus, "update_contact")
        assert look(cast.lotus, ada)["name"] == "Bea"


def test_the_audit_names_fields_and_never_values(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
        change(cast.lotus, ada, name="Secretname", email="secret@example.com")
        rows = db.session.scalars(AuditEvent.within(cast.lotus)).all()
        assert "secret" not in str([row.fields for row in rows]).lower()
        assert rows[-1].fields == {"changed": ["name", "points"]}
        said = db.session.scalars(select(Timeline.summary).where(Timeline.workspace_id == cast.lotus.id)).all()
        assert "Changed name, points" in said


@pytest.mark.threat("CR04")
@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}), ("name", {"name": "n" * 1_000_000}), ("company", {"company": "c" * 201}),
        ("phone", {"phone": "1"}),
        ("email", {"email": "x" * 300 + "@example.com"}), ("birthday", {"birthday": "tomorrow"}),
        ("locale", {"locale": "klingon language"}),
        ("preferred_channel", {"preferred_channel": "fax"}), ("custom.nope", {"custom": {"nope": 1}}),
        ("password", {"password": "x"}),
    ],
)  # fmt: skip
def test_a_bad_value_names_its_field_and_leaves_everything(
    app: Flask, cast: Cast, field: str, changes: dict[str, Any]
) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567")
        before = look(cast.lotus, ada)
        with pytest.raises(Invalid) as refused:
            change(cast.lotus, ada, **{"company": "Half done", **changes})
        assert refused.value.field == field
        assert look(cast.lotus, ada) == before


def test_a_stale_version_is_a_conflict_that_tells_the_current_one(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
        version = Customer.find(cast.lotus, ada).version
        change(cast.lotus, ada, name="Bea")
        with pytest.raises(StaleCustomer) as stale, writing():
            Customer.hold(cast.lotus, ada, expected_version=version)
        assert stale.value.details["current"]["version"] > version


def test_nobody_has_more_than_twenty_numbers(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
        with pytest.raises(Invalid), held(cast.lotus, ada) as customer:
            for number in range(POINTS_MAX + 1):
                add_point(customer, "phone", str(number), f"+8529123{number:04}")


@pytest.mark.threat("CR16")
def test_restoring_needs_room_in_the_plan(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.harbour, "Ada")
        with changing(cast.harbour):
            archive(cast.harbour, ada, ALICE)
        assert counted(cast.harbour) == 0
        with pytest.raises(Conflict), changing(cast.harbour):
            archive(cast.harbour, ada, ALICE)
        here = facts(cast.harbour)
        with writing():
            usage.take(here.id, here.plan_code, here.timezone, "customers", 100)
        with pytest.raises(LimitReached), changing(cast.harbour):
            restore(cast.harbour, ada, ALICE)
        with pytest.raises(LimitReached):
            undo_latest(cast.harbour, "archive_customer")
        with writing():
            usage.give_back(here.id, "customers")
        undo_latest(cast.harbour, "archive_customer")
        assert Customer.find(cast.harbour, ada).live
        assert counted(cast.harbour) == 100


def test_a_note_comes_and_goes_with_undo_and_search_follows(app: Flask, cast: Cast) -> None:
    def found(word: str) -> int:
        return len(search(facts(cast.lotus), Question(query=word)).page.items)

    with app.app_context():
        ada = person(cast.lotus, "Ada")
        with held(cast.lotus, ada) as customer:
            Note.add(customer, "jasmine", ALICE)
        assert found("jasmine") == 1
        undo_latest(cast.lotus, "add_note")
        assert (found("jasmine"), list(notes_of(cast.lotus, Customer.find(cast.lotus, ada).id))) == (0, [])


def test_an_opt_in_that_is_undone_is_withdrawn_and_never_forgotten(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada")
        with held(cast.lotus, ada) as customer:
            set_opt_in(customer, "sms", "marketing", "granted", ALICE)
        undo_latest(cast.lotus, "set_opt_in")
        row = opt_ins_of(cast.lotus, Customer.find(cast.lotus, ada).id)[0]
        assert (row.status, row.source) == ("withdrawn", "undo")


@pytest.mark.parametrize(
    ("type", "good", "stored", "bad"),
    [
        ("text", " hi\u200b ", "hi", "x" * 501), ("number", "3.5", 3.5, "many"), ("number", 7, 7, "1e300"),
        ("bool", "yes", True, "maybe"),
        ("date", "2026-11-23", "2026-11-23", "23/11/2026"),
        ("url", "https://example.com/a", "https://example.com/a", "javascript:alert(1)"),
        ("choice", "red", "red", "green"), ("multichoice", ["blue", "red"], ["red", "blue"], ["red", "green"]),
        ("money", "12.5", {"minor": 1250, "currency": "HKD"}, "12.345"), ("number", 0.1, 0.1, "nan"),
    ],
)  # fmt: skip
def test_custom_values_are_typed(app: Flask, cast: Cast, type: Any, good: Any, stored: Any, bad: Any) -> None:
    with app.app_context():
        ada, here = person(cast.lotus, "Ada"), facts(cast.lotus)
        options = ("red", "blue") if "choice" in type else ()
        with writing():
            CustomField.create(here, "it", "It", type, ALICE, options=options, filterable=True)
        with held(cast.lotus, ada) as customer:
            set_values(here, customer, {"it": good}, ALICE)
        assert Customer.find(cast.lotus, ada).custom == {"it": stored}
        with pytest.raises(Invalid) as refused, held(cast.lotus, ada) as customer:
            set_values(here, customer, {"it": bad}, ALICE)
        assert refused.value.field == "custom.it"
