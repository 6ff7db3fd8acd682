"""Half a year of trade in one workspace, at random but repeatable, put in as rows."""

from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import insert

from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, new_id, writing
from models.bookings.booking import Booking, ref_for
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer, name_key

PAST, FUTURE = ("completed", "completed", "completed", "no_show", "cancelled"), ("confirmed", "confirmed", "pending", "cancelled")


def trade(
    workspace_id: int, now: datetime, *, customers: int = 40, bookings: int = 600, days: int = 150, seed: int = 7
) -> list[int]:
    """Fill the workspace and return the ids of its customers; every third stands near a local midnight."""
    random = Random(seed)
    enter(workspace_id)
    with writing():
        workspace = db.session.get_one(Workspace, workspace_id)
        service = Service.add(workspace, f"Massage {seed}", 60, SYSTEM, price_minor=40_000)
        people = [
            Customer(
                workspace_id=workspace_id, id=new_id(), name=f"Customer {seed} {number}", custom={},
                name_key=name_key(f"Customer {seed} {number}"), created_at=_instant(random, now, days), updated_at=now,
            )
            for number in range(customers)
        ]  # fmt: skip
        db.session.add_all(people)
        db.session.flush()
        ids = [person.id for person in people]
        sessions, rows = [], []
        for _ in range(bookings):
            starts_at = _instant(random, now + timedelta(days=15), days)
            session_id, booking_id = new_id(), new_id()
            status = random.choice(PAST if starts_at <= now else FUTURE)
            times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
            sessions.append({
                "workspace_id": workspace_id, "id": session_id, "service_id": service.id, "capacity": 1, "seats_taken": 1,
                "status": "open", "version": 1, **times,
            })  # fmt: skip
            rows.append({
                "workspace_id": workspace_id, "id": booking_id, "ref": ref_for(booking_id), "customer_id": random.choice(ids),
                "session_id": session_id, "service_id": service.id, "status": status, "price_minor": 40_000, "currency": "HKD",
                "source": "portal", "party_size": 1, "fee_minor": 0, "credits_used": 0, "version": 1, "created_at": now,
                "updated_at": now, "cancelled_at": now if status == "cancelled" else None, **times,
            })  # fmt: skip
        db.session.execute(insert(Session), sessions)
        db.session.execute(insert(Booking), rows)
    return ids


def _instant(random: Random, latest: datetime, days: int) -> datetime:
    day = (latest - timedelta(days=random.randrange(days))).astimezone(UTC).replace(hour=16, minute=0, second=0, microsecond=0)
    if random.random() < 1 / 3:  # 16:00 UTC is midnight in Hong Kong
        return min(latest, day + timedelta(milliseconds=random.choice((-1, 0, 1))))
    return min(latest, day + timedelta(minutes=random.randrange(1440)))
