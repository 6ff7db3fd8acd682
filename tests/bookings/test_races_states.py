"""One booking and several verbs at once (THREATS CR07): one wins, and what it leaves is whole."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models import clock
from models.accounts import usage
from models.base import db, writing
from models.bookings.booking import Booking
from models.bookings.occupancy import Occupancy
from models.bookings.soundness import unsound
from tests.bookings.race import Contender, race
from tests.bookings.salon import NOW, Salon
from tests.cast import Cast

pytestmark = pytest.mark.slow


def verbs(salon: Salon, booking: int, **facts: Any) -> list[Contender]:
    told = {"workspace_id": salon.workspace_id, "booking": booking, **facts}
    return [("cancel", told), ("move", {**told, "start": "2026-05-04 15:00"}), ("complete", told)] * 4


def bookings(salon: Salon, count: int = 10) -> list[int]:
    with writing():
        return [
            salon.book(f"2026-05-04 {9 + number % 5:02}:00", who=number % 3, staff=("Ann", "Bea")[number // 5]).id
            for number in range(count)
        ]


@pytest.mark.threat("CR07")
def test_of_cancel_move_and_complete_of_one_version_one_wins(salon: Salon, database_url: str, tmp_path: Path) -> None:
    made = bookings(salon)
    rounds = [verbs(salon, number, version=1) for number in made]
    for outcome in race(database_url, tmp_path, "2026-05-04 14:00", rounds):
        won = {verb: count for verb, count in outcome.items() if verb in ("cancelled", "moved", "completed")}
        assert sum(won.values()) == 1, outcome
        assert set(outcome) - set(won) <= {"conflict", "slot_taken"}
    check_whole(salon)


def test_without_a_version_every_order_leaves_a_legal_state(salon: Salon, database_url: str, tmp_path: Path) -> None:
    rounds = [verbs(salon, number) for number in bookings(salon)]
    for outcome in race(database_url, tmp_path, "2026-05-04 14:00", rounds):
        assert set(outcome) <= {"cancelled", "moved", "completed", "conflict", "slot_taken"}, outcome
        assert outcome["cancelled"] + outcome["completed"] == 1 or outcome == Counter({"moved": 12})
    check_whole(salon)


@pytest.mark.threat("CR14")
def test_a_merge_while_bookings_are_made_leaves_none_behind(salon: Salon, database_url: str, tmp_path: Path) -> None:
    kept, gone, _ = salon.customers
    told = {"workspace_id": salon.workspace_id, "service": salon.services["massage"], "customer": gone}
    contenders: list[Contender] = [("book", {**told, "start": f"2026-05-05 {9 + number % 8:02}:00"}) for number in range(8)]
    contenders.insert(4, ("merge_customers", {"workspace_id": salon.workspace_id, "survivor": kept, "merged": gone}))
    (outcome,) = race(database_url, tmp_path, "2026-05-04 08:00", [contenders])
    assert outcome["merged"] == 1 and set(outcome) <= {"merged", "booked", "conflict"}
    db.session.rollback()
    rows = db.session.scalars(Booking.within(salon.workspace)).all()
    assert {booking.customer_id for booking in rows} <= {kept}
    assert len(rows) == outcome["booked"]
    check_whole(salon)


@pytest.mark.threat("CR15")
def test_of_twenty_bookings_at_199_of_200_one_is_made(app: Flask, cast: Cast, database_url: str, tmp_path: Path) -> None:
    with app.app_context(), clock.stopped(NOW):
        salon = Salon.open(cast.harbour.id, customers=20)
        with writing():
            usage.take(cast.harbour.id, "free", "Asia/Hong_Kong", "bookings", 199)
        told = {"workspace_id": salon.workspace_id, "service": salon.services["massage"]}
        contenders: list[Contender] = [
            ("book", {**told, "customer": who, "start": f"2026-05-{5 + number // 8:02} {9 + number % 8:02}:00"})
            for number, who in enumerate(salon.customers)
        ]
        (outcome,) = race(database_url, tmp_path, "2026-05-04 08:00", [contenders])
    assert outcome == Counter({"booked": 1, "quota_exceeded": 19})


def check_whole(salon: Salon) -> None:
    """A cancelled booking keeps nothing taken; every other keeps exactly its own session."""
    db.session.rollback()
    assert unsound(salon.workspace) == []
    taken = set(
        db.session.scalars(select(Occupancy.session_id).where(Occupancy.workspace_id == salon.workspace_id, Occupancy.active))
    )
    rows = db.session.scalars(Booking.within(salon.workspace)).all()
    assert taken == {booking.session_id for booking in rows if booking.status != "cancelled"}
