"""Taking people in: one record for one person, under every parallel call, and never one more than the plan allows."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from models.accounts import usage
from models.activity.undo import undo_of
from models.base import db, enter, writing
from models.base.tenant import Tenant
from models.customers.contact_point import customers_reached_by, points_of_one
from models.customers.customer import Customer
from models.customers.enrolment import Person, PossibleDuplicate, take_in
from models.customers.tag import carried_by
from models.errors import Conflict, Invalid, LimitReached
from tests.cast import Cast, Place
from tests.customers.desk import ALICE, changing, counted, facts, held, person


def enrol(place: Place, name: str, **known: object) -> str:
    here = facts(place)
    with writing():
        done = take_in(here, Person(name, **known), ALICE, enrol=True)  # type: ignore[arg-type]
        return f"{'made' if done.created else 'found'} {done.customer.shown_id}"


def many_of(place: Place) -> int:
    enter(place.id)
    return db.session.scalar(select(func.count()).select_from(Customer).where(Customer.workspace_id == place.id)) or 0


def test_the_same_phone_and_name_is_the_same_person_however_it_is_written(app: Flask, cast: Cast) -> None:
    with app.app_context():
        made = enrol(cast.lotus, "Ada Wong", phone="9123 4567")
        for again in (
            enrol(cast.lotus, "ada  WONG", phone="+852 9123 4567"),
            enrol(cast.lotus, "Àda Wong", phone="0085291234567"),
            enrol(cast.lotus, "Ada Wong", phone="(852) 91234567"),
        ):
            assert again == made.replace("made", "found")
        assert many_of(cast.lotus) == 1


def test_a_known_phone_under_another_name_changes_nothing_and_names_the_candidates(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada Wong", email="Family@Example.com", phone="91234567")
        with pytest.raises(PossibleDuplicate) as refused:
            enrol(cast.lotus, "Bea Wong", email="family@example.COM")
        assert refused.value.details["candidates"] == [
            {"id": ada, "name": "Ada Wong", "kind": "contact", "phone": "+85291234567", "email": "family@example.com"}
        ]
        assert many_of(cast.lotus) == 1
        with writing():
            bea = Person("Bea Wong", email="family@example.com")
            assert take_in(facts(cast.lotus), bea, ALICE, enrol=False, allow_shared=True).created
        assert many_of(cast.lotus) == 2


def test_the_native_name_is_a_name_too(app: Flask, cast: Cast) -> None:
    with app.app_context():
        person(cast.lotus, "Chan Tai Man", native_name="陳大文", phone="91234567")
        assert enrol(cast.lotus, "陳大文", phone="91234567").startswith("found")


def test_a_contact_found_again_is_enrolled_and_undo_takes_that_back(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567")
        enter(cast.lotus.id)
        assert enrol(cast.lotus, "Ada", phone="91234567") == f"found {ada}"
        customer = Customer.find(cast.lotus, ada)
        assert (customer.kind, customer.enrolled_at is not None) == ("member", True)
        _undo_last(cast.lotus)
        assert Customer.find(cast.lotus, ada).kind == "contact"


def test_what_is_new_about_somebody_known_is_added_and_what_stands_is_kept_and_named(app: Flask, cast: Cast) -> None:
    with app.app_context():
        other = person(cast.lotus, "Bea", email="bea@example.com")
        ada = person(cast.lotus, "Ada", phone="91234567", email="ada@example.com", company="Acme")
        here = facts(cast.lotus)
        known = {"phone": "91234567", "email": "bea@example.com", "native_name": "愛達", "company": "Other Ltd"}
        with changing(cast.lotus):
            done = take_in(here, Person("Ada", **known), ALICE, enrol=True)
            assert (done.customer.shown_id, done.not_taken) == (ada, ("email", "company"))
        with changing(cast.lotus):
            take_in(here, Person("Ada", phone="91234567", email="ada@work.example", birthday="11-23"), ALICE, enrol=True)
        with changing(cast.lotus):
            customer = Customer.find(cast.lotus, ada)
            assert (customer.native_name, customer.company, customer.birthday) == ("愛達", "Acme", "0000-11-23")
            points = [(point.value, point.is_primary) for point in points_of_one(customer) if point.kind == "email"]
            assert points == [("ada@example.com", True), ("ada@work.example", False)]
            assert [row.shown_id for row in customers_reached_by(cast.lotus, [("email", "bea@example.com")])] == [other]


def test_undoing_an_enrolment_takes_back_all_that_it_added(app: Flask, cast: Cast) -> None:
    with app.app_context():
        person(cast.lotus, "Bea", tags=("vip",))
        ada = person(cast.lotus, "Ada", phone="91234567")
        here = facts(cast.lotus)
        with changing(cast.lotus):
            person_said = Person("Ada", phone="91234567", email="ada@example.com", native_name="愛達", tags=("vip",))
            take_in(here, person_said, ALICE, enrol=True)
        _undo_last(cast.lotus)
        with changing(cast.lotus):
            customer = Customer.find(cast.lotus, ada)
            assert (customer.kind, customer.native_name) == ("contact", None)
            assert [point.kind for point in points_of_one(customer)] == ["phone"]
            assert carried_by(cast.lotus, [customer.id]) == {customer.id: []}


def test_undoing_a_new_record_archives_it_unless_it_moved_on(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada = person(cast.lotus, "Ada", phone="91234567")
        _undo_last(cast.lotus)
        assert Customer.find(cast.lotus, ada).archived_at is not None
        bea = person(cast.lotus, "Bea")
        with held(cast.lotus, bea) as customer:
            customer.touched()
        with pytest.raises(Conflict):
            _undo_last(cast.lotus)
        assert Customer.find(cast.lotus, bea).live


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("phone", {"phone": "12345"}), ("phone", {"phone": "+852 1"}), ("phone", {"phone": "call me"}),
        ("phone", {"phone": "9" * 60}), ("email", {"email": "no-at-sign"}), ("email", {"email": "a@b@c.com"}),
        ("name", {"name": "\u200b\u202e"}), ("name", {"name": "x" * 201}), ("tags", {"tags": ["nowhere"]}),
        ("opt_ins", {"opt_ins": [("pigeon", "marketing")]}), ("birthday", {"birthday": "2020-02-30"}),
        ("preferred_channel", {"preferred_channel": "post"}),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_its_field_and_nobody_is_made(
    app: Flask, cast: Cast, field: str, known: dict[str, object]
) -> None:
    with app.app_context():
        with pytest.raises(Invalid) as refused:
            enrol(cast.lotus, **{"name": "Ada", **known})  # type: ignore[arg-type]
        assert refused.value.field == field
        assert many_of(cast.lotus) == 0
        assert counted(cast.lotus) == 0


@pytest.mark.threat("CR15")
def test_a_full_plan_takes_nobody_new_but_still_knows_who_is_there(app: Flask, cast: Cast) -> None:
    with app.app_context():
        fill(cast.harbour, 100, "Ada", "91234567")
        with pytest.raises(LimitReached) as full:
            enrol(cast.harbour, "New")
        assert (full.value.details["limit"], full.value.details["used"]) == (100, 100)
        assert enrol(cast.harbour, "Ada", phone="91234567").startswith("found")


def fill(place: Place, used: int, name: str, phone: str) -> None:
    """Somebody is there, and the plan's counter stands where so many others were made."""
    person(place, name, phone=phone)
    here = facts(place)
    with writing():
        usage.take(here.id, here.plan_code, here.timezone, "customers", used - 1)


def _undo_last(place: Place) -> None:
    enter(place.id)
    rows = Tenant.nouns["aud"]
    audit = db.session.scalars(rows.within(place).where(rows.verb == "enrol_member").order_by(rows.id.desc())).first()  # type: ignore[attr-defined]
    assert audit is not None
    number = audit.id
    with writing():
        undo_of(place, number).undo(ALICE)
