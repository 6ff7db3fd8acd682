"""Anonymising forgets the person in every table and in the file itself, and keeps what the business did."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Table, Text, cast, inspect, select, text

from models import clock
from models.activity.audit_event import AuditEvent, ToolCall
from models.activity.confirmation import Confirmation
from models.activity.idempotency import Request
from models.activity.undo import undo_of
from models.base import ACROSS, Base, db, enter, wal, writing
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.customers.anonymise import anonymise
from models.customers.archive import Blocked, archive
from models.customers.custom_field import CustomField
from models.customers.custom_value import set_values
from models.customers.customer import Customer
from models.customers.editing import update_customer
from models.customers.filter import parse
from models.customers.merge import merge
from models.customers.note import Note
from models.customers.opt_in import set_opt_in
from models.customers.personal import personal_tables, reach_of
from models.errors import Conflict, NotFound
from models.insights.segment import Segment
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast, Place
from tests.customers.desk import ALICE, changing, facts, held, person

SECRETS = (
    "Wilhelmina", "Quackenbush", "夸根布殊", "+85291230987", "91230987", "wilhelmina@quack.example", "peanut-allergy-note",
    "Quackenbush Duck Farm", "1961-07-19", "old-address@quack.example", "her-shoe-is-41", "said-yes-at-the-fair",
    "her-booking-note", "her-reason-to-cancel", "Maidenname", "undone-merge-note",
)  # fmt: skip


def fill(place: Place) -> str:
    """Somebody with a secret in every field there is, and in every trace that acts on them leave."""
    here = facts(place)
    shown = person(
        place, "Wilhelmina Maidenname", native_name="夸根布殊", phone="9123 0987", email="old-address@quack.example",
        birthday="1961-07-19", company="Quackenbush Duck Farm", tags=("vip",),
    )  # fmt: skip
    with writing():
        CustomField.create(here, "shoe", "Shoe", "text", ALICE, filterable=True)
    with held(place, shown) as customer:
        update_customer(here, customer, {"email": "wilhelmina@quack.example"}, ALICE)
        Note.add(customer, "peanut-allergy-note", ALICE)
        set_values(here, customer, {"shoe": "her-shoe-is-41"}, ALICE)
        set_opt_in(customer, "sms", "marketing", "granted", ALICE, evidence={"text": "said-yes-at-the-fair"})
    _ask_and_answer(place, shown)
    with held(place, shown) as customer:
        update_customer(here, customer, {"name": "Wilhelmina Quackenbush"}, ALICE)
    _merge_and_take_apart(place, shown)
    return shown


def _ask_and_answer(place: Place, shown: str) -> None:
    """A question and a kept answer that quote the person."""
    subject = ("customer", Customer.find(place, shown).id)
    with writing():
        Confirmation.ask(place.id, "user", "delete_contact", "hash", "Archive Wilhelmina Maidenname?", subject)
        request = Request.under(None, place.id, "consent:7", "enrol_member", "{}", None)
        assert request.claim() is None
        request.keep({"customer": {"id": shown, "name": "Wilhelmina Maidenname"}}, ToolCall("enrol_member", 0.0))


def _merge_and_take_apart(place: Place, shown: str) -> None:
    """For a moment another record of hers was part of this one."""
    other = person(place, "Wilhelmina Quackenbush", company="Quackenbush Duck Farm")
    with held(place, other) as customer:
        note = Note.add(customer, "undone-merge-note", ALICE)
    with writing():
        merge(facts(place), shown, other, ALICE)
    with writing():
        merged = AuditEvent.within(place).where(AuditEvent.verb == "merge_contacts")
        undo_of(place, db.session.scalars(merged).one().id).undo(ALICE)
    with held(place, other) as customer:
        Note.find(place, note.id).delete(ALICE)
        update_customer(facts(place), customer, {"name": "Somebody Else", "company": None}, ALICE)
    with writing():
        anonymise(place, other, ALICE)


def text_columns() -> Iterator[tuple[Table, str]]:
    for table in Base.metadata.sorted_tables:
        for column in inspect(db.engine).get_columns(table.name):
            yield table, column["name"]


def hits(place: Place) -> list[str]:
    """Where an old value stands, over every column of every table."""
    enter(place.id)
    found: list[str] = []
    for table, name in text_columns():
        values = db.session.scalars(
            select(cast(table.c[name], Text)).execution_options(**ACROSS) if name in table.c else text("SELECT 1")
        )
        for value in values:
            found += [f"{table.name}.{name}: {secret}" for secret in SECRETS if secret.lower() in str(value).lower()]
    db.session.rollback()
    return found


def test_every_personal_column_can_be_reached_from_its_customer(app: Flask) -> None:
    with app.app_context():
        assert [table.name for table in personal_tables() if reach_of(table) is None] == []


def test_no_column_and_no_page_of_the_file_remembers(app: Flask, cast: Cast, database: str, database_url: str) -> None:
    with app.app_context():
        shown = fill(cast.lotus)
        assert {hit.split(": ")[1] for hit in hits(cast.lotus)} >= set(SECRETS) - {
            "her-booking-note", "her-reason-to-cancel", "undone-merge-note",
        }  # fmt: skip
        with writing():
            anonymise(cast.lotus, shown, ALICE)
        assert hits(cast.lotus) == []
        customer = Customer.find(cast.lotus, shown)
        assert (customer.name, customer.anonymised_at is not None, customer.live) == ("Anonymised", True, False)
        db.session.remove()
    if database == "sqlite":
        assert secrets_in_files(database_url) == set()


def secrets_in_files(database_url: str) -> set[str]:
    """The old values that stand in SQLite's file or its log, free pages included."""
    path = database_url.removeprefix("sqlite:///")
    content = b"".join(file.read_bytes() for file in (Path(path), Path(f"{path}-wal")) if file.exists())
    return {secret for secret in SECRETS if secret.encode() in content}


