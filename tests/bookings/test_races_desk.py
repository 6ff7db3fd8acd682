"""What the desk changes while others book: somebody leaves, a place closes, a class is cancelled (THREATS CR05)."""

from collections import Counter
from pathlib import Path

import pytest

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.class_session import add_class
from models.bookings.location import Location
from models.bookings.occupancy import Occupancy
from models.bookings.session import Session
from models.bookings.soundness import unsound
from models.bookings.timetable import ClassSchedule
from models.customers.customer import Customer
from models.customers.merge import merge
from tests.bookings.race import Contender, race
from tests.bookings.salon import NOW, Salon, customer, hk, nine_to_five

MORNING, THURSDAY = "2026-05-04 08:00", "2026-05-07 19:00"
pytestmark = [pytest.mark.slow, pytest.mark.threat("CR05")]


@pytest.fixture
def crowd(salon: Salon) -> Salon:
    """Thirty customers."""
    with writing():
        salon.customers = [customer(salon.workspace, f"Guest {number}").id for number in range(30)]
    return salon


def wish(salon: Salon, who: int, start: str, service: str = "massage", **facts: object) -> Contender:
    wanted = {"workspace_id": salon.workspace_id, "service": salon.services[service], "customer": salon.customers[who]}
    return "book", {**wanted, "start": start, **facts}


def the_desk(salon: Salon, job: str, **facts: object) -> Contender:
    return job, {"workspace_id": salon.workspace_id, **facts}


def whole(salon: Salon) -> None:
    db.session.rollback()
    assert unsound(salon.workspace) == []


