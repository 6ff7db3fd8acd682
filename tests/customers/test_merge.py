"""Merging points everything to the survivor, keeps what collides, and can be taken apart again."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import clock
from models.activity.audit_event import AuditEvent
from models.activity.undo import UndoStep, undo_of
from models.base import Base, db, enter, writing
from models.bookings.booking import Booking
from models.bookings.class_session import add_class
from models.bookings.session import Session
from models.customers.contact_point import points_of
from models.customers.custom_field import CustomField
from models.customers.custom_value import set_values
from models.customers.customer import Customer
from models.customers.editing import update_customer
from models.customers.enrolment import enrol_member
from models.customers.merge import merge
from models.customers.note import Note
from models.customers.opt_in import opt_ins_of, set_opt_in
from models.customers.repointing import references
from models.customers.tag import Tag, carried_by, tags_named
from models.customers.tagging import attach_tags, detach_tags
from models.errors import Conflict, Invalid, NotFound
from tests.bookings.salon import NOW, Salon, hk
from tests.cast import Cast, Place
from tests.customers.desk import ALICE, changing, counted, facts, held, person


def state(place: Place) -> dict[str, Any]:
    """Every row that references a customer, and the customers themselves, but for versions, times and traces."""
    enter(place.id)
    passing = {"version", "updated_at", "seats_taken"}
    tables = [Base.metadata.tables["customer"], *dict.fromkeys(table for table, _ in references())]
    found: dict[str, Any] = {}
    for table in tables:
        if table.name in ("customer_merge", "timeline"):
            continue
        columns = [column for column in table.c if column.name not in passing]
        rows = db.session.execute(select(*columns).where(table.c.workspace_id == place.id)).all()
        found[table.name] = sorted(map(str, rows))
    token = Base.metadata.tables["customer_token"]
    tokens = db.session.execute(select(token.c.customer_id, token.c.token).where(token.c.workspace_id == place.id))
    found["tokens"] = sorted(map(str, tokens))
    db.session.rollback()
    return found


def twins(place: Place) -> tuple[str, str]:
    """Two records of one person that collide wherever they can."""
    here = facts(place)
    yes = (("sms", "marketing"),)
    kept = person(place, "Ada Wong", phone="91234567", email="ada@example.com", tags=("vip", "new"), opt_ins=yes)
    gone = person(
        place, "Ada W.", phone="91234567", email="wong@example.com", tags=("vip", "old"), member=True, birthday="1990-11-23",
        native_name="黃愛達",
    )  # fmt: skip
    with writing():
        CustomField.create(here, "shoe", "Shoe", "number", ALICE, filterable=True)
    with held(place, gone) as customer:
        set_opt_in(customer, "sms", "marketing", "withdrawn", ALICE)
        Note.add(customer, "likes jasmine tea", ALICE)
        set_values(here, customer, {"shoe": 38}, ALICE)
    return kept, gone


def combine(place: Place, kept: str, gone: str) -> int:
    """Merge; returns the audit id."""
    here = facts(place)
    with writing():
        merge(here, kept, gone, ALICE)
        rows = AuditEvent.within(place).where(AuditEvent.verb == "merge_contacts").order_by(AuditEvent.id.desc())
        return db.session.scalars(rows).all()[0].id


def last(place: Place, verb: str) -> int:
    """The audit id of the last act of a verb."""
    with changing(place):
        rows = AuditEvent.within(place).where(AuditEvent.verb == verb).order_by(AuditEvent.id.desc())
        return db.session.scalars(rows).all()[0].id


def worn(place: Place, shown: str) -> list[str]:
    number = Customer.find(place, shown).id
    return sorted(Tag.find(place, tag).name for tag in carried_by(place, [number])[number])


def undo(place: Place, audit: int) -> None:
    enter(place.id)
    with writing():
        undo_of(place, audit).undo(ALICE)


def test_the_survivor_has_everything_and_the_other_id_leads_to_it(app: Flask, cast: Cast) -> None:
    with app.app_context():
        kept, gone = twins(cast.lotus)
        combine(cast.lotus, kept, gone)
        survivor = Customer.find(cast.lotus, gone)
        assert survivor.shown_id == kept
        assert (survivor.name, survivor.native_name, survivor.birthday, survivor.kind) == (
            "Ada Wong", "黃愛達", "1990-11-23", "member",
        )  # fmt: skip
        assert survivor.custom == {"shoe": 38}
        points = [(point.kind, point.value, point.is_primary) for point in points_of(cast.lotus, [survivor.id])]
        assert sorted(points) == [
            ("email", "ada@example.com", True), ("email", "wong@example.com", False), ("phone", "+85291234567", True),
        ]  # fmt: skip
        assert [(each.channel, each.status) for each in opt_ins_of(cast.lotus, survivor.id)] == [("sms", "withdrawn")]
        assert len(carried_by(cast.lotus, [survivor.id])[survivor.id]) == 3
        assert counted(cast.lotus) == 1


def test_undo_puts_every_row_back_where_it_was(app: Flask, cast: Cast) -> None:
    with app.app_context():
        kept, gone = twins(cast.lotus)
        before = state(cast.lotus)
        audit = combine(cast.lotus, kept, gone)
        assert state(cast.lotus) != before
        undo(cast.lotus, audit)
        after = state(cast.lotus)
        assert {name: (before[name], after[name]) for name in before if before[name] != after[name]} == {}
        assert counted(cast.lotus) == 2
        with pytest.raises(Conflict):
            undo(cast.lotus, audit)


@pytest.mark.threat("CR14")
def test_bookings_move_and_two_in_one_class_become_one_party(app: Flask, cast: Cast) -> None:
    with app.app_context(), clock.stopped(NOW):
        salon = Salon.open(cast.lotus.id)
        with writing():
            add_class(salon.service("yoga"), hk("2026-05-06 18:00"), [salon.person("Ann")], ALICE)
        with writing():
            both = [salon.book("2026-05-06 18:00", who=who, service="yoga", party_size=who + 1).id for who in (0, 1)]
            own = salon.book("2026-05-07 10:00", who=1).id
        kept, gone = (Customer.find(cast.lotus, number).shown_id for number in salon.customers[:2])
        before = state(cast.lotus)
        audit = combine(cast.lotus, kept, gone)
        enter(cast.lotus.id)
        first, second, third = (Booking.find(cast.lotus, number) for number in (*both, own))
        assert (first.party_size, first.status, second.status) == (3, "confirmed", "cancelled")
        assert {first.customer_id, second.customer_id, third.customer_id} == {salon.customers[0]}
        session = db.session.get_one(Session, (cast.lotus.id, first.session_id))
        assert session.seats_taken == 3
        survivor = Customer.find(cast.lotus, kept)
        assert (survivor.bookings_count, survivor.next_booking_at) == (2, first.starts_at)
        undo(cast.lotus, audit)
        changed = {name for name, rows in state(cast.lotus).items() if rows != before[name]}
        assert changed <= {"tokens"}, "the salon's people had no tokens before"


def test_undoing_a_tag_after_a_merge_takes_it_off_the_record_that_carries_it(app: Flask, cast: Cast) -> None:
    with app.app_context():
        kept, gone = person(cast.lotus, "Ada", tags=("vip",)), person(cast.lotus, "Ada W.")
        here = facts(cast.lotus)
        with changing(cast.lotus):
            attach_tags(here, [gone], ["oops", "vip"], ALICE, create_missing=True)
        combine(cast.lotus, kept, gone)
        undo(cast.lotus, last(cast.lotus, "attach_tags"))
        with changing(cast.lotus):
            assert worn(cast.lotus, kept) == ["vip"], "the survivor's own tag stays"
            assert set(tags_named(cast.lotus, ["oops", "vip"])) == {"vip"}
        with pytest.raises(Conflict):
            undo(cast.lotus, last(cast.lotus, "attach_tags"))


def test_undoing_a_removed_tag_after_a_merge_puts_it_on_the_survivor(app: Flask, cast: Cast) -> None:
    with app.app_context():
        kept, gone = person(cast.lotus, "Ada"), person(cast.lotus, "Ada W.", tags=("vip",))
        with changing(cast.lotus):
            detach_tags(cast.lotus, [gone], ["vip"], ALICE)
        combine(cast.lotus, kept, gone)
        undo(cast.lotus, last(cast.lotus, "detach_tags"))
        with changing(cast.lotus):
            assert worn(cast.lotus, kept) == ["vip"]


@pytest.mark.parametrize("verb", ["update_contact", "set_opt_in", "enrol_member"])
def test_an_act_on_a_record_that_was_merged_is_never_undone_on_the_other_one(app: Flask, cast: Cast, verb: str) -> None:
    with app.app_context():
        kept, gone = person(cast.lotus, "Ada"), person(cast.lotus, "Ada W.")
        with held(cast.lotus, gone) as customer:
            update_customer(facts(cast.lotus), customer, {"company": "Acme"}, ALICE)
            set_opt_in(customer, "sms", "marketing", "granted", ALICE)
        with changing(cast.lotus):
            enrol_member(facts(cast.lotus), gone, ALICE)
        audit = last(cast.lotus, verb)
        combine(cast.lotus, kept, gone)
        with held(cast.lotus, kept) as customer:
            customer.version = db.session.scalars(UndoStep.within(cast.lotus).where(UndoStep.audit_id == audit)).one().before.get(
                "version", customer.version
            )
        with pytest.raises(Conflict, match="merged into another"):
            undo(cast.lotus, audit)


def test_no_reference_to_a_customer_is_forgotten_and_none_dangles(app: Flask, cast: Cast) -> None:
    with app.app_context():
        names = {f"{table.name}.{column.name}" for table, column in references()}
        assert {"booking.customer_id", "note.customer_id", "opt_in.customer_id", "package_credit.customer_id"} <= names
        assert not {name for name in names if name.split(".")[0] in ("customer", "customer_merge", "customer_token")}
        kept, gone = twins(cast.lotus)
        combine(cast.lotus, kept, gone)
        merged = db.session.get_one(Customer, (cast.lotus.id, Customer.number(gone)))
        left = {
            table.name: db.session.scalar(
                select(func.count()).select_from(table).where(table.c.workspace_id == cast.lotus.id, column == merged.id)
            )
            for table, column in references()
        }
        assert {name: count for name, count in left.items() if count} == {"contact_point": 1, "customer_tag": 1, "opt_in": 1}


def test_what_cannot_be_merged_is_refused_and_nothing_moves(app: Flask, cast: Cast) -> None:
    with app.app_context():
        kept, gone = twins(cast.lotus)
        foreign = person(cast.harbour, "Charlie's")
        here = facts(cast.lotus)
        with pytest.raises(Invalid), writing():
            merge(here, kept, kept, ALICE)
        with pytest.raises(NotFound), writing():
            merge(here, kept, foreign, ALICE)
        combine(cast.lotus, kept, gone)
        with pytest.raises(Invalid), writing():
            merge(here, kept, gone, ALICE)
        enter(cast.harbour.id)
        assert Customer.find(cast.harbour, foreign).merged_into is None
