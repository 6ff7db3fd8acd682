"""A no to messages holds for the number or address, whoever shares it, until the person themself takes it back."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from models.activity.audit_event import AuditEvent
from models.activity.undo import undo_of
from models.base import db
from models.customers.anonymise import anonymise
from models.customers.customer import Customer
from models.customers.editing import update_customer
from models.customers.enrolment import Enrolled, Person, take_in
from models.customers.opt_in import Status, opt_ins_of, set_opt_in
from models.customers.suppression import SuppressedAddress, reasons_against
from models.errors import Conflict
from tests.cast import Cast, Place
from tests.customers.desk import ALICE, changing, facts, held, person

SMS = ("sms", "marketing")
PHONE = "+85291234567"


def said(place: Place, shown: str) -> list[tuple[str, str, str, str]]:
    with changing(place):
        rows = opt_ins_of(place, Customer.find(place, shown).id)
        return [(row.channel, row.purpose, row.status, row.source) for row in rows]


def say(place: Place, shown: str, status: Status, channel: str = "sms", purpose: str = "marketing") -> None:
    with held(place, shown) as customer:
        set_opt_in(customer, channel, purpose, status, ALICE)


def enrol(place: Place, name: str, **known: object) -> Enrolled:
    here = facts(place)
    with changing(place):
        return take_in(here, Person(name, **known), ALICE, enrol=True, allow_shared=True)  # type: ignore[arg-type]


def undo_last(place: Place, verb: str = "set_opt_in") -> None:
    with changing(place):
        acts = AuditEvent.within(place).where(AuditEvent.verb == verb).order_by(AuditEvent.id.desc())
        undo_of(place, db.session.scalars(acts).all()[0].id).undo(ALICE)


def test_a_no_holds_for_everybody_with_the_same_number_and_for_no_other_channel(app: Flask, cast: Cast) -> None:
    with app.app_context():
        mother = person(cast.lotus, "Mother", phone="91234567", opt_ins=(SMS,))
        child = person(cast.lotus, "Child", phone="91234567", opt_ins=(SMS, ("whatsapp", "marketing"), ("sms", "transactional")))
        other = person(cast.lotus, "Other", phone="61234567", opt_ins=(SMS,))
        foreign = person(cast.harbour, "Foreign", phone="91234567", opt_ins=(SMS,))
        say(cast.lotus, mother, "withdrawn")
        assert said(cast.lotus, child) == [
            ("sms", "marketing", "withdrawn", "address"), ("sms", "transactional", "granted", "user"),
            ("whatsapp", "marketing", "granted", "user"),
        ]  # fmt: skip
        assert said(cast.lotus, other)[0][2] == said(cast.harbour, foreign)[0][2] == "granted"


def test_undoing_a_no_gives_back_what_it_took_and_nothing_else(app: Flask, cast: Cast) -> None:
    with app.app_context():
        mother = person(cast.lotus, "Mother", phone="91234567", opt_ins=(SMS,))
        child = person(cast.lotus, "Child", phone="91234567", opt_ins=(SMS,))
        say(cast.lotus, mother, "withdrawn")
        undo_last(cast.lotus)
        assert said(cast.lotus, mother) == said(cast.lotus, child) == [("sms", "marketing", "granted", "user")]
        with changing(cast.lotus):
            assert reasons_against(cast.lotus.id, "sms", "marketing", [PHONE]) == set()


def test_enrolling_never_takes_a_no_back_and_says_which_yes_was_not_taken(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567", email="ada@example.com", opt_ins=(SMS,))
        say(cast.lotus, ada, "withdrawn")
        say(cast.lotus, ada, "blocked_by_provider", "whatsapp")
        pairs = (SMS, ("whatsapp", "marketing"), ("email", "marketing"))
        again = enrol(cast.lotus, "Ada", phone="91234567", opt_ins=pairs)
        assert [(each.channel, each.reason) for each in again.not_granted] == [
            ("sms", "withdrawn"), ("whatsapp", "blocked_by_provider"),
        ]  # fmt: skip
        sister = enrol(cast.lotus, "Sister", phone="91234567", opt_ins=pairs)
        assert [(each.channel, each.reason) for each in sister.not_granted] == [("sms", "address"), ("whatsapp", "address")]
        assert [(channel, status) for channel, _, status, _ in said(cast.lotus, ada)] == [
            ("email", "granted"), ("sms", "withdrawn"), ("whatsapp", "blocked_by_provider"),
        ]  # fmt: skip


def test_the_person_themself_takes_their_no_back_but_not_what_a_provider_blocks(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567", opt_ins=(SMS,))
        say(cast.lotus, ada, "withdrawn")
        say(cast.lotus, ada, "granted")
        assert enrol(cast.lotus, "Sister", phone="91234567", opt_ins=(SMS,)).not_granted == ()
        say(cast.lotus, ada, "blocked_by_provider")
        with pytest.raises(Conflict, match="provider"):
            say(cast.lotus, ada, "granted")
        with pytest.raises(Conflict, match="provider"):
            say(cast.lotus, person(cast.lotus, "Aunt", phone="91234567"), "granted", purpose="transactional")


def test_a_number_that_said_no_takes_the_yes_of_whoever_gets_it(app: Flask, cast: Cast) -> None:
    with app.app_context():
        mother = person(cast.lotus, "Mother", phone="91234567")
        say(cast.lotus, mother, "withdrawn")
        child = person(cast.lotus, "Child", phone="61234567", opt_ins=(SMS,))
        with held(cast.lotus, child) as customer:
            update_customer(facts(cast.lotus), customer, {"phone": "91234567"}, ALICE)
        assert said(cast.lotus, child) == [("sms", "marketing", "withdrawn", "address")]


def test_a_no_outlives_the_person_who_said_it_and_names_nobody(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567", opt_ins=(SMS,))
        say(cast.lotus, ada, "withdrawn")
        with changing(cast.lotus):
            anonymise(cast.lotus, ada, ALICE)
        with changing(cast.lotus):
            row = SuppressedAddress
            kept = db.session.scalars(select(row).where(row.workspace_id == cast.lotus.id)).one()
            assert "91234567" not in kept.address_hash
            assert db.session.scalar(select(func.count()).select_from(row).where(row.workspace_id == cast.harbour.id)) == 0
        assert [each.reason for each in enrol(cast.lotus, "Ada", phone="91234567", opt_ins=(SMS,)).not_granted] == ["address"]


def test_a_first_yes_that_is_undone_is_a_no_of_this_person_alone(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567")
        say(cast.lotus, ada, "granted")
        undo_last(cast.lotus)
        assert said(cast.lotus, ada) == [("sms", "marketing", "withdrawn", "undo")]
        assert enrol(cast.lotus, "Sister", phone="91234567", opt_ins=(SMS,)).not_granted == ()
