"""The engine says free ⇔ the booking succeeds, on random schedules, buffers and bookings in the database."""

from datetime import timedelta
from random import Random

import pytest

from models.activity.actor import SYSTEM
from models.base import db, writing
from models.base.instants import to_ms
from models.bookings.asset import Staff
from models.bookings.calendar import Calendar
from models.bookings.hours import WorkingHours
from models.bookings.refusals import SlotTaken
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.bookings.time_off import TimeOff
from models.errors import Conflict
from tests.bookings.salon import Salon, customer, hk

DAY = "2026-05-06"


def random_service(salon: Salon, chance: Random) -> Service:
    """A service with up to three people of odd hours, perhaps a room, and a day that is half full."""
    service = Service.add(
        salon.workspace, "Something", chance.choice([30, 45, 60, 90]), SYSTEM, slot_step_min=chance.choice([15, 20, 30]),
        buffer_before_min=chance.choice([0, 10]), buffer_after_min=chance.choice([0, 15]),
        staff_needed=chance.choice([1, 1, 1, 2]), daily_limit=chance.choice([None, None, 6]),
    )  # fmt: skip
    for number in range(chance.choice([2, 3])):
        person = Staff.add(salon.workspace, f"Person {number}", SYSTEM, daily_limit=chance.choice([None, None, 3]))
        start = chance.choice([480, 540, 615])
        shifts = [(2, start, start + 240), (2, start + 270, start + 480)] if chance.random() < 0.5 else [(2, start, start + 500)]
        WorkingHours.replace(person, shifts, SYSTEM)
        service.assign(person, SYSTEM)
        if chance.random() < 0.4:
            away = hk(f"{DAY} 12:00") + timedelta(minutes=chance.randrange(0, 180))
            TimeOff.add(person, away, away + timedelta(minutes=chance.choice([20, 90])), SYSTEM)
    if chance.random() < 0.4:
        service.require({"room": 1}, SYSTEM)
        salon.add_room("Room 1")
    for number in range(6):
        guest = customer(salon.workspace, f"Guest {number}")
        start = hk(f"{DAY} 08:00") + timedelta(minutes=5 * chance.randrange(0, 110))
        booking = db.session.begin_nested()
        try:
            Reservation(guest, service, start).book(salon.workspace, SYSTEM)
        except SlotTaken:
            booking.rollback()
        else:
            booking.commit()
    return service


@pytest.mark.parametrize("seed", range(12))
def test_every_offered_start_can_be_booked_and_no_other_on_the_grid(salon: Salon, seed: int) -> None:
    with writing():
        service = random_service(salon, Random(seed))
        guest = customer(salon.workspace, "The one who asks").id
    day = hk(f"{DAY} 00:00")
    found = Calendar(salon.workspace, service).free((to_ms(day), to_ms(day + timedelta(days=1))), 1)
    offered = {offer.slot.starts_at for offer in found.offers}
    step = timedelta(minutes=service.slot_step_min)
    starts = [
        day + number * step for number in range(int(timedelta(hours=20) / step)) if day + number * step >= hk(f"{DAY} 07:00")
    ]
    bookable = set()
    for start in starts:
        try:
            with writing(keep=False):
                salon.customers = [guest]
                Reservation(salon.customer(), Service.find(salon.workspace, service.id), start).book(salon.workspace, SYSTEM)
                bookable.add(to_ms(start))
        except Conflict:
            continue
    assert bookable == offered & {to_ms(start) for start in starts}
    assert offered <= {to_ms(start) for start in starts}
