"""Addresses that must not be written to: an opt-out belongs to the number or address, not to one of those who share it.

The hash is keyed, so it names nobody, and what it stands for survives anonymising and a new import (DOMAIN §1).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.base import Base, Id, Instant, Key, Words, db
from models.base.constraints import insert_if_new, one_of
from models.customers.contact_point import ContactPoint
from models.customers.customer import CHANNELS, Channel, Customer

Reason = Literal["stop", "provider", "bounce", "complaint", "manual"]
OWN_WISH: tuple[Reason, ...] = ("stop", "manual")
"""What a person said, and so can take back; what a provider says only the provider can."""


class SuppressedAddress(Base):
    """One number or address, in one channel, to which nothing for a purpose is sent, or nothing at all."""

    __tablename__ = "suppressed_address"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id"), primary_key=True)
    channel: Mapped[Channel] = mapped_column(Words, primary_key=True)
    address_hash: Mapped[str] = mapped_column(Key, primary_key=True)
    purpose: Mapped[str] = mapped_column(Words, primary_key=True)
    reason: Mapped[Reason] = mapped_column(Words)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    __table_args__ = (
        one_of("channel", CHANNELS, "channel"),
        one_of("purpose", ("marketing", "all"), "purpose"),
        one_of("reason", ("stop", "provider", "bounce", "complaint", "manual"), "reason"),
        {"sqlite_strict": True},
    )


def address_hash(value_key: str) -> str:
    """The keyed hash of a number or address, in the form it is compared in."""
    return opaque.sign("address", value_key)


def addresses_of(customer: Customer, channel: Channel) -> list[str]:
    """The numbers or addresses by which a channel reaches a customer, in the form they are compared in."""
    kind, point = "email" if channel == "email" else "phone", ContactPoint
    mine = point.workspace_id == customer.workspace_id, point.customer_id == customer.id, point.kind == kind
    return [key for key in db.session.scalars(select(point.value_key).where(*mine, point.value_key.is_not(None))) if key]


def suppress(workspace_id: int, channel: Channel, addresses: Sequence[str], purpose: str, reason: Reason) -> list[str]:
    """Write to none of these addresses any more; the hashes of those that were not suppressed so before.

    The rows are locked until the transaction ends, so that two who share an address opt out one after the other.
    """
    hashes = sorted(map(address_hash, addresses))
    if not hashes:
        return []
    common = {"workspace_id": workspace_id, "channel": channel, "purpose": purpose, "reason": reason, "at": clock.now()}
    rows = [{**common, "address_hash": each} for each in hashes]
    row = SuppressedAddress
    added = list(db.session.scalars(insert_if_new(row).values(rows).returning(row.address_hash)))
    mine = row.workspace_id == workspace_id, row.channel == channel, row.purpose == purpose
    db.session.execute(
        select(row.address_hash).where(*mine, row.address_hash.in_(hashes)).order_by(row.address_hash).with_for_update()
    )
    return added


def lift(workspace_id: int, channel: Channel, hashes: Sequence[str]) -> list[list[str]]:
    """Write for marketing to these addresses again, where a person had said no; [hash, reason] of each that was lifted."""
    row = SuppressedAddress
    mine = row.workspace_id == workspace_id, row.channel == channel, row.purpose == "marketing", row.reason.in_(OWN_WISH)
    gone = delete(row).where(*mine, row.address_hash.in_(hashes)).returning(row.address_hash, row.reason)
    return [list(each) for each in db.session.execute(gone)]


def suppress_again(workspace_id: int, channel: Channel, lifted: Sequence[Sequence[str]]) -> None:
    """Take `lift` back."""
    common = {"workspace_id": workspace_id, "channel": channel, "purpose": "marketing", "at": clock.now()}
    rows = [{**common, "address_hash": each, "reason": reason} for each, reason in lifted]
    if rows:
        db.session.execute(insert_if_new(SuppressedAddress).values(rows))


def reasons_against(workspace_id: int, channel: Channel, purpose: str, addresses: Sequence[str]) -> set[Reason]:
    """Why some of these addresses may not be written to for a purpose; empty where all may."""
    row = SuppressedAddress
    found = select(row.reason).where(
        row.workspace_id == workspace_id,
        row.channel == channel,
        row.address_hash.in_(map(address_hash, addresses)),
        row.purpose.in_(("all", purpose)),
    )
    return set(db.session.scalars(found)) if addresses else set()
