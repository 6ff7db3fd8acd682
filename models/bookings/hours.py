"""When people work and places are open: weekday rows and date overrides, in minutes of the local wall clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import Base, Flag, Id, Key, Tenant, Words, db, tenant_key
from models.bookings import opening
from models.bookings.asset import Asset
from models.bookings.facts import REASON_MAX, checked_text
from models.bookings.location import Location
from models.customers.here import Premises
from models.errors import Conflict, Invalid

Owner = Asset | Location
Shift = tuple[int, int, int]
"""Weekday, 0 is Monday, and two minutes of the wall clock."""
DAY_MIN = 1_440
DAYS_MAX = 366


class WorkingHours(Tenant, Base):
    """Without an asset the row is the location's own hours; with one it is that asset's, at that location if named.

    Weekday 0 is Monday; `to_min` past 1,440 ends on the next day.
    """

    __tablename__ = "working_hours"
    prefix = "hrs"
    noun = "working hours"

    asset_id: Mapped[int | None] = mapped_column(Id)
    location_id: Mapped[int | None] = mapped_column(Id)
    weekday: Mapped[int] = mapped_column(Integer)
    from_min: Mapped[int] = mapped_column(Integer)
    to_min: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[str | None] = mapped_column(Key)
    valid_to: Mapped[str | None] = mapped_column(Key)

    __table_args__ = (
        tenant_key("asset_id", to="asset"),
        tenant_key("location_id", to="location"),
        CheckConstraint("asset_id IS NOT NULL OR location_id IS NOT NULL", name="owner"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("from_min BETWEEN 0 AND 1439 AND to_min BETWEEN 1 AND 2880", name="minutes"),
        CheckConstraint("to_min>from_min AND to_min-from_min<=1440", name="order"),
        Index("working_hours_asset", "workspace_id", "asset_id", "weekday"),
        Index("working_hours_location", "workspace_id", "location_id", "weekday"),
        {"sqlite_strict": True},
    )

    @classmethod
    def of(cls, owner: Owner, location: Location | None = None) -> list["WorkingHours"]:
        """An owner's rows, by weekday and time: of a person those for one location, or those for no one in particular."""
        mine = (*_owned(cls, owner), *_at(cls, owner, location))
        return list(db.session.scalars(select(cls).where(*mine).order_by(cls.weekday, cls.from_min, cls.id)))

    @classmethod
    def elsewhere(cls, asset: Asset) -> dict[int, list["WorkingHours"]]:
        """The rows of a person or a thing that hold at one location only, by its id; they add to those that hold everywhere."""
        mine = (*_owned(cls, asset), cls.location_id.is_not(None))
        found: dict[int, list[WorkingHours]] = {}
        for row in db.session.scalars(select(cls).where(*mine).order_by(cls.weekday, cls.from_min, cls.id)):
            found.setdefault(row.location_id or 0, []).append(row)
        return found

    @classmethod
    def replace(cls, owner: Owner, rows: Iterable[Shift], by: Actor, *, location: Location | None = None) -> None:
        """Set an owner's whole week: (weekday, from_min, to_min) each; with a location only what holds there.

        Rows for other locations stay. Raises Invalid for a row that is no shift.
        """
        week = sorted({_checked_shift(*row) for row in rows})
        before = cls._set(owner, week, location)
        audit = _note("set_working_hours", owner, by)
        place = location.id if location is not None else None
        _keep_undo("set_working_hours", audit, owner, {"location": place, "before": before, "after": week})

    @classmethod
    def _set(cls, owner: Owner, week: Iterable[Shift], location: Location | None) -> list[Shift]:
        """Write the rows; returns those that stood there."""
        before = [(row.weekday, row.from_min, row.to_min) for row in cls.of(owner, location)]
        db.session.execute(delete(cls).where(*_owned(cls, owner), *_at(cls, owner, location)))
        owned_by = _owner_columns(owner, location)
        db.session.add_all(
            cls(workspace_id=owner.workspace_id, weekday=weekday, from_min=start, to_min=end, **owned_by)
            for weekday, start, end in week
        )
        db.session.flush()
        return before

    @property
    def engine_row(self) -> opening.WeeklyRow:
        """The row as the availability engine reads it."""
        return opening.WeeklyRow(self.weekday, self.from_min, self.to_min, _ordinal(self.valid_from), _ordinal(self.valid_to))


