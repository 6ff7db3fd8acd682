"""Rules that hold whoever writes: the database refuses what the models never ask (DOMAIN §2)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings.cancellation import Cancellation
from models.bookings.class_session import add_class
from models.bookings.timetable import ClassSchedule
from tests.bookings.salon import NOW, Salon, hk

THURSDAY = "2026-05-07 19:00"


def refused(salon: Salon, statement: str, **values: object) -> None:
    """The statement, which would change one row, is refused."""
    with pytest.raises(IntegrityError), writing():
        db.session.execute(text(statement), {"here": salon.workspace_id, **values})


def test_a_cancelled_session_has_no_seats_taken(salon: Salon) -> None:
    with writing():
        session = add_class(salon.service("yoga"), hk(THURSDAY), [], SYSTEM).id
        salon.book(THURSDAY, service="yoga")
    refused(salon, "UPDATE session SET status = 'cancelled' WHERE workspace_id = :here AND id = :id", id=session)


def test_a_cancelled_session_keeps_nobody(salon: Salon) -> None:
    with writing():
        session = add_class(salon.service("yoga"), hk(THURSDAY), [salon.person("Ann")], SYSTEM).id
    refused(salon, "UPDATE session SET status = 'cancelled' WHERE workspace_id = :here AND id = :id", id=session)
    with writing():
        gone = Cancellation(salon.book("2026-05-06 10:00", staff="Ann")).carry_out(salon.workspace, SYSTEM).session_id
    active = "UPDATE occupancy SET active = :yes WHERE workspace_id = :here AND session_id = :id"
    refused(salon, active, id=gone, yes=True)


def test_a_room_leads_no_booking_and_no_class_and_does_no_service(salon: Salon) -> None:
    with writing():
        room = salon.add_room("Room 1")
        salon.book("2026-05-06 10:00")
        ClassSchedule.add(salon.service("yoga"), 3, 600, SYSTEM, valid_from=NOW.date())
    refused(salon, "UPDATE booking SET staff_id = :room WHERE workspace_id = :here", room=room)
    refused(salon, "UPDATE class_schedule SET asset_id = :room WHERE workspace_id = :here", room=room)
    refused(salon, "INSERT INTO service_asset (workspace_id, service_id, asset_id) VALUES (:here, :service, :room)",
            room=room, service=salon.services["massage"])  # fmt: skip


def test_people_and_services_stay_of_their_kind(salon: Salon) -> None:
    refused(
        salon, "UPDATE asset SET kind = 'resource', resource_type = 'room' WHERE workspace_id = :here AND id = :id",
        id=salon.staff["Ann"],
    )  # fmt: skip
    refused(salon, "UPDATE service SET kind = 'class' WHERE workspace_id = :here AND id = :id", id=salon.services["massage"])


def test_a_date_of_the_timetable_is_opened_once(salon: Salon) -> None:
    with writing():
        entry = ClassSchedule.add(salon.service("yoga"), 3, 600, SYSTEM, valid_from=NOW.date())
        first, second, *_ = entry.open_sessions(salon.workspace)[0]
        days = {"day": first.day, "id": second.id}
    refused(salon, "UPDATE session SET day = :day WHERE workspace_id = :here AND id = :id", **days)
    refused(salon, "UPDATE session SET day = NULL WHERE workspace_id = :here AND id = :id", id=days["id"])


@pytest.mark.parametrize("column", ["price_minor", "fee_minor"])
def test_an_amount_beyond_every_price_is_refused(salon: Salon, column: str) -> None:
    with writing():
        salon.book("2026-05-06 10:00")
    for value in (-1, 10**14 + 1):
        refused(salon, f"UPDATE booking SET {column} = :value WHERE workspace_id = :here", value=value)


def test_a_booking_has_no_more_credits_than_seats(salon: Salon) -> None:
    with writing():
        salon.book("2026-05-06 10:00")
    refused(salon, "UPDATE booking SET credits_used = 2 WHERE workspace_id = :here")
