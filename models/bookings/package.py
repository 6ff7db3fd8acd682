"""Packages (ten massages for the price of eight) and the credits that customers hold of them, lot by lot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.elements import ColumnElement

from models import clock
from models.accounts.currency import denominated
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.archivable import Archivable
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import Base, Id, Instant, InWorkspace, Tenant, Words, db, new_id, tenant_key
from models.bookings.facts import PRICE_MAX, Bounds, bounded, check_numbers, checked_name, refuse_unknown
from models.bookings.service import Service
from models.customers.customer import Customer
from models.customers.here import Here, Premises
from models.errors import Conflict, Invalid

BOUNDS: Bounds = {"price_minor": (0, PRICE_MAX), "valid_days": (1, 3_650)}
ITEM_BOUNDS: Bounds = {"quantity": (1, 1_000)}


class NoCredits(Conflict):
    """The customer has too few credits of this package left for the service."""

    code = "blocked"


@denominated
class Package(Archivable, Base):
    """What is sold; credits last `valid_days` from the day they are granted, or for ever."""

    __tablename__ = "package"
    prefix = "pkg"
    noun = "package"
    entity = "package"
    listed_by = "get_member_profile"

    name: Mapped[str] = mapped_column(Words)
    price_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(Words)
    valid_days: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (*bounded(BOUNDS), {"sqlite_strict": True})

    @classmethod
    def add(
        cls, workspace: Here, name: str, price_minor: int, items: Mapping[Service, int], by: Actor, *,
        valid_days: int | None = None,
    ) -> "Package":  # fmt: skip
        """Offer a package: credits by service. Raises Invalid."""
        check_numbers(BOUNDS, {"price_minor": price_minor, "valid_days": valid_days})
        package = cls(
            workspace_id=workspace.id, id=new_id(), name=checked_name(name), price_minor=price_minor,
            currency=Workspace.currency_of(workspace), valid_days=valid_days,
        )  # fmt: skip
        db.session.add(package)
        db.session.flush()
        package._hold_of(items)
        audit_event.record(workspace.id, "create_package", by, entity="package", entity_id=package.id)
        return package

    def change(self, by: Actor, *, items: Mapping[Service, int] | None = None, **facts: Any) -> None:
        """Change name, price_minor, valid_days or what it holds; credits that were granted stay as they are. Raises Invalid."""
        refuse_unknown(facts, frozenset({"name", *BOUNDS}))
        check_numbers(BOUNDS, facts)
        if facts.get("price_minor", 0) is None:
            raise Invalid("This is needed.", field="price_minor")
        for name, value in facts.items():
            setattr(self, name, checked_name(value) if name == "name" else value)
        if items is not None:
            self._hold_of(items)
        db.session.flush()
        changed = sorted([*facts, *(["items"] if items is not None else [])])
        audit_event.record(
            self.workspace_id, "update_package", by, entity="package", entity_id=self.id, fields={"changed": changed}
        )

    @property
    def items(self) -> list["PackageItem"]:
        """Its credits by service."""
        item = PackageItem
        mine = select(item).where(item.workspace_id == self.workspace_id, item.package_id == self.id)
        return list(db.session.scalars(mine.order_by(item.service_id)))

    def grant(self, customer_id: int, by: Actor) -> list["PackageCredit"]:
        """Give a customer the package's credits, one lot a service.

        Raises Conflict when it is no longer offered, or the customer is archived.
        """
        if self.archived_at is not None:
            raise Conflict("The package %(name)s is no longer offered.", name=self.name)
        customer = Customer.hold(Premises(self.workspace_id), customer_id)
        customer.refuse_unless_live()
        expires_at = clock.now() + timedelta(days=self.valid_days) if self.valid_days is not None else None
        lots = [
            PackageCredit(
                workspace_id=self.workspace_id, id=new_id(), customer_id=customer.id, package_id=self.id,
                service_id=item.service_id, granted=item.quantity, used=0, expires_at=expires_at,
            )
            for item in self.items
        ]  # fmt: skip
        db.session.add_all(lots)
        db.session.flush()
        audit = audit_event.record(
            self.workspace_id, "grant_package", by, entity="customer", entity_id=customer.id, fields={"package": self.id}
        )
        keep_undo(
            self.workspace_id, audit, "grant_package", entity="customer", entity_id=customer.id,
            before={"lots": [lot.id for lot in lots]},
        )  # fmt: skip
        return lots

    def _hold_of(self, items: Mapping[Service, int]) -> None:
        if not items:
            raise Invalid("A package holds credits of one service at least.", field="items")
        for quantity in items.values():
            check_numbers(ITEM_BOUNDS, {"quantity": quantity})
        for item in self.items:
            db.session.delete(item)
        db.session.flush()
        db.session.add_all(
            PackageItem(workspace_id=self.workspace_id, package_id=self.id, service_id=service.id, quantity=quantity)
            for service, quantity in items.items()
        )
        db.session.flush()


class PackageItem(Base):
    """So many credits of one service."""

    __tablename__ = "package_item"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    package_id: Mapped[int] = mapped_column(Id, primary_key=True)
    service_id: Mapped[int] = mapped_column(Id, primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        tenant_key("package_id", to="package"),
        tenant_key("service_id", to="service"),
        *bounded(ITEM_BOUNDS),
        Index("package_item_service", "workspace_id", "service_id"),
        {"sqlite_strict": True},
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer has left of one lot: of a package, for one service."""

    package_id: int
    name: str
    service_id: int
    left: int
    expires_at: datetime | None