class DateOverride(Tenant, Base):
    """What one calendar day is like instead of its weekday. Several rows make several shifts; a closed one stands alone."""

    __tablename__ = "date_override"
    prefix = "ovr"
    noun = "date override"

    asset_id: Mapped[int | None] = mapped_column(Id)
    location_id: Mapped[int | None] = mapped_column(Id)
    day: Mapped[str] = mapped_column(Key)
    closed: Mapped[bool] = mapped_column(Flag)
    from_min: Mapped[int | None] = mapped_column(Integer)
    to_min: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Words)

    __table_args__ = (
        tenant_key("asset_id", to="asset"),
        tenant_key("location_id", to="location"),
        CheckConstraint("asset_id IS NOT NULL OR location_id IS NOT NULL", name="owner"),
        CheckConstraint(
            "closed OR (from_min IS NOT NULL AND to_min IS NOT NULL AND to_min>from_min"
            " AND from_min BETWEEN 0 AND 1439 AND to_min-from_min<=1440)",
            name="minutes",
        ),
        Index("date_override_asset", "workspace_id", "asset_id", "day"),
        Index("date_override_location", "workspace_id", "location_id", "day"),
        {"sqlite_strict": True},
    )

    @classmethod
    def of(cls, owner: Owner, since: date) -> list["DateOverride"]:
        """An owner's overrides from a day on."""
        later = (*_owned(cls, owner), cls.day >= since.isoformat())
        return list(db.session.scalars(select(cls).where(*later).order_by(cls.day, cls.from_min, cls.id)))

    @classmethod
    def replace(
        cls, owner: Owner, day: date, shifts: Iterable[tuple[int, int]] | None, by: Actor, *, until: date | None = None,
        reason: str | None = None,
    ) -> None:  # fmt: skip
        """Set what one day is like, or every day up to `until`: these shifts, closed for an empty list, as its weekday again
        for None. Raises Invalid.
        """
        last = until or day
        if not day <= last <= day + timedelta(days=DAYS_MAX):
            raise Invalid("Give at most %(most)d days, the last one not before the first.", field="until", most=DAYS_MAX)
        said = checked_text(reason, "reason", REASON_MAX)
        spans = None if shifts is None else sorted({_checked_shift(0, *shift)[1:] for shift in shifts})
        rows = None if spans is None else [[start, end, said] for start, end in spans] or [[None, None, said]]
        days = [date.fromordinal(number).isoformat() for number in range(day.toordinal(), last.toordinal() + 1)]
        after = {each: rows for each in days if rows is not None}
        before = cls._set(owner, days, after)
        audit = _note("set_date_override", owner, by, {"day": days[0], **({"until": days[-1]} if len(days) > 1 else {})})
        _keep_undo("set_date_override", audit, owner, {"days": days, "before": before, "after": after})

    @classmethod
    def _set(cls, owner: Owner, days: Sequence[str], rows: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, list[list[Any]]]:
        """Write what these days are like: (from_min, to_min, reason) each, None for closed; returns what stood there."""
        mine = (*_owned(cls, owner), cls.day >= days[0], cls.day <= days[-1])
        before: dict[str, list[list[Any]]] = {}
        for row in db.session.scalars(select(cls).where(*mine).order_by(cls.day, cls.from_min, cls.id)):
            before.setdefault(row.day, []).append([row.from_min, row.to_min, row.reason])
        db.session.execute(delete(cls).where(*mine))
        db.session.add_all(
            cls(
                workspace_id=owner.workspace_id, day=day, closed=start is None, from_min=start, to_min=end, reason=said,
                **_owner_columns(owner, None),
            )
            for day, of_day in rows.items()
            for start, end, said in of_day
        )  # fmt: skip
        db.session.flush()
        return before

    @property
    def engine_row(self) -> opening.DateOverride:
        """The row as the availability engine reads it."""
        return opening.DateOverride(date.fromisoformat(self.day).toordinal(), self.closed, self.from_min or 0, self.to_min or 0)


def _owned(table: type[WorkingHours] | type[DateOverride], owner: Owner) -> tuple[Any, ...]:
    here = table.workspace_id == owner.workspace_id
    if isinstance(owner, Location):
        return here, table.location_id == owner.id, table.asset_id.is_(None)
    return here, table.asset_id == owner.id


def _at(table: type[WorkingHours], owner: Owner, location: Location | None) -> tuple[Any, ...]:
    """SQL: the rows of a person that hold at a location, or for no one in particular; a location's are all its own."""
    if isinstance(owner, Location):
        return ()
    return (table.location_id.is_(None) if location is None else table.location_id == location.id,)


def _owner_columns(owner: Owner, location: Location | None) -> dict[str, int | None]:
    if isinstance(owner, Location):
        return {"location_id": owner.id}
    return {"asset_id": owner.id, "location_id": location.id if location is not None else None}


def _checked_shift(weekday: int, from_min: int, to_min: int) -> tuple[int, int, int]:
    if not 0 <= weekday <= 6:
        raise Invalid("A weekday is 0 (Monday) to 6 (Sunday).", field="weekday")
    if not (0 <= from_min < DAY_MIN and 0 < to_min - from_min <= DAY_MIN):
        raise Invalid("A shift begins within its day and lasts at most 24 hours.", field="to_min")
    return weekday, from_min, to_min


def _ordinal(day: str | None) -> int | None:
    return date.fromisoformat(day).toordinal() if day is not None else None


def _note(verb: str, owner: Owner, by: Actor, fields: dict[str, Any] | None = None) -> int:
    return audit_event.record(owner.workspace_id, verb, by, entity=_entity(owner), entity_id=owner.id, fields=fields)


def _entity(owner: Owner) -> str:
    return "location" if isinstance(owner, Location) else owner.kind


def _keep_undo(verb: str, audit: int, owner: Owner, before: dict[str, Any]) -> None:
    keep_undo(owner.workspace_id, audit, verb, entity=_entity(owner), entity_id=owner.id, before=before)


def _owner_of(step: UndoStep) -> Owner:
    noun: type[Owner] = Location if step.entity == "location" else Asset
    return noun.find(Premises(step.workspace_id), step.entity_id)


@undoes("set_working_hours", needs=("bookings", "write"))
def _week_as_before(step: UndoStep, by: Actor) -> None:
    place = step.before["location"]
    location = Location.find(Premises(step.workspace_id), place) if place is not None else None
    stood = WorkingHours._set(_owner_of(step), [(row[0], row[1], row[2]) for row in step.before["before"]], location)
    if [list(row) for row in stood] != [list(row) for row in step.before["after"]]:
        raise Conflict("These hours were changed since.")


@undoes("set_date_override", needs=("bookings", "write"))
def _days_as_before(step: UndoStep, by: Actor) -> None:
    stood = DateOverride._set(_owner_of(step), step.before["days"], step.before["before"])
    if stood != step.before["after"]:
        raise Conflict("These days were changed since.")
