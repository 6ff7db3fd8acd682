"""Where the businesses work, who and what is there, what can be booked, and when: everything that bookings stand on."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from models.demo.bulk import Bulk
from models.demo.businesses import Business, ClassSpec, ServiceSpec
from models.demo.diary import Worker
from models.demo.names import person_name
from models.demo.numbers import Numbers
from models.demo.people import NAMES, ZONE, Place, midnight
from models.demo.trade import AHEAD_DAYS, first_day, holidays

DISTRICTS: Final = (
    "Central", "Causeway Bay", "Tsim Sha Tsui", "Mong Kok", "Sha Tin", "Tai Po", "Yuen Long", "Tuen Mun", "Kwun Tong", "Wan Chai",
    "North Point", "Kennedy Town", "Aberdeen", "Sai Kung", "Tseung Kwan O",
)  # fmt: skip


class Premises:
    """Writes the premises of one workspace and remembers the ids that bookings refer to."""

    def __init__(self, bulk: Bulk, numbers: Numbers, place: Place, crew: list[Worker], as_of: date, rng: Random) -> None:
        self.bulk = bulk
        self.numbers = numbers
        self.place = place
        self.business: Business = place.business
        self.crew = crew
        self.as_of = as_of
        self.rng = rng
        self.opened: datetime = midnight(first_day(as_of)) + timedelta(hours=9, minutes=30)
        count = max(worker.location for worker in crew) + 1
        self.locations = [self._number() for _ in range(count)]
        self.staff = [self._number() for _ in crew]
        self.rooms = [self._number() for worker in crew if worker.room is not None]
        specs: tuple[ServiceSpec | ClassSpec, ...] = (*self.business.services, *self.business.classes)
        self.services = {spec: self._number() for spec in specs}
        self.schedules: dict[tuple[ClassSpec, int, int, int], int] = {}
        """By class, teacher, weekday and minute."""

    def write(self) -> None:
        """Everything, parents first."""
        for spec in self.services:
            self._service(spec)
        for number, location in enumerate(self.locations):
            self._location(number, location)
        for worker in self.crew:
            self._worker(worker)
        for spec in self.business.classes:
            self._timetable(spec)
        self._package()
        self.bulk.flush()

    def _number(self) -> int:
        return self.numbers.at(self.opened)

    def _service(self, spec: ServiceSpec | ClassSpec) -> None:
        capacity = spec.capacity if isinstance(spec, ClassSpec) else 1
        self.bulk.add(
            "service", id=self.services[spec], name=spec.name, category=spec.category, description=spec.description or None,
            kind="class" if isinstance(spec, ClassSpec) else "appointment",
            duration_min=spec.minutes, buffer_before_min=0, buffer_after_min=spec.after, slot_step_min=15,
            capacity=capacity, staff_needed=1, daily_limit=None, assign_rule="least_busy", lead_time_min=60, horizon_days=90,
            cancel_cutoff_min=spec.cutoff, late_cancel_fee_bp=spec.late_fee_bp, no_show_fee_bp=spec.no_show_fee_bp,
            needs_approval=False, online=True, price_minor=spec.price, deposit_minor=0, currency="HKD", tax_rate_bp=0,
            archived_at=None,
        )  # fmt: skip
        if spec.room:
            self.bulk.add("service_resource_need", service_id=self.services[spec], resource_type="room", quantity=1)

    def _location(self, number: int, location: int) -> None:
        district = DISTRICTS[number % len(DISTRICTS)]
        branch = f" {number // len(DISTRICTS) + 1}" if number >= len(DISTRICTS) else ""
        name = f"{self.business.name} {district}{branch}" if len(self.locations) > 1 else district
        self.bulk.add(
            "location",
            id=location,
            name=name,
            timezone=ZONE.key,
            address={"city": "Hong Kong", "district": district},
            archived_at=None,
        )
        for weekday in range(7):
            self._hours(None, location, weekday)
        first = first_day(self.as_of)
        for year in range(first.year, self.as_of.year + 2):
            for day in holidays(date(year, 6, 1)):
                if first <= day <= self.as_of + timedelta(days=365):
                    self.bulk.add(
                        "date_override", id=self._number(), asset_id=None, location_id=location, day=day.isoformat(), closed=True,
                        from_min=None, to_min=None, reason="Lunar New Year",
                    )  # fmt: skip

    def _worker(self, worker: Worker) -> None:
        name, user_id = self._named(worker)
        location = self.locations[worker.location]
        self._asset(self.staff[worker.number], "staff", name, location, user_id=user_id)
        for weekday in range(7):
            if weekday not in worker.days_off:
                self._hours(self.staff[worker.number], None, weekday)
        for spec, service in self.services.items():
            if spec.role == worker.role:
                self.bulk.add(
                    "service_asset", service_id=service, asset_id=self.staff[worker.number], duration_min=None, price_minor=None
                )
        if worker.room is not None:
            self._asset(self.rooms[worker.room], "resource", f"Room {worker.room + 1}", location, resource_type="room")
        if worker.number == 1:
            start = midnight(self.as_of + timedelta(days=AHEAD_DAYS + 5))
            self.bulk.add(
                "time_off", id=self._number(), asset_id=self.staff[worker.number], starts_at=start,
                ends_at=start + timedelta(days=4), reason="Annual leave", source="manual",
            )  # fmt: skip

    def _named(self, worker: Worker) -> tuple[str, int | None]:
        """The people of the first location have names of their own; whoever also signs in is linked to their user."""
        if worker.number >= len(self.business.crew):
            return person_name(self.rng).name, None
        name = self.business.crew[worker.number][0]
        user = next((short for short, full in NAMES.items() if full == name), None)
        return name, self.place.users[user] if user is not None else None

    def _asset(
        self, number: int, kind: str, name: str, location: int, *, user_id: int | None = None, resource_type: str | None = None
    ) -> None:
        self.bulk.add(
            "asset", id=number, kind=kind, name=name, user_id=user_id, resource_type=resource_type, location_id=location,
            bookable=True, priority=0, daily_limit=None, color=None, feed_token_hash=None, archived_at=None,
        )  # fmt: skip

    def _hours(self, asset: int | None, location: int | None, weekday: int) -> None:
        self.bulk.add(
            "working_hours", id=self._number(), asset_id=asset, location_id=location, weekday=weekday,
            from_min=self.business.opens, to_min=self.business.closes, valid_from=None, valid_to=None,
        )  # fmt: skip

    def _timetable(self, spec: ClassSpec) -> None:
        for worker in self.crew:
            if worker.role != spec.role:
                continue
            for weekday, minute in spec.times:
                number = self.schedules[spec, worker.number, weekday, minute] = self._number()
                self.bulk.add(
                    "class_schedule", id=number, service_id=self.services[spec], location_id=self.locations[worker.location],
                    asset_id=self.staff[worker.number], weekday=weekday, start_min=minute, capacity=spec.capacity,
                    valid_from=first_day(self.as_of).isoformat(), valid_to=None,
                )  # fmt: skip

    def _package(self) -> None:
        """Ten of the first service for the price of eight."""
        spec = self.business.services[0]
        self.package = self._number()
        self.bulk.add(
            "package", id=self.package, name=f"Ten times {spec.name}", price_minor=8 * spec.price, currency="HKD", valid_days=365,
            archived_at=None,
        )  # fmt: skip
        self.bulk.add("package_item", package_id=self.package, service_id=self.services[spec], quantity=10)

    def grant_packages(self, customers: list[int]) -> None:
        """Ten credits each, bought in the last weeks and not yet used."""
        spec = self.business.services[0]
        for place, customer in enumerate(customers):
            at = midnight(self.as_of) - timedelta(days=3 + 4 * place, hours=5)
            self.bulk.add(
                "package_credit", id=self.numbers.at(at), customer_id=customer, package_id=self.package,
                service_id=self.services[spec], granted=10, used=0, expires_at=at + timedelta(days=365),
                revoked_at=None,
            )  # fmt: skip
        self.bulk.flush()