class PackageCredit(Tenant, Base):
    """A lot of credits, granted together. `used` moves by conditional updates only, never past `granted`.

    A lot that was taken back (`revoked_at`) pays for nothing more; what it paid for stays paid.
    """

    __tablename__ = "package_credit"
    prefix = "crd"
    noun = "package credit"

    customer_id: Mapped[int] = mapped_column(Id)
    package_id: Mapped[int] = mapped_column(Id)
    service_id: Mapped[int] = mapped_column(Id)
    granted: Mapped[int] = mapped_column(Integer)
    used: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("workspace_id", "id", "customer_id"),
        tenant_key("customer_id", to="customer"),
        tenant_key("package_id", to="package"),
        tenant_key("service_id", to="service"),
        CheckConstraint("granted>0", name="granted"),
        CheckConstraint("used BETWEEN 0 AND granted", name="used"),
        Index("package_credit_customer", "workspace_id", "customer_id", "service_id", "expires_at"),
        Index("package_credit_package", "workspace_id", "package_id", "id"),
        {"sqlite_strict": True},
    )

    @property
    def left(self) -> int:
        """How many can still be used, if the lot is good still."""
        return 0 if self.revoked_at is not None else self.granted - self.used

    @classmethod
    def good(cls) -> tuple[ColumnElement[bool], ...]:
        """SQL: neither used up, nor expired, nor taken back."""
        return cls.used < cls.granted, or_(cls.expires_at.is_(None), cls.expires_at > clock.now()), cls.revoked_at.is_(None)

    @classmethod
    def balances(cls, workspace: InWorkspace, customer_id: int) -> list[Balance]:
        """What a customer can still use, that which expires first in front."""
        rows = db.session.execute(
            select(cls.package_id, Package.name, cls.service_id, cls.granted - cls.used, cls.expires_at)
            .join(Package, (Package.workspace_id == cls.workspace_id) & (Package.id == cls.package_id))
            .where(cls.workspace_id == workspace.id, cls.customer_id == customer_id, *cls.good())
            .order_by(cls.expires_at.nulls_last(), cls.id)
        )
        return [Balance(*row) for row in rows]

    @classmethod
    def held(cls, package: Package, most: int) -> list[Self]:
        """The lots of a package that customers hold and can still use, the latest in front."""
        mine = select(cls).where(cls.workspace_id == package.workspace_id, cls.package_id == package.id, *cls.good())
        return list(db.session.scalars(mine.order_by(cls.id.desc()).limit(most)))

    def revoke(self, by: Actor) -> None:
        """Take back what is left of it; what it paid for stays paid. Raises Conflict when nothing is left."""
        held = _locked(self.workspace_id, self.id)
        if not held.left:
            raise Conflict("There is nothing left to take back.")
        held.revoked_at = clock.now()
        db.session.flush()
        audit = audit_event.record(
            held.workspace_id, "revoke_credits", by, entity="customer", entity_id=held.customer_id,
            fields={"package": held.package_id, "credits": held.granted - held.used},
        )  # fmt: skip
        keep_undo(
            held.workspace_id, audit, "revoke_credits", entity="customer", entity_id=held.customer_id, before={"lot": held.id}
        )

    def use(self, credits: int) -> bool:
        """Use so many if they are left; says whether they were."""
        row = PackageCredit
        mine = update(row).where(row.workspace_id == self.workspace_id, row.id == self.id, row.used + credits <= row.granted)
        spent = mine.values(used=row.used + credits).returning(row.id).execution_options(synchronize_session=False)
        done = db.session.scalar(spent) is not None
        db.session.expire(self)
        return done


@undoes("grant_package", needs=("bookings", "destructive"))
def _take_back(step: UndoStep, by: Actor) -> None:
    """Credits that were given by mistake are taken back while none of them has paid for anything."""
    for number in step.before["lots"]:
        lot = _locked(step.workspace_id, number)
        if lot.used:
            raise Conflict("Credits of this package were used since; what was granted cannot be undone any more.")
        lot.revoked_at = lot.revoked_at or clock.now()
    db.session.flush()


@undoes("revoke_credits", needs=("bookings", "write"))
def _give_again(step: UndoStep, by: Actor) -> None:
    _locked(step.workspace_id, step.before["lot"]).revoked_at = None
    db.session.flush()


def _locked(workspace_id: int, number: int) -> PackageCredit:
    return db.session.get_one(PackageCredit, (workspace_id, number), with_for_update=True, populate_existing=True)
