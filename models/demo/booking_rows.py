"""From the diary to rows of session, occupancy, booking and timeline, in a stream."""

from array import array
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from models.base.instants import to_ms
from models.bookings.booking import ref_for
from models.bookings.cancellation import share
from models.demo.bulk import Bulk
from models.demo.businesses import ClassSpec, ServiceSpec
from models.demo.clientele import Clientele
from models.demo.diary import Diary, Sitting, Taken
from models.demo.numbers import Numbers
from models.demo.people import ZONE, midnight
from models.demo.premises import Premises

SAID: Final = {
    "completed": ("complete_booking", "Completed {}"),
    "no_show": ("mark_booking_no_show", "Did not come to {}"),
    "cancelled": ("cancel_booking", "Cancelled {}"),
}
REASONS: Final = ("Feeling unwell", "Work came up", None, "臨時有事", "Found another time", None)


class BookingRows:
    """Writes the diary of one workspace, day by day; keeps only figures."""

    def __init__(
        self, bulk: Bulk, numbers: Numbers, premises: Premises, customers: "array[int]", came: "array[int]", clientele: Clientele,
        actor: str, seeded_at: datetime, told_from: date,
    ) -> None:  # fmt: skip
        self.bulk = bulk
        self.numbers = numbers
        self.booking_numbers = Numbers(0)
        """Apart from the others, since refs are made of them: two million follow one another without a repeat."""
        self.premises = premises
        self.customers = customers
        self.came = came
        self.clientele = clientele
        self.actor = actor
        self.seeded_at = seeded_at
        self.seeded_ms = to_ms(seeded_at)
        self.told_from = told_from
        self.months: Counter[tuple[int, int]] = Counter()
        """Bookings by the local month in which they were made: what the plan counts."""

    def write(self, diary: Diary, total: int, report: Callable[[int], object]) -> None:
        """The whole book."""
        for sittings in diary.days(total):
            made = 0
            if sittings:
                begins = midnight(sittings[0].day)
                for sitting in sittings:
                    self._sitting(sitting, begins)
                    made += len(sitting.taken)
                self.bulk.flush_if_full()
            report(made)
        self.bulk.flush()

    def _sitting(self, sitting: Sitting, begins: datetime) -> None:
        spec, worker = sitting.spec, sitting.worker
        starts_at = begins + timedelta(minutes=sitting.start)
        ends_at = starts_at + timedelta(minutes=spec.minutes)
        premises, add = self.premises, self.bulk.add
        staff, service = premises.staff[worker.number], premises.services[spec]
        if isinstance(spec, ClassSpec):
            schedule = premises.schedules[spec, worker.number, sitting.day.weekday(), sitting.start]
            capacity, open_ = spec.capacity, True
        else:
            schedule = None
            capacity, open_ = 1, sitting.taken[0].status != "cancelled"
        free_at = ends_at + timedelta(minutes=spec.after)
        session = self.numbers.at(starts_at - timedelta(days=30))
        add(
            "session", id=session, service_id=service, class_schedule_id=schedule,
            day=sitting.day.isoformat() if schedule is not None else None,
            location_id=premises.locations[worker.location], starts_at=starts_at, ends_at=ends_at, capacity=capacity,
            seats_taken=sum(taken.status != "cancelled" for taken in sitting.taken), status="open" if open_ else "cancelled",
            version=1 + len(sitting.taken),
        )  # fmt: skip
        add("occupancy", asset_id=staff, session_id=session, blocked_from=starts_at, blocked_to=free_at, active=open_)
        if spec.room and worker.room is not None:
            room = premises.rooms[worker.room]
            add("occupancy", asset_id=room, session_id=session, blocked_from=starts_at, blocked_to=free_at, active=open_)
        for taken in sitting.taken:
            self._booking(taken, sitting, session, service, staff, starts_at, ends_at)

    def _booking(
        self, taken: Taken, sitting: Sitting, session: int, service: int, staff: int, starts_at: datetime, ends_at: datetime
    ) -> None:
        spec, status = sitting.spec, taken.status
        came = self.came[taken.customer]
        created_at = starts_at - timedelta(minutes=taken.lead_minutes, seconds=taken.lead_minutes % 59)
        since_came = to_ms(created_at) - came
        if since_came < 0:
            created_at -= timedelta(milliseconds=since_came)
        number = self.booking_numbers.at(created_at)
        settled_at = ends_at + timedelta(minutes=3) if status in ("completed", "no_show") else None
        cancelled_at = None
        if taken.cancelled_minutes is not None:
            cancelled_at = max(starts_at - timedelta(minutes=taken.cancelled_minutes), created_at + timedelta(minutes=1))
        self.bulk.add(
            "booking", id=number, ref=ref_for(number), customer_id=self.customers[taken.customer], session_id=session,
            service_id=service, staff_id=staff, starts_at=starts_at, ends_at=ends_at, party_size=1, status=status,
            hold_expires_at=None, settled_at=settled_at, cancelled_at=cancelled_at,
            cancelled_for="customer" if cancelled_at is not None else None,
            cancel_reason=REASONS[number % len(REASONS)] if cancelled_at is not None else None,
            fee_minor=_fee(spec, status, cancelled_at, starts_at), price_minor=spec.price, currency="HKD",
            credits_used=0, source="portal", customer_note=None, version=1 if status in ("confirmed", "pending") else 2,
            created_at=created_at, updated_at=cancelled_at or settled_at or created_at,
        )  # fmt: skip
        local = created_at.astimezone(ZONE)
        self.months[local.year, local.month] += 1
        self.clientele.note(taken.customer, status, to_ms(starts_at), self.seeded_ms)
        if sitting.day >= self.told_from:
            self._tell("create_booking", "Booked {}", created_at, taken, number, spec.name, starts_at)
            if status in SAID:
                verb, words = SAID[status]
                self._tell(verb, words, cancelled_at or settled_at or created_at, taken, number, spec.name, starts_at)

    def _tell(self, verb: str, words: str, at: datetime, taken: Taken, booking: int, service: str, starts_at: datetime) -> None:
        self.bulk.add(
            "timeline", id=self.numbers.at(at), customer_id=self.customers[taken.customer], at=at, kind=verb, entity="booking",
            entity_id=booking, actor=self.actor, client_id=None, summary=words.format(service),
            data={"starts_at": starts_at.isoformat(), "status": taken.status},
        )  # fmt: skip


def _fee(spec: ServiceSpec | ClassSpec, status: str, cancelled_at: datetime | None, starts_at: datetime) -> int:
    """What is owed for cancelling after the cutoff, or for not coming (DOMAIN §2, Cancelling)."""
    if status == "no_show":
        return share(spec.price, spec.no_show_fee_bp)
    if cancelled_at is not None and starts_at - cancelled_at < timedelta(minutes=spec.cutoff):
        return share(spec.price, spec.late_fee_bp)
    return 0
