"""The booking state machine against a small model of it: states, times, fees and who is free, over random stories."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from models import clock
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.bookings import progress
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.cancellation import Cancellation
from models.bookings.move import Move
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.customers.customer import Customer
from models.errors import DomainError
from tests.bookings.salon import Salon, customer, hk, nine_to_five

HOURS = st.integers(9, 16)
PRICE, LATE, MISSED, CUTOFF = 10_000, 5_000, 10_000, timedelta(hours=2)
FREED = ("cancelled",)
_numbers = count()


@dataclass
class Told:
    """What the model knows of one booking."""

    id: int
    hour: int
    status: str
    fee: int = 0
    version: int = 1
    held_until: datetime | None = None
    settled: datetime | None = None


class Desk(RuleBasedStateMachine):
    """One person, one service, one day."""

    salon: Salon

    @initialize()
    def open(self) -> None:
        self.now = hk("08:00")
        self.bookings: list[Told] = []
        with clock.stopped(self.now), writing():
            here = self.salon.workspace
            service = Service.add(
                here, "Story", 60, SYSTEM, price_minor=PRICE, slot_step_min=60, cancel_cutoff_min=120,
                late_cancel_fee_bp=5_000, no_show_fee_bp=10_000,
            )  # fmt: skip
            person = Staff.add(here, f"Teller {next(_numbers)}", SYSTEM)
            nine_to_five(person)
            service.assign(person, SYSTEM)
            self.service, self.guests = service.id, [customer(here, f"Guest {number}").id for number in range(12)]

    def hour_at(self, hour: int) -> datetime:
        return hk(f"{hour:02}:00")

    def lapsed(self, told: Told) -> bool:
        return told.status == "held" and told.held_until is not None and told.held_until <= self.now

    def is_free(self, hour: int, but: Told | None = None) -> bool:
        """Whether the model has nothing there; a lapsed hold gives way and is gone once somebody books."""
        in_the_way = [t for t in self.bookings if t is not but and t.hour == hour and t.status != "cancelled"]
        return all(self.lapsed(told) for told in in_the_way) and self.hour_at(hour) >= self.now

    def swept(self) -> None:
        for told in self.bookings:
            if self.lapsed(told):
                told.status, told.version = "cancelled", told.version + 1

    def attempt(self, verb: Any) -> bool:
        with clock.stopped(self.now):
            try:
                with writing():
                    verb(self.salon.workspace)
            except DomainError:
                return False
        return True

    @precondition(lambda self: len(self.bookings) < 12)
    @rule(hour=HOURS, held=st.booleans())
    def book(self, hour: int, held: bool) -> None:
        made: list[int] = []

        def verb(here: Any) -> None:
            guest = Customer.find(here, self.guests[len(self.bookings)])
            asked = Reservation(guest, Service.find(here, self.service), self.hour_at(hour))
            made.append((asked.hold(here, SYSTEM) if held else asked.book(here, SYSTEM)[0]).id)

        expected = self.is_free(hour)
        assert self.attempt(verb) == expected
        if expected:
            self.swept()
            until = self.now + timedelta(minutes=10) if held else None
            self.bookings.append(Told(made[0], hour, "held" if held else "confirmed", held_until=until))

    @precondition(lambda self: self.bookings)
    @rule(data=st.data(), hour=HOURS)
    def move(self, data: st.DataObject, hour: int) -> None:
        told = data.draw(st.sampled_from(self.bookings))
        same = hour == told.hour
        movable = told.status in ("held", "confirmed") and not self.lapsed(told)
        expected = movable and (same or self.is_free(hour, told))
        assert self.attempt(lambda here: Move(self.found(told), self.hour_at(hour)).carry_out(here, SYSTEM)) == expected
        if expected and not same:
            self.swept()
            told.hour, told.version = hour, told.version + 1

    @precondition(lambda self: self.bookings)
    @rule(data=st.data(), business=st.booleans())
    def cancel(self, data: st.DataObject, business: bool) -> None:
        told = data.draw(st.sampled_from(self.bookings))
        expected = told.status in ("held", "confirmed") and not self.lapsed(told)
        cancelled_for = "business" if business else "customer"
        late = self.now > self.hour_at(told.hour) - CUTOFF and told.status == "confirmed" and not business
        verb = lambda here: Cancellation(self.found(told), None, cancelled_for).carry_out(here, SYSTEM)  # type: ignore[arg-type]  # noqa: E731
        assert self.attempt(verb) == expected
        if expected:
            told.status, told.fee, told.version = "cancelled", LATE if late else 0, told.version + 1

    @precondition(lambda self: self.bookings)
    @rule(data=st.data(), verb=st.sampled_from(["confirm", "check_in", "complete", "mark_no_show", "reopen"]))
    def step(self, data: st.DataObject, verb: str) -> None:
        told = data.draw(st.sampled_from(self.bookings))
        after = self.after(told, verb)
        assert self.attempt(lambda here: getattr(progress, verb)(here, self.found(told), SYSTEM)) == (after is not None)
        if after is not None:
            told.status, told.version = after, told.version + 1
            told.settled = self.now if after in ("completed", "no_show") else None
            told.fee = MISSED if after == "no_show" else 0

    def after(self, told: Told, verb: str) -> str | None:
        """The state that a verb leads to from here, None where it is refused."""
        begun = self.hour_at(told.hour) <= self.now
        recent = told.settled is None or self.now <= told.settled + timedelta(hours=24)
        allowed = {
            "confirm": told.status == "held" and not self.lapsed(told),
            "check_in": told.status == "confirmed",
            "complete": told.status in ("confirmed", "checked_in") and begun,
            "mark_no_show": told.status == "confirmed" and begun,
            "reopen": told.status == "checked_in" or (told.status in ("completed", "no_show") and recent),
        }
        names = {"confirm": "confirmed", "check_in": "checked_in", "complete": "completed", "mark_no_show": "no_show"}
        return names.get(verb, "confirmed") if allowed[verb] else None

    @rule(minutes=st.sampled_from([5, 30, 60, 180, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def found(self, told: Told) -> Booking:
        return Booking.find(self.salon.workspace, told.id)

    @invariant()
    def the_database_agrees(self) -> None:
        db.session.rollback()
        db.session.expire_all()
        for told in self.bookings if hasattr(self, "bookings") else ():
            row = self.found(told)
            assert (row.status, row.fee_minor, row.version) == (told.status, told.fee, told.version)
            assert row.starts_at == self.hour_at(told.hour)


def test_random_stories_end_as_the_model_says(salon: Salon) -> None:
    class Story(Desk):
        pass

    Story.salon = salon
    chosen = settings(
        max_examples=40, stateful_step_count=30, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Story, settings=chosen)
