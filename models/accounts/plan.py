"""The plans (PRODUCT §5). Where a plan names no limit there is none."""

from dataclasses import dataclass

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Flag, Id, Key, Words


class Plan(Base):
    """A row a plan, so that a workspace can reference its own; the facts come from PLANS by migration."""

    __tablename__ = "plan"
    code: Mapped[str] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Words)
    price_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(Words)
    max_customers: Mapped[int | None] = mapped_column(Integer)
    max_bookings_month: Mapped[int | None] = mapped_column(Integer)
    max_mcp_calls_month: Mapped[int | None] = mapped_column(Integer)
    seats: Mapped[int | None] = mapped_column(Integer)
    has_email: Mapped[bool] = mapped_column(Flag)
    has_messaging: Mapped[bool] = mapped_column(Flag)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan allows, by usage metric; None is no limit."""

    customers: int | None = None
    bookings: int | None = None
    mcp_calls: int | None = None
    seats: int | None = None

    def of(self, metric: str) -> int | None:
        """The limit of one metric."""
        limit: int | None = getattr(self, metric, None)
        return limit


LIMITS = {
    "free": Limits(customers=100, bookings=200, mcp_calls=1000, seats=1),
    "lite": Limits(seats=1),
    "starter": Limits(seats=3),
    "unlimited": Limits(),
}
