"""A time that staff and resources are taken for: an appointment, which has one booking, or a class, which has many."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Id, Instant, InWorkspace, Key, Tenant, Words, db, new_id, tenant_key
from models.base.constraints import one_of
from models.bookings.asset import Asset
from models.bookings.location import Location, counts_what_is_to_come
from models.bookings.occupancy import Occupancy
from models.bookings.service import Service


class Session(Tenant, Base):
    """Seats are taken and given back by conditional updates only: `seats_taken` never leaves 0 to `capacity`.

    `day` is the date of the timetable that it stands for, whatever becomes of its instant when clocks or zones change. A
    cancelled session keeps neither seats (CHECK) nor people (trigger `session_closes_free` of the migration `bookings01`).
    """

    __tablename__ = "session"
    prefix = "ses"
    noun = "session"
    listed_by = "get_available_slots"

    service_id: Mapped[int] = mapped_column(Id)
    class_schedule_id: Mapped[int | None] = mapped_column(Id)
    day: Mapped[str | None] = mapped_column(Key)
    location_id: Mapped[int | None] = mapped_column(Id)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    capacity: Mapped[int] = mapped_column(Integer)
    seats_taken: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[str] = mapped_column(Words, default="open")
    version: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = (
        tenant_key("service_id", to="service"),
        tenant_key("class_schedule_id", to="class_schedule"),
        tenant_key("location_id", to="location"),
        UniqueConstraint("workspace_id", "id", "service_id"),
        UniqueConstraint("workspace_id", "class_schedule_id", "day"),
        one_of("status", ("open", "cancelled"), "status"),
        CheckConstraint("ends_at>starts_at", name="order"),
        CheckConstraint("(class_schedule_id IS NULL)=(day IS NULL)", name="day"),
        CheckConstraint("capacity>=1", name="capacity"),
        CheckConstraint("seats_taken BETWEEN 0 AND capacity", name="seats"),
        CheckConstraint("status='open' OR seats_taken=0", name="empty"),
        Index("session_time", "workspace_id", "starts_at", "id"),
        Index("session_service", "workspace_id", "service_id", "starts_at"),
        {"sqlite_strict": True},
    )

    @classmethod
    def open(
        cls, service: Service, starts_at: datetime, ends_at: datetime, assets: Iterable[int], *,
        location_id: int | None = None, capacity: int | None = None, stands_for: tuple[int, date] | None = None,
    ) -> "Session":  # fmt: skip
        """Open a session and take its assets, whose rows the caller has locked and found free.

        `stands_for` names the entry and the date of a timetable.
        """
        schedule_id, day = stands_for or (None, None)
        session = cls(
            workspace_id=service.workspace_id, id=new_id(), service_id=service.id, class_schedule_id=schedule_id,
            day=day.isoformat() if day is not None else None, location_id=location_id, starts_at=starts_at, ends_at=ends_at,
            capacity=capacity or service.capacity, seats_taken=0, status="open", version=1,
        )  # fmt: skip
        db.session.add(session)
        db.session.flush()
        Occupancy.take(service.workspace_id, session.id, assets, *service.blocked(starts_at, ends_at))
        return session

    @classmethod
    def starting(cls, service: Service, starts_at: datetime) -> list[int]:
        """The open sessions of a class that begin at an instant."""
        mine = (cls.workspace_id == service.workspace_id, cls.service_id == service.id)
        return list(db.session.scalars(select(cls.id).where(*mine, cls.starts_at == starts_at, cls.status == "open")))

    @classmethod
    def lock(cls, workspace: InWorkspace, ids: Iterable[int]) -> dict[int, "Session"]:
        """Lock these sessions, lowest id first, and read them anew (ARCHITECTURE §2: after assets, before bookings)."""
        rows = cls.within(workspace).where(cls.id.in_(sorted(ids))).order_by(cls.id).with_for_update()
        return {row.id: row for row in db.session.scalars(rows.execution_options(populate_existing=True))}

    def take_seats(self, count: int) -> bool:
        """Take seats if so many are left in an open session; says whether they were."""
        row = Session
        taken = db.session.scalar(
            update(row)
            .where(row.workspace_id == self.workspace_id, row.id == self.id, row.status == "open")
            .where(row.seats_taken + count <= row.capacity)
            .values(seats_taken=row.seats_taken + count, version=row.version + 1)
            .returning(row.id)
            .execution_options(synchronize_session=False)
        )
        db.session.expire(self)
        return taken is not None

    def give_back_seats(self, count: int) -> None:
        """Give seats back."""
        row = Session
        db.session.execute(
            update(row)
            .where(row.workspace_id == self.workspace_id, row.id == self.id)
            .values(seats_taken=row.seats_taken - count, version=row.version + 1)
            .execution_options(synchronize_session=False)
        )
        db.session.expire(self)

    def close(self) -> None:
        """Cancel the session, whose seats are all given back, and free its people and things."""
        Occupancy.free(self.workspace_id, self.id)
        self.status, self.version = "cancelled", self.version + 1
        db.session.flush()

    @classmethod
    def to_come(cls, service: Service, start: datetime, end: datetime, most: int) -> list["Session"]:
        """A service's open sessions that start in a span, the first `most` of them."""
        mine = (cls.workspace_id == service.workspace_id, cls.service_id == service.id, cls.status == "open")
        rows = select(cls).where(*mine, cls.starts_at >= start, cls.starts_at < end).order_by(cls.starts_at, cls.id)
        return list(db.session.scalars(rows.limit(most)))

    @property
    def staff(self) -> list[int]:
        """The people who are taken for it, sorted by id; freed ones too."""
        mine = (Occupancy.workspace_id == self.workspace_id, Occupancy.session_id == self.id)
        people = select(Occupancy.asset_id).join(
            Asset, (Asset.workspace_id == Occupancy.workspace_id) & (Asset.id == Occupancy.asset_id)
        )
        return list(db.session.scalars(people.where(*mine, Asset.kind == "staff").order_by(Occupancy.asset_id)))


@counts_what_is_to_come
def _to_come_at(location: Location) -> int:
    """Open sessions that are not over; a class counts even before anybody is booked."""
    there = (Session.workspace_id == location.workspace_id, Session.location_id == location.id)
    count = select(func.count()).select_from(Session).where(*there, Session.status == "open", Session.ends_at > clock.now())
    return db.session.scalar(count) or 0
