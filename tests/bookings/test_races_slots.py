"""One slot and many who want it at once (THREATS CR05): several processes, on both databases, each with its count."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings.booking import LIVE, Booking
from models.bookings.class_session import add_class
from models.bookings.package import Package, PackageCredit
from models.bookings.service import Service
from models.bookings.session import Session
from models.bookings.soundness import unsound
from models.customers.customer import Customer
from tests.bookings.race import Contender, race
from tests.bookings.salon import Salon, customer, hk

MORNING = "2026-05-04 08:00"
pytestmark = pytest.mark.slow


@pytest.fixture
def crowd(salon: Salon) -> Salon:
    """Fifty customers."""
    with writing():
        salon.customers = [customer(salon.workspace, f"Guest {number}").id for number in range(50)]
    return salon


def live(salon: Salon) -> int:
    db.session.rollback()
    count = select(func.count()).select_from(Booking).where(Booking.workspace_id == salon.workspace_id, Booking.status.in_(LIVE))
    return db.session.scalar(count) or 0


def whole(salon: Salon) -> bool:
    """Seats are counted right, nobody and nothing is taken twice, no credit is lost."""
    db.session.rollback()
    return unsound(salon.workspace) == []


def wish(salon: Salon, who: int, start: str, **facts: object) -> Contender:
    wanted = {"workspace_id": salon.workspace_id, "service": salon.services["massage"], "customer": salon.customers[who]}
    return "book", {**wanted, "start": start, **facts}


@pytest.mark.threat("CR05")
def test_fifty_bookings_of_one_slot_fifty_times_over_make_fifty_bookings(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    rounds = [
        [wish(crowd, who, f"2026-05-{5 + number // 8:02} {9 + number % 8:02}:00", staff=crowd.staff["Ann"]) for who in range(50)]
        for number in range(50)
    ]
    outcomes = race(database_url, tmp_path, MORNING, rounds)
    assert outcomes == [Counter({"booked": 1, "slot_taken": 49})] * 50
    assert (live(crowd), whole(crowd)) == (50, True)


def test_two_people_are_two_places_and_the_third_is_refused(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    rounds = [[wish(crowd, who, f"2026-05-05 {hour:02}:00") for who in range(20)] for hour in range(9, 17)]
    outcomes = race(database_url, tmp_path, MORNING, rounds)
    assert outcomes == [Counter({"booked": 2, "slot_taken": 18})] * 8
    assert whole(crowd)


def test_bookings_that_need_two_people_and_a_room_never_deadlock(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        crowd.service().change(SYSTEM, staff_needed=2)
        crowd.service().require({"room": 1}, SYSTEM)
        crowd.add_room("Room 1")
        solo = Service.add(crowd.workspace, "Alone", 60, SYSTEM, slot_step_min=30)
        for name in crowd.staff:
            solo.assign(crowd.person(name), SYSTEM)
        moving = [crowd.book(f"2026-05-{7 + number:02} 10:00", who=number).id for number in range(6)]
    rounds = [
        [
            *(wish(crowd, who, f"2026-05-05 {9 + hour:02}:00") for who in range(10, 30)),
            *(wish(crowd, who, f"2026-05-05 {9 + hour:02}:30", service=solo.id) for who in range(30, 40)),
            *(
                ("swap", {"workspace_id": crowd.workspace_id, "booking": number, "start": f"2026-05-{7 + day:02} 10:00"})
                for day, number in enumerate(moving)
                for _ in range(2)
            ),
        ]
        for hour in range(7)
    ]
    for outcome in race(database_url, tmp_path, MORNING, rounds):
        # A conflict is a booking that its twin moved at the same moment.
        assert set(outcome) <= {"booked", "slot_taken", "moved", "conflict"}
        assert outcome["booked"] >= 1
    assert whole(crowd)


def test_thirty_bookings_of_a_class_of_twelve_fill_twelve_seats(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    starts = [f"2026-05-{day:02} 19:00" for day in range(5, 10)]
    with writing():
        classes = [add_class(crowd.service("yoga"), hk(start), [crowd.person("Ann")], SYSTEM).id for start in starts]
    rounds = [[wish(crowd, who, start, service=crowd.services["yoga"]) for who in range(30)] for start in starts]
    outcomes = race(database_url, tmp_path, MORNING, rounds)
    assert outcomes == [Counter({"booked": 12, "slot_taken": 18})] * 5
    db.session.rollback()
    assert [Session.find(crowd.workspace, number).seats_taken for number in classes] == [12] * 5
    assert whole(crowd)


def test_a_class_is_never_overfilled_by_parties(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        session = add_class(crowd.service("yoga"), hk("2026-05-05 19:00"), [], SYSTEM)
    contenders = [wish(crowd, who, "2026-05-05 19:00", service=crowd.services["yoga"], party=5) for who in range(20)]
    assert race(database_url, tmp_path, MORNING, [contenders]) == [Counter({"booked": 2, "slot_taken": 18})]
    db.session.rollback()
    assert Session.find(crowd.workspace, session.id).seats_taken == 10
    assert whole(crowd)


def test_the_last_package_credit_is_redeemed_once_by_twenty(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    with writing():
        package = Package.add(crowd.workspace, "One", 100, {crowd.service(): 1}, SYSTEM)
        package.grant(crowd.customers[0], SYSTEM)
    contenders = [
        wish(crowd, 0, f"2026-05-{5 + number // 8:02} {9 + number % 8:02}:00", package=package.id) for number in range(20)
    ]
    assert race(database_url, tmp_path, MORNING, [contenders]) == [Counter({"booked": 1, "blocked": 19})]
    db.session.rollback()
    assert PackageCredit.balances(crowd.workspace, crowd.customers[0]) == []
    assert live(crowd) == 1 and whole(crowd)


def test_the_same_call_twenty_times_at_once_books_once(crowd: Salon, database_url: str, tmp_path: Path) -> None:
    arguments = {
        "member_id": Customer.find(crowd.workspace, crowd.customers[0]).shown_id, "service_id": crowd.service().shown_id,
        "starts_at": "2026-05-05T10:00", "idempotency_key": "one-key-for-all",
    }  # fmt: skip
    contender: Contender = ("call_create_booking", {"workspace_id": crowd.workspace_id, "arguments": arguments})
    assert race(database_url, tmp_path, MORNING, [[contender] * 20]) == [Counter({"done": 1, "repeated": 19})]
    assert live(crowd) == 1


def test_one_customer_asking_twenty_times_for_one_time_gets_the_one_booking(
    crowd: Salon, database_url: str, tmp_path: Path
) -> None:
    contenders = [wish(crowd, 0, "2026-05-05 10:00")] * 20
    assert race(database_url, tmp_path, MORNING, [contenders]) == [Counter({"booked": 1, "again": 19})]
    assert live(crowd) == 1
