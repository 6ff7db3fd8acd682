"""The timetable of classes: one row a weekly class; its sessions are opened ahead, each once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Integer, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Key, Tenant, db, new_id, tenant_key
from models.base.instants import DAY, from_ms, to_ms
from models.base.wall_clock import instant_at, local_day
from models.bookings.asset import Asset
from models.bookings.class_place import ClassPlace, FreePlace, Obstacle
from models.bookings.class_session import lock_with_bookings
from models.bookings.facts import CAPACITY_MAX, Bounds, bounded, check_numbers
from models.bookings.location import Location
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.here import Here, Premises
from models.errors import Conflict, Invalid

AHEAD = timedelta(days=60)
BOUNDS: Bounds = {"weekday": (0, 6), "start_min": (0, 1_439), "capacity": (1, CAPACITY_MAX)}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A date of the timetable on which the class is not on, and why."""

    day: date
    starts_at: datetime
    why: Obstacle


class ClassSchedule(Tenant, Base):
    """A class every week at one local time, from `valid_from` to `valid_to` (calendar days, both included)."""

    __tablename__ = "class_schedule"
    prefix = "tmt"
    noun = "timetable entry"

    service_id: Mapped[int] = mapped_column(Id)
    location_id: Mapped[int | None] = mapped_column(Id)
    asset_id: Mapped[int | None] = mapped_column(Id)
    weekday: Mapped[int] = mapped_column(Integer)
    start_min: Mapped[int] = mapped_column(Integer)
    capacity: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[str] = mapped_column(Key)
    valid_to: Mapped[str | None] = mapped_column(Key)

    __table_args__ = (
        tenant_key("service_id", to="service"),
        tenant_key("location_id", to="location"),
        tenant_key("asset_id", to="asset"),
        *bounded(BOUNDS),
        {"sqlite_strict": True},
    )

    @classmethod
    def add(
        cls, service: Service, weekday: int, start_min: int, by: Actor, *, valid_from: date, valid_to: date | None = None,
        staff: Asset | None = None, location: Location | None = None, capacity: int | None = None,
    ) -> "ClassSchedule":  # fmt: skip
        """Put a weekly class on the timetable; `open_sessions` then opens its dates. Raises Invalid, Conflict."""
        if not service.is_class:
            raise Invalid("Only a class has a timetable.", field="service_id")
        check_numbers(BOUNDS, {"weekday": weekday, "start_min": start_min, "capacity": capacity})
        if valid_to is not None and valid_to < valid_from:
            raise Invalid("A timetable entry ends after it begins.", field="valid_to")
        if staff is not None and staff.kind != "staff":
            raise Invalid("Only a staff member leads a class.", field="staff")
        for put_away in (service, staff, location):
            if put_away is not None and put_away.archived_at is not None:
                raise Conflict("%(name)s is archived; bring it back first.", name=put_away.name)
        entry = cls(
            workspace_id=service.workspace_id, id=new_id(), service_id=service.id, weekday=weekday, start_min=start_min,
            asset_id=staff.id if staff is not None else None, location_id=location.id if location is not None else None,
            capacity=capacity or service.capacity, valid_from=valid_from.isoformat(),
            valid_to=valid_to.isoformat() if valid_to is not None else None,
        )  # fmt: skip
        db.session.add(entry)
        db.session.flush()
        audit_event.record(
            service.workspace_id, "create_class_schedule", by, entity="service", entity_id=service.id, fields={"entry": entry.id}
        )
        return entry

    @classmethod
    def of(cls, service: Service) -> list["ClassSchedule"]:
        """A class's entries, by weekday and time."""
        mine = cls.within(Premises(service.workspace_id)).where(cls.service_id == service.id)
        return list(db.session.scalars(mine.order_by(cls.weekday, cls.start_min, cls.id)))

    @classmethod
    def find_in(cls, service: Service, shown: str | int) -> "ClassSchedule":
        """An entry of this class; another's is answered like one that does not exist. Raises NotFound, Invalid."""
        entry = cls.find(Premises(service.workspace_id), shown)
        if entry.service_id != service.id:
            raise cls.not_found()
        return entry

    @classmethod
    def running(cls, here: Here) -> list["ClassSchedule"]:
        """Every entry that has dates to come, of classes that are offered."""
        today = local_day(here.timezone, clock.now()) - timedelta(days=1)  # a location may be a day behind
        offered = select(Service.id).where(Service.workspace_id == here.id, Service.archived_at.is_(None))
        dates = or_(cls.valid_to.is_(None), cls.valid_to >= today.isoformat())
        rows = cls.within(here).where(dates, cls.service_id.in_(offered))
        return list(db.session.scalars(rows.order_by(cls.service_id, cls.weekday, cls.start_min, cls.id)))

    def open_sessions(self, workspace: Here, until: datetime | None = None) -> tuple[list[Session], list[LeftOut]]:
        """Open the sessions to come up to `until` (60 days ahead), each once; returns them, and the dates left out."""
        service = Service.find(workspace, self.service_id)
        self.hold()
        place = ClassPlace.locked(workspace, service, self.location_id, self._leaders)
        opened: list[Session] = []
        left_out: list[LeftOut] = []
        dates = self._dates(workspace, place.zone, until or clock.now() + AHEAD)
        if not dates:
            return opened, left_out
        lock_with_bookings(workspace, [], place.assets)
        for day, starts_at, found in self._looked_at(place, service, dates):
            if isinstance(found, Obstacle):
                left_out.append(LeftOut(day, starts_at, found))
            else:
                ends_at = starts_at + timedelta(minutes=service.duration_min)
                session = Session.open(
                    service, starts_at, ends_at, found, location_id=self.location_id, capacity=self.capacity,
                    stands_for=(self.id, day),
                )  # fmt: skip
                opened.append(session)
        return opened, left_out

    def left_out(self, workspace: Here, until: datetime | None = None) -> list[LeftOut]:
        """The dates to come that have no session, and what stands in the way; nothing for those that can be opened now."""
        service = Service.find(workspace, self.service_id)
        place = ClassPlace.seen(workspace, service, self.location_id, self._leaders)
        dates = self._dates(workspace, place.zone, until or clock.now() + AHEAD)
        looked_at = self._looked_at(place, service, dates) if dates else ()
        return [LeftOut(day, starts_at, why) for day, starts_at, why in looked_at if isinstance(why, Obstacle)]

    @property
    def _leaders(self) -> list[int]:
        return [self.asset_id] if self.asset_id is not None else []

    def hold(self) -> None:
        """One worker at a time opens an entry's dates, and nobody ends it meanwhile."""
        db.session.refresh(self, with_for_update={"key_share": True})

    def _dates(self, workspace: Here, zone: str, until: datetime) -> list[tuple[date, datetime]]:
        """The dates from now on that have no session yet, cancelled ones included: a cancelled date stays cancelled."""
        first = max(date.fromisoformat(self.valid_from), local_day(zone, clock.now()))
        last = local_day(zone, until)
        if self.valid_to is not None:
            last = min(last, date.fromisoformat(self.valid_to))
        mine = (Session.workspace_id == self.workspace_id, Session.class_schedule_id == self.id)
        known = set(db.session.scalars(select(Session.day).where(*mine, Session.day >= first.isoformat())))
        days = (date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))
        mine_on = [day for day in days if day.weekday() == self.weekday and day.isoformat() not in known]
        starts = [(day, from_ms(instant_at(zone, day.toordinal(), self.start_min))) for day in mine_on]
        return [(day, start) for day, start in starts if clock.now() < start < until]

    def _looked_at(
        self, place: ClassPlace, service: Service, dates: list[tuple[date, datetime]]
    ) -> Iterator[tuple[date, datetime, tuple[int, ...] | Obstacle]]:
        length = timedelta(minutes=service.duration_min)
        free: FreePlace = place.free((to_ms(dates[0][1]) - DAY, to_ms(dates[-1][1] + length) + DAY))
        for day, starts_at in dates:
            yield day, starts_at, free.at(starts_at, starts_at + length)