@pytest.mark.parametrize("by", ["the worker", "the next commit"])
def test_a_reader_who_keeps_the_log_only_delays_its_emptying(
    app: Flask, cast: Cast, database: str, database_url: str, by: str
) -> None:
    if database != "sqlite":
        pytest.skip("the log is SQLite's")
    with app.app_context():
        shown = fill(cast.lotus)
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT name FROM customer").fetchall()
            with writing():
                anonymise(cast.lotus, shown, ALICE)
            assert "Wilhelmina" in secrets_in_files(database_url)
            assert not wal.empty()
        if by == "the worker":
            assert wal.empty()
        else:
            person(cast.lotus, "Somebody New")
        db.session.remove()
    assert secrets_in_files(database_url) == set()


def test_bookings_are_cancelled_first_and_kept_without_words(app: Flask, cast: Cast) -> None:
    with app.app_context(), clock.stopped(NOW):
        salon = Salon.open(cast.lotus.id)
        shown = fill(cast.lotus)
        with writing():
            salon.customers[0] = Customer.find(cast.lotus, shown).id
            coming = salon.book("2026-05-06 10:00")
            coming.customer_note = "her-booking-note"
            number = coming.id
            gone = salon.book("2026-05-07 10:00").id
        with writing():
            Cancellation(Booking.find(cast.lotus, gone), "her-reason-to-cancel").carry_out(salon.workspace, ALICE)
        assert {"her-booking-note", "her-reason-to-cancel"} <= {hit.split(": ")[1] for hit in hits(cast.lotus)}
        with changing(cast.lotus), pytest.raises(Blocked, match="is confirmed"):
            archive(cast.lotus, shown, ALICE)
        with writing():
            done = anonymise(cast.lotus, shown, ALICE)
        assert len(done.cancelled) == 1
        enter(cast.lotus.id)
        booking = Booking.find(cast.lotus, number)
        assert (booking.status, booking.customer_note, booking.fee_minor) == ("cancelled", None, 0)
        assert booking.customer_id == salon.customers[0]
        assert hits(cast.lotus) == []
        assert "10:00" in salon.free("2026-05-06")


def test_records_merged_into_the_person_are_forgotten_with_them(app: Flask, cast: Cast) -> None:
    with app.app_context():
        shown = person(cast.lotus, "Somebody")
        other = fill(cast.lotus)
        with writing():
            merge(facts(cast.lotus), shown, other, ALICE)
        with writing():
            anonymise(cast.lotus, other, ALICE)
        assert hits(cast.lotus) == []
        assert Customer.find(cast.lotus, other).shown_id == shown


def test_saved_filters_forget_words_that_found_nobody_else(app: Flask, cast: Cast) -> None:
    with app.app_context():
        shown = fill(cast.lotus)
        person(cast.lotus, "Wilhelmina Other", tags=("vip",))
        here = facts(cast.lotus)
        texts = {"Hers": "tag:vip (text:quackenbush OR -text:91230987)", "Both": "text:wilhelmina", "Tag": "tag:vip"}
        with writing():
            segments = {name: Segment.create(here, name, parse(text), ALICE).id for name, text in texts.items()}
            Segment.find(here, segments["Hers"]).change(here, ALICE, node=parse("-text:quackenbush tag:vip"))
        with writing():
            anonymise(cast.lotus, shown, ALICE)
        found = {name: Segment.find(here, number).text for name, number in segments.items()}
        assert found == {"Hers": "-text:anonymised tag:vip", "Both": "text:wilhelmina", "Tag": "tag:vip"}
        assert {hit.split(": ")[1] for hit in hits(cast.lotus)} == {"Wilhelmina"}
        assert Segment.find(here, segments["Hers"]).count(here) == 1


def test_it_happens_once_and_leaves_the_record_read_only(app: Flask, cast: Cast) -> None:
    with app.app_context():
        shown, foreign = person(cast.lotus, "Ada"), person(cast.harbour, "Charlie's")
        enter(cast.lotus.id)
        with writing():
            anonymise(cast.lotus, shown, ALICE)
        with pytest.raises(Conflict), writing():
            anonymise(cast.lotus, shown, ALICE)
        with pytest.raises(NotFound), writing():
            anonymise(cast.lotus, foreign, ALICE)
        with pytest.raises(Conflict), held(cast.lotus, shown) as customer:
            Note.add(customer, "too late", ALICE)
        rows = db.session.scalars(
            AuditEvent.within(cast.lotus).where(AuditEvent.verb == "anonymise_customer")
        ).all()
        assert len(rows) == 1


def test_a_dry_run_forgets_nothing(app: Flask, cast: Cast) -> None:
    with app.app_context():
        shown = fill(cast.lotus)
        with writing(keep=False):
            anonymise(cast.lotus, shown, ALICE)
        assert Customer.find(cast.lotus, shown).name == "Wilhelmina Quackenbush"
        assert hits(cast.lotus)
