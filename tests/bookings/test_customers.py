"""What bookings are to customers: next bookings, archiving, forgetting, merging, segments."""

import pytest
from sqlalchemy import select

from models import clock
from models.activity.actor import SYSTEM
from models.activity.undo import UndoStep, undo_of
from models.base import db, writing
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.class_session import add_class
from models.bookings.package import Package
from models.bookings.session import Session
from models.customers.anonymise import anonymise
from models.customers.archive import Blocked, archive
from models.customers.customer import Customer
from models.customers.filter.compiling import conditions_of
from models.customers.filter.fields import Asking
from models.customers.filter.text import parse
from models.customers.merge import merge
from models.customers.upcoming import next_bookings
from models.errors import Invalid
from tests.bookings.salon import Salon, hk

THURSDAY = "2026-05-07 19:00"


def test_the_next_booking_of_each_customer_is_shown_beside_them(salon: Salon) -> None:
    with writing():
        salon.book("2026-05-06 10:00")
        first = salon.book("10:00")
        salon.book("2026-05-06 12:00", who=1)
    shown = next_bookings(salon.workspace, salon.customers)
    assert shown.keys() == set(salon.customers[:2])
    found = shown[salon.customers[0]]
    assert (found.shown_id, found.starts_at, found.service) == (first.shown_id, hk("10:00"), "Massage")


def test_a_customer_with_a_booking_to_come_is_not_archived_and_the_booking_is_named(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00")
    with pytest.raises(Blocked, match=booking.ref), writing():
        archive(salon.workspace, salon.customers[0], SYSTEM)
    with writing():
        Cancellation(booking).carry_out(salon.workspace, SYSTEM)
        archive(salon.workspace, salon.customers[0], SYSTEM)


def test_anonymising_cancels_what_is_to_come_for_the_business_and_forgets_what_was_written(salon: Salon) -> None:
    with writing():
        booking = salon.book("10:00", note="My back hurts")
        done = anonymise(salon.workspace, salon.customers[0], SYSTEM)
    assert len(done.cancelled) == 1 and booking.ref in done.cancelled[0]
    db.session.expire_all()
    row = salon.booking(booking.id)
    assert (row.status, row.customer_note, row.fee_minor) == ("cancelled", None, 0)
    assert salon.free()[2] == "10:00"


def test_merging_moves_bookings_and_makes_one_of_two_in_a_class(salon: Salon) -> None:
    with writing():
        session = add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM)
        kept = salon.book(THURSDAY, service="yoga")
        joined = salon.book(THURSDAY, service="yoga", who=1, party_size=2)
        other = salon.book("10:00", who=1)
    ids = [Customer.find(salon.workspace, number).shown_id for number in salon.customers[:2]]
    with writing():
        merge(salon.workspace, *ids, SYSTEM)
    db.session.expire_all()
    assert (salon.booking(kept.id).party_size, salon.booking(joined.id).status) == (3, "cancelled")
    assert salon.booking(other.id).customer_id == salon.customers[0]
    assert Session.find(salon.workspace, session.id).seats_taken == 3
    assert salon.customer().bookings_count == 2


def test_a_merge_that_is_undone_gives_each_their_bookings_back(salon: Salon) -> None:
    with writing():
        add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM)
        kept = salon.book(THURSDAY, service="yoga")
        joined = salon.book(THURSDAY, service="yoga", who=1, party_size=2)
    ids = [Customer.find(salon.workspace, number).shown_id for number in salon.customers[:2]]
    with writing():
        merge(salon.workspace, *ids, SYSTEM)
    with writing():
        step = db.session.scalars(
            select(UndoStep).where(UndoStep.workspace_id == salon.workspace_id, UndoStep.verb == "merge_contacts")
        ).one()
        undo_of(salon.workspace, step.audit_id).undo(SYSTEM)
    db.session.expire_all()
    rows = [salon.booking(number) for number in (kept.id, joined.id)]
    assert [(row.customer_id, row.party_size, row.status) for row in rows] == [
        (salon.customers[0], 1, "confirmed"),
        (salon.customers[1], 2, "confirmed"),
    ]


def found(salon: Salon, text: str) -> set[int]:
    asking = Asking(salon.workspace, clock.now())
    here = Customer.within(salon.workspace).where(*conditions_of(parse(text), asking))
    return {customer.id for customer in db.session.scalars(here)} & set(salon.customers)


def test_segments_ask_for_service_person_and_package(salon: Salon) -> None:
    first, second, third = salon.customers
    with writing():
        salon.book("10:00", staff="Ann")
        salon.book("10:00", who=1, staff="Bea")
        Package.add(salon.workspace, "Ten massages", 300_000, {salon.service(): 10}, SYSTEM).grant(third, SYSTEM)
    assert found(salon, "service:massage") == {first, second}
    assert found(salon, "staff:ann") == {first}
    assert found(salon, f"staff:{salon.person('Bea').shown_id}") == {second}
    assert found(salon, 'package:"ten massages"') == {third}
    assert found(salon, "service:yoga") == set()
    with pytest.raises(Invalid, match="haircut"):
        found(salon, "service:haircut")


def test_two_customers_never_share_a_ref(salon: Salon) -> None:
    with writing():
        refs = {salon.book(f"2026-05-{day:02} 10:00", who=who).ref for day in range(5, 12) for who in range(2)}
    assert len(refs) == 14
    assert len(db.session.scalars(Booking.within(salon.workspace)).all()) == 14
