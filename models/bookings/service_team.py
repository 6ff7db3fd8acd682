"""What a service takes at once: people who do it, and units of kinds of things."""

from dataclasses import dataclass

from sqlalchemy import Index, Integer, select
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts.currency import priced
from models.base import Base, Id, Key, db, tenant_key
from models.bookings.asset import Asset
from models.bookings.facts import PRICE_MAX, Bounds, bounded

NEED_BOUNDS: Bounds = {"quantity": (1, 20)}
OWN_BOUNDS: Bounds = {"duration_min": (5, 44_640), "price_minor": (0, PRICE_MAX)}


class ServiceAsset(Base):
    """Who does a service, and how long and how dear where it differs. `service_done_by_staff`, a trigger of the migration
    `bookings01`, refuses a thing.
    """

    __tablename__ = "service_asset"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    service_id: Mapped[int] = mapped_column(Id, primary_key=True)
    asset_id: Mapped[int] = mapped_column(Id, primary_key=True)
    duration_min: Mapped[int | None] = mapped_column(Integer)
    price_minor: Mapped[int | None] = mapped_column(Id)

    __table_args__ = (
        tenant_key("service_id", to="service"),
        tenant_key("asset_id", to="asset"),
        Index("service_asset_rev", "workspace_id", "asset_id"),
        *bounded(OWN_BOUNDS),
        {"sqlite_strict": True},
    )


class ServiceResourceNeed(Base):
    """How many units of a kind of resource a service takes at once."""

    __tablename__ = "service_resource_need"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    service_id: Mapped[int] = mapped_column(Id, primary_key=True)
    resource_type: Mapped[str] = mapped_column(Key, primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = (tenant_key("service_id", to="service"), *bounded(NEED_BOUNDS), {"sqlite_strict": True})


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody takes for a service in place of what it says: minutes and minor units, None where nothing differs."""

    duration_min: int | None = None
    price_minor: int | None = None


def services_of(person: Asset) -> dict[int, Own]:
    """The services that somebody does, by their ids."""
    does = ServiceAsset
    mine = (does.workspace_id == person.workspace_id, does.asset_id == person.id)
    rows = db.session.execute(select(does.service_id, does.duration_min, does.price_minor).where(*mine).order_by(does.service_id))
    return {service: Own(minutes, price) for service, minutes, price in rows}


priced(lambda workspace: select(ServiceAsset).where(ServiceAsset.workspace_id == workspace.id, ServiceAsset.price_minor > 0))