def test_nobody_who_was_let_go_has_a_booking_to_come(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        leaving = []
        for number in range(10):
            person = Staff.add(crowd.workspace, f"Temp {number}", SYSTEM)
            nine_to_five(person)
            crowd.service().assign(person, SYSTEM)
            leaving.append(person.id)
    rounds = [
        [
            *(wish(crowd, number, "2026-05-05 10:00", staff=person) for number in range(4)),
            the_desk(crowd, "archive_staff", staff=person),
            *(wish(crowd, number, "2026-05-05 12:00", staff=person) for number in range(4, 8)),
        ]
        for person in leaving
    ]  # fmt: skip
    outcomes = race(database_url, tmp_path, MORNING, rounds)
    whole(crowd)
    for outcome, person in zip(outcomes, leaving, strict=True):
        assert set(outcome) <= {"booked", "slot_taken", "archived", "conflict"}, outcome
        gone = Staff.find(crowd.workspace, person).archived_at is not None
        assert gone == bool(outcome["archived"])
        assert Occupancy.to_come(crowd.workspace_id, person) == outcome["booked"] == (0 if gone else outcome["booked"])


def test_a_place_that_was_closed_has_nothing_to_come(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        places = [Location.add(crowd.workspace, f"Place {number}", SYSTEM).id for number in range(9)]
    rounds = [
        [
            *(wish(crowd, number, f"2026-05-{5 + day:02} 10:00", location=place) for number in range(5)),
            the_desk(crowd, "close_location", location=place),
        ]
        for day, place in enumerate(places[1:])
    ]  # fmt: skip
    for outcome, place in zip(race(database_url, tmp_path, MORNING, rounds), places[1:], strict=True):
        assert set(outcome) <= {"booked", "slot_taken", "closed", "conflict", "invalid"}, outcome
        db.session.rollback()
        found = Location.find(crowd.workspace, place)
        assert found.to_come == outcome["booked"]
        assert not (found.archived_at is not None and found.to_come)
    whole(crowd)


def test_two_moves_into_a_day_that_takes_one_booking_make_one(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        ann, bea = crowd.staff.values()
        moving = [
            (crowd.book(f"2026-05-{6 + number:02} 10:00", staff="Ann", who=number).id,
             crowd.book(f"2026-05-{6 + number:02} 10:00", staff="Bea", who=number + 10).id)
            for number in range(6)
        ]  # fmt: skip
        crowd.service().change(SYSTEM, daily_limit=1)
    rounds = [
        [
            the_desk(crowd, "move", booking=booking, start=f"2026-05-{20 + number:02} {hour}:00", staff=staff)
            for booking, staff, hour in ((one, ann, 10), (two, bea, 14))
        ]
        for number, (one, two) in enumerate(moving)
    ]  # fmt: skip
    assert race(database_url, tmp_path, MORNING, rounds) == [Counter({"moved": 1, "slot_taken": 1})] * 6
    whole(crowd)


def test_a_class_that_is_cancelled_while_it_fills_keeps_nobody(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        classes = [add_class(crowd.service("yoga"), hk(f"2026-05-{5 + day:02} 19:00"), [], SYSTEM).id for day in range(6)]
    rounds = [
        [
            *(wish(crowd, who, f"2026-05-{5 + day:02} 19:00", "yoga") for who in range(7)),
            the_desk(crowd, "cancel_class", session=session),
            *(wish(crowd, who, f"2026-05-{5 + day:02} 19:00", "yoga") for who in range(7, 14)),
        ]
        for day, session in enumerate(classes)
    ]  # fmt: skip
    for outcome in race(database_url, tmp_path, MORNING, rounds):
        assert outcome["cancelled"] == 1 and set(outcome) <= {"booked", "slot_taken", "cancelled"}, outcome
    whole(crowd)
    assert {Session.find(crowd.workspace, session).seats_taken for session in classes} == {0}
    assert {booking.status for booking in db.session.scalars(Booking.within(crowd.workspace))} <= {"cancelled"}


def test_somebody_takes_a_class_over_or_an_appointment_and_never_both(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        classes = [
            add_class(crowd.service("yoga"), hk(f"2026-05-{5 + day:02} 10:00"), [crowd.person("Ann")], SYSTEM).id
            for day in range(6)
        ]
    rounds = [
        [
            the_desk(crowd, "lead_class", session=session, staff=crowd.staff["Bea"]),
            *(wish(crowd, who, f"2026-05-{5 + day:02} 10:30", staff=crowd.staff["Bea"]) for who in range(4)),
        ]
        for day, session in enumerate(classes)
    ]  # fmt: skip
    for outcome in race(database_url, tmp_path, MORNING, rounds):
        assert outcome["changed"] + outcome["booked"] == 1, outcome
        assert set(outcome) <= {"changed", "booked", "slot_taken", "conflict"}
    whole(crowd)


def test_several_workers_open_each_date_once(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        entries = [ClassSchedule.add(crowd.service("yoga"), day, 600, SYSTEM, valid_from=NOW.date()).id for day in range(5)]
    rounds = [[the_desk(crowd, "open_timetable", entry=entry)] * 10 for entry in entries]
    for outcome in race(database_url, tmp_path, MORNING, rounds):
        assert len(outcome) == 2 and outcome["opened 0"] == 9, outcome
    whole(crowd)


@pytest.mark.threat("CR14")
def test_a_merge_that_is_taken_apart_while_the_class_fills_never_overbooks_it(
    crowd: Salon, database_url: str, tmp_path: Path
) -> None:
    with writing():
        first = add_class(crowd.service("yoga"), hk(THURSDAY), [], SYSTEM, capacity=4).id
        add_class(crowd.service("yoga"), hk("2026-05-08 19:00"), [], SYSTEM)
        kept = crowd.book(THURSDAY, service="yoga").id
        crowd.book(THURSDAY, service="yoga", who=1, party_size=2)
        merge(crowd.workspace, *(Customer.find(crowd.workspace, each).shown_id for each in crowd.customers[:2]), SYSTEM)
    contenders = [
        the_desk(crowd, "move", booking=kept, start="2026-05-08 19:00"),
        *(wish(crowd, who, THURSDAY, "yoga") for who in range(2, 12)),
        the_desk(crowd, "undo_merge"),
        the_desk(crowd, "cancel", booking=kept),
    ]
    (outcome,) = race(database_url, tmp_path, MORNING, [contenders])
    assert set(outcome) <= {"moved", "booked", "slot_taken", "taken apart", "conflict", "cancelled"}, outcome
    whole(crowd)
    assert Session.find(crowd.workspace, first).seats_taken <= 4
