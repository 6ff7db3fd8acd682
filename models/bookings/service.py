"""What customers book: an appointment, which opens a session wherever time is free, or a class, which has a timetable."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import CheckConstraint, Integer, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts.currency import denominated
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.archivable import Archivable
from models.base import Base, Flag, Id, Words, db, new_id
from models.base.constraints import one_of
from models.bookings.asset import Asset
from models.bookings.assignment import Rule
from models.bookings.facts import (
    CAPACITY_MAX,
    PRICE_MAX,
    YEAR_MIN,
    Bounds,
    bounded,
    check_numbers,
    checked_name,
    checked_text,
    checked_word,
    refuse_unknown,
)
from models.bookings.question import Kind, Wanted
from models.bookings.service_team import NEED_BOUNDS, OWN_BOUNDS, Own, ServiceAsset, ServiceResourceNeed
from models.customers.here import Here
from models.errors import Invalid

BOUNDS: Bounds = {
    "duration_min": (5, 44_640),
    "buffer_before_min": (0, 1_440),
    "buffer_after_min": (0, 1_440),
    "slot_step_min": (5, 1_440),
    "capacity": (1, CAPACITY_MAX),
    "staff_needed": (0, 10),
    "lead_time_min": (0, YEAR_MIN),
    "horizon_days": (1, 1_000),
    "cancel_cutoff_min": (0, YEAR_MIN),
    "late_cancel_fee_bp": (0, 10_000),
    "no_show_fee_bp": (0, 10_000),
    "price_minor": (0, PRICE_MAX),
    "deposit_minor": (0, PRICE_MAX),
    "tax_rate_bp": (0, 10_000),
    "daily_limit": (1, 10_000),
}
_WORDS = {"kind": tuple(kind.value for kind in Kind), "assign_rule": tuple(rule.value for rule in Rule)}


@denominated
class Service(Archivable, Base):
    """Fees are shares of the price (basis points): for cancelling after the cutoff, and for not coming.

    A service stays of its kind: `service_kind_is_kept`, a trigger of the migration `bookings01`, refuses another.
    """

    __tablename__ = "service"
    prefix = "svc"
    noun = "service"
    entity = "service"
    listed_by = "list_services"

    name: Mapped[str] = mapped_column(Words)
    kind: Mapped[str] = mapped_column(Words, default=Kind.APPOINTMENT.value)
    category: Mapped[str | None] = mapped_column(Words)
    description: Mapped[str | None] = mapped_column(Words)
    duration_min: Mapped[int] = mapped_column(Integer)
    buffer_before_min: Mapped[int] = mapped_column(Integer, default=0)
    buffer_after_min: Mapped[int] = mapped_column(Integer, default=0)
    slot_step_min: Mapped[int] = mapped_column(Integer, default=15)
    capacity: Mapped[int] = mapped_column(Integer, default=1)
    staff_needed: Mapped[int] = mapped_column(Integer, default=1)
    daily_limit: Mapped[int | None] = mapped_column(Integer)
    assign_rule: Mapped[str] = mapped_column(Words, default=Rule.LEAST_BUSY.value)
    lead_time_min: Mapped[int] = mapped_column(Integer, default=0)
    horizon_days: Mapped[int] = mapped_column(Integer, default=90)
    cancel_cutoff_min: Mapped[int] = mapped_column(Integer, default=0)
    late_cancel_fee_bp: Mapped[int] = mapped_column(Integer, default=0)
    no_show_fee_bp: Mapped[int] = mapped_column(Integer, default=0)
    needs_approval: Mapped[bool] = mapped_column(Flag, default=False)
    online: Mapped[bool] = mapped_column(Flag, default=True)
    price_minor: Mapped[int] = mapped_column(Id, default=0)
    deposit_minor: Mapped[int] = mapped_column(Id, default=0)
    currency: Mapped[str] = mapped_column(Words)
    tax_rate_bp: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (
        *(one_of(column, values, column) for column, values in _WORDS.items()),
        CheckConstraint("deposit_minor<=price_minor", name="deposit_within_price"),
        *bounded(BOUNDS),
        {"sqlite_strict": True},
    )

    @classmethod
    def add(
        cls, workspace: Here, name: str, duration_min: int, by: Actor, *, kind: str = "appointment", **facts: Any
    ) -> "Service":
        """Offer a service. `facts` are columns of this table but for currency, which is the workspace's. Raises Invalid."""
        service = cls(
            workspace_id=workspace.id, id=new_id(), name=checked_name(name), currency=Workspace.currency_of(workspace),
            **{**cls._defaults(), "kind": checked_word("kind", kind, _WORDS["kind"])},
        )  # fmt: skip
        service._set({"duration_min": duration_min, **facts})
        db.session.add(service)
        db.session.flush()
        service._note("create_service", by)
        return service

    @classmethod
    def in_order(cls) -> tuple[Any, ...]:
        """By category and name."""
        return cls.category.nulls_last(), cls.name, cls.id

    @property
    def is_class(self) -> bool:
        """Whether it has a timetable; an appointment is booked wherever time is free."""
        return self.kind == Kind.CLASS

    def change(self, by: Actor, **facts: Any) -> None:
        """Change what is given; what is booked already keeps its time and price. Raises Invalid."""
        self._set(facts)
        db.session.flush()
        self._note("update_service", by, {"changed": sorted(facts)})

    def lock_for_booking(self) -> Self:
        """Read it anew, and keep it as it is until the transaction ends; with a limit a day, keep its bookings from others."""
        db.session.refresh(self, with_for_update={"read": True} if self.daily_limit is None else {"key_share": True})
        return self

    def blocked(self, starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
        """From when to when a session of it keeps its people and things, buffers included."""
        return starts_at - timedelta(minutes=self.buffer_before_min), ends_at + timedelta(minutes=self.buffer_after_min)

    def assign(self, asset: Asset, by: Actor, *, duration_min: int | None = None, price_minor: int | None = None) -> None:
        """Let a person do this service, with a length or a price of their own where given. Raises Invalid."""
        self._refuse_thing(asset)
        own = {"duration_min": duration_min, "price_minor": price_minor}
        check_numbers(OWN_BOUNDS, own)
        row = db.session.get(ServiceAsset, (self.workspace_id, self.id, asset.id))
        if row is None:
            row = ServiceAsset(workspace_id=self.workspace_id, service_id=self.id, asset_id=asset.id)
            db.session.add(row)
        row.duration_min, row.price_minor = duration_min, price_minor
        db.session.flush()
        self._note("assign_staff", by)

    def unassign(self, asset: Asset, by: Actor) -> None:
        """Let a person do it no longer; their bookings stay."""
        self._let_go([asset.id])
        self._note("unassign_staff", by)

    def set_team(self, people: Iterable[Asset], by: Actor) -> None:
        """Let exactly these people do it; who did it already keeps their own length and price. Raises Invalid.

        Those who no longer work here are left as they are, so that they do it again once they are back.
        """
        wanted, before = {person.id: person for person in people}, set(self.team)
        for person in wanted.values():
            self._refuse_thing(person)
        gone = select(Asset.id).where(Asset.workspace_id == self.workspace_id, Asset.archived_at.is_not(None))
        off = before - wanted.keys() - set(db.session.scalars(gone.where(Asset.id.in_(before))))
        on = wanted.keys() - before
        self._let_go(off)
        db.session.add_all(ServiceAsset(workspace_id=self.workspace_id, service_id=self.id, asset_id=each) for each in sorted(on))
        db.session.flush()
        if on or off:
            self._note("set_team", by, {"on": sorted(on), "off": sorted(off)})

    @property
    def team(self) -> dict[int, Own]:
        """Those who do it, by their ids, with what differs for them; those who left included."""
        mine = ServiceAsset
        columns = select(mine.asset_id, mine.duration_min, mine.price_minor)
        rows = columns.where(mine.workspace_id == self.workspace_id, mine.service_id == self.id).order_by(mine.asset_id)
        return {person: Own(minutes, price) for person, minutes, price in db.session.execute(rows)}

    @property
    def doers(self) -> list[int]:
        """The ids of the people who do it, those who left included."""
        return list(self.team)

    def require(self, needs: Mapping[str, int], by: Actor) -> None:
        """Need exactly these units at once, by kind of resource; nothing for an empty mapping. Raises Invalid."""
        wanted: dict[str, int] = {}
        for kind, quantity in needs.items():
            check_numbers(NEED_BOUNDS, {"quantity": quantity})
            wanted[checked_name(kind, "resource_type").lower()] = quantity
        need = ServiceResourceNeed
        db.session.execute(delete(need).where(need.workspace_id == self.workspace_id, need.service_id == self.id))
        db.session.add_all(
            need(workspace_id=self.workspace_id, service_id=self.id, resource_type=kind, quantity=quantity)
            for kind, quantity in wanted.items()
        )
        db.session.flush()
        self._note("require_resource", by)

    @property
    def needs(self) -> dict[str, int]:
        """The units it takes by kind of resource."""
        need = ServiceResourceNeed
        mine = (need.workspace_id == self.workspace_id, need.service_id == self.id)
        rows = db.session.execute(select(need.resource_type, need.quantity).where(*mine).order_by(need.resource_type))
        return {row.resource_type: row.quantity for row in rows}

    def wanted(self, needs: dict[str, int]) -> Wanted:
        """The service as the availability engine asks for it."""
        return Wanted(
            Kind(self.kind), self.duration_min, self.buffer_before_min, self.buffer_after_min, self.slot_step_min,
            self.capacity, self.staff_needed, needs, self.daily_limit,
        )  # fmt: skip

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Column defaults, now rather than at the flush, so that the rules see them."""
        columns = cls.__table__.columns
        return {column.key: column.default.arg for column in columns if column.default is not None and column.default.is_scalar}

    def _set(self, facts: dict[str, Any]) -> None:
        refuse_unknown(facts, _CHANGEABLE)
        check_numbers(BOUNDS, facts)
        for name, value in facts.items():
            if value is None and not self.__table__.columns[name].nullable:
                raise Invalid("This is needed.", field=name)
            setattr(self, name, _tidied(name, value))
        if self.deposit_minor > self.price_minor:
            raise Invalid("The deposit cannot be more than the price.", field="deposit_minor")

    def _refuse_thing(self, asset: Asset) -> None:
        if asset.kind != "staff" or asset.workspace_id != self.workspace_id:
            raise Invalid("Only staff members of this workspace do services.", field="staff_id")

    def _let_go(self, people: Iterable[int]) -> None:
        mine = ServiceAsset
        theirs = delete(mine).where(mine.workspace_id == self.workspace_id, mine.service_id == self.id)
        db.session.execute(theirs.where(mine.asset_id.in_(list(people))))

    def _note(self, verb: str, by: Actor, fields: dict[str, Any] | None = None) -> None:
        audit_event.record(self.workspace_id, verb, by, entity="service", entity_id=self.id, fields=fields)


_CHANGEABLE = frozenset({*BOUNDS, "name", "category", "description", "assign_rule", "needs_approval", "online"})


def _tidied(name: str, value: Any) -> Any:
    if name == "name":
        return checked_name(value)
    if name == "category" and value is not None:
        return checked_name(value, "category")
    if name == "description":
        return checked_text(value, "description")
    return checked_word(name, value, _WORDS[name]) if name in _WORDS else value
