"""Opt-ins: a customer's yes to messages, per channel and purpose, and the no that holds for all who share an address."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import UndoStep, keep_undo, undoes
from models.base import Base, Id, Instant, InWorkspace, Json, Words, db, tenant_key
from models.base.constraints import one_of
from models.base.instants import from_ms, to_ms
from models.customers import suppression
from models.customers.contact_point import ContactPoint
from models.customers.customer import CHANNELS, Channel, Customer, valid_channel
from models.customers.here import Premises
from models.customers.taking_back import held_as_itself
from models.customers.timeline import happened
from models.errors import Conflict, Invalid

Purpose = Literal["marketing", "transactional"]
Status = Literal["granted", "withdrawn", "blocked_by_provider"]
NotGrantedFor = Literal["withdrawn", "blocked_by_provider", "address"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
STATUSES: tuple[Status, ...] = get_args(Status)
BY_ADDRESS: Final = "address"
"""The source of an answer that somebody else gave who has the same number or address."""


class OptIn(Base):
    """What a customer last said about one kind of message, when, and how it is known."""

    __tablename__ = "opt_in"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[Channel] = mapped_column(Words, primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(Words, primary_key=True)
    status: Mapped[Status] = mapped_column(Words)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    source: Mapped[str] = mapped_column(Words)
    evidence: Mapped[Any | None] = mapped_column(Json, info={"personal": True})

    __table_args__ = (
        tenant_key("customer_id", to="customer"),
        one_of("channel", CHANNELS, "channel"),
        one_of("purpose", PURPOSES, "purpose"),
        one_of("status", STATUSES, "status"),
        {"sqlite_strict": True},
    )


@dataclass(frozen=True, slots=True)
class NotGranted:
    """A yes that was not taken: `reason` is what was said before, or `address` for somebody with the same address."""

    channel: Channel
    purpose: Purpose
    reason: NotGrantedFor


def set_opt_in(
    customer: Customer,
    channel: str,
    purpose: str,
    status: Status,
    by: Actor,
    *,
    source: str = "manual",
    evidence: dict[str, Any] | None = None,
) -> OptIn:
    """Record what a customer, held for change, said about one kind of message.

    A no to marketing holds for the address: nobody who shares it is written to. A yes lifts that again, but not what a
    provider blocks. Raises Invalid, Conflict.
    """
    customer.refuse_unless_live()
    through, about = _checked(channel, purpose)
    before = _stand(customer.workspace_id, customer.id, through, about)
    undo: dict[str, Any] = {"channel": through, "purpose": about, "from": _state(before), "to": status}
    if status == "granted":
        _refuse_blocked(customer, through, about, before)
        if about == "marketing":
            hashes = [suppression.address_hash(each) for each in suppression.addresses_of(customer, through)]
            undo["lifted"] = suppression.lift(customer.workspace_id, through, hashes)
    else:
        undo |= _hold_for_the_address(customer, through, about, status, by)
    row = before or OptIn(workspace_id=customer.workspace_id, customer_id=customer.id, channel=through, purpose=about)
    db.session.add(row)
    row.status, row.at, row.source, row.evidence = status, clock.now(), source, evidence
    customer.touched()
    db.session.flush()
    happened(customer.workspace_id, customer.id, "opt_in", f"{through} {about}: {_in_words(status)}", by, data=_data(row))
    audit = audit_event.record(
        customer.workspace_id, "set_opt_in", by, entity="customer", entity_id=customer.id,
        fields={"channel": through, "purpose": about, "from": undo["from"] and undo["from"]["status"], "to": status},
    )  # fmt: skip
    keep_undo(customer.workspace_id, audit, "set_opt_in", entity="customer", entity_id=customer.id, before=undo)
    return row


def set_opt_ins(customer: Customer, granted: Collection[tuple[str, str]], by: Actor) -> None:
    """Make these (channel, purpose) pairs, and only these, what a customer, held for change, said yes to.

    A yes that is not among them becomes a no; what a provider blocks stays as it is. Raises Conflict.
    """
    customer.refuse_unless_live()
    said = {(row.channel, row.purpose): row.status for row in opt_ins_of(Premises(customer.workspace_id), customer.id)}
    for channel in CHANNELS:
        for purpose in PURPOSES:
            status, wanted = said.get((channel, purpose)), (channel, purpose) in granted
            if status != "blocked_by_provider" and (status == "granted") != wanted:
                set_opt_in(customer, channel, purpose, "granted" if wanted else "withdrawn", by)


def grant_unless_refused(
    customer: Customer, pairs: Iterable[tuple[str, str]], by: Actor, *, source: str
) -> list[NotGranted]:
    """Record a yes to each of these (channel, purpose) pairs that nobody said no to; returns the others, with the reason.

    For what an app or a list says of a person: only the person themself, asked again, takes a no back. Raises Invalid.
    """
    refused: list[NotGranted] = []
    for channel, purpose in pairs:
        through, about = _checked(channel, purpose)
        said = _stand(customer.workspace_id, customer.id, through, about)
        addresses = suppression.addresses_of(customer, through)
        if said is not None:
            if said.status != "granted":
                refused.append(NotGranted(through, about, said.status))
        elif suppression.reasons_against(customer.workspace_id, through, about, addresses):
            refused.append(NotGranted(through, about, BY_ADDRESS))
        else:
            set_opt_in(customer, through, about, "granted", by, source=source)
    return refused


def heed_new_address(customer: Customer, by: Actor) -> None:
    """Withdraw what a customer, held for change, had granted, where a number or address they have now must not be written to."""
    rows = select(OptIn).where(OptIn.workspace_id == customer.workspace_id, OptIn.customer_id == customer.id)
    for row in db.session.scalars(rows.where(OptIn.status == "granted")).all():
        addresses = suppression.addresses_of(customer, row.channel)
        if suppression.reasons_against(customer.workspace_id, row.channel, row.purpose, addresses):
            _withdraw_by_address(row, "withdrawn", by)


def opt_ins_of(workspace: InWorkspace, customer_id: int) -> Sequence[OptIn]:
    """What a customer said, by channel and purpose."""
    return db.session.scalars(
        select(OptIn)
        .where(OptIn.workspace_id == workspace.id, OptIn.customer_id == customer_id)
        .order_by(OptIn.channel, OptIn.purpose)
    ).all()


def _checked(channel: str, purpose: str) -> tuple[Channel, Purpose]:
    through = valid_channel(channel, "opt_ins")
    about = next((each for each in PURPOSES if each == purpose), None)
    if about is None:
        raise Invalid("The purpose of an opt-in is one of %(known)s.", field="opt_ins", known=", ".join(PURPOSES))
    return through, about


def _stand(workspace_id: int, customer_id: int, channel: Channel, purpose: Purpose) -> OptIn | None:
    return db.session.get(OptIn, (workspace_id, customer_id, channel, purpose), populate_existing=True)


def _state(row: OptIn | None) -> dict[str, Any] | None:
    return {"status": row.status, "source": row.source, "at": to_ms(row.at)} if row is not None else None


def _data(row: OptIn) -> dict[str, str]:
    """What happened, for pages and tools to word."""
    return {"channel": row.channel, "purpose": row.purpose, "status": row.status, "source": row.source}


def _in_words(status: Status) -> str:
    return status.replace("_", " ")


def _refuse_blocked(customer: Customer, channel: Channel, purpose: Purpose, said: OptIn | None) -> None:
    addresses = suppression.addresses_of(customer, channel)
    reasons = suppression.reasons_against(customer.workspace_id, channel, purpose, addresses)
    if (said is not None and said.status == "blocked_by_provider") or reasons - set(suppression.OWN_WISH):
        raise Conflict("The provider blocks messages to this address; only the provider can lift that.", field="opt_ins")


def _hold_for_the_address(
    customer: Customer, channel: Channel, purpose: Purpose, status: Status, by: Actor
) -> dict[str, Any]:
    """Let a no hold for everybody with the same numbers or addresses; what undoing that needs.

    A no to what belongs to a booking is the person's own: who shares the number still wants theirs.
    """
    if status == "withdrawn" and purpose != "marketing":
        return {}
    addresses = suppression.addresses_of(customer, channel)
    blocked = status == "blocked_by_provider"
    about, reason = ("all", "provider") if blocked else ("marketing", "manual")
    added = suppression.suppress(customer.workspace_id, channel, addresses, about, reason)  # type: ignore[arg-type]
    others: list[dict[str, Any]] = []
    for row in _granted_by_those_who_share(customer, channel, purpose, addresses):
        others.append({"customer": row.customer_id, **(_state(row) or {})})
        _withdraw_by_address(row, status, by)
    return {"added": added, "others": others}


def _granted_by_those_who_share(
    customer: Customer, channel: Channel, purpose: Purpose, addresses: Sequence[str]
) -> Sequence[OptIn]:
    point = ContactPoint
    sharing = select(point.customer_id).where(
        point.workspace_id == customer.workspace_id,
        point.kind == ("email" if channel == "email" else "phone"),
        point.value_key.in_(addresses),
    )
    return db.session.scalars(
        select(OptIn)
        .where(OptIn.workspace_id == customer.workspace_id, OptIn.customer_id.in_(sharing), OptIn.customer_id != customer.id)
        .where(OptIn.channel == channel, OptIn.purpose == purpose, OptIn.status == "granted")
        .order_by(OptIn.customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _withdraw_by_address(row: OptIn, status: Status, by: Actor) -> None:
    row.status, row.at, row.source = status, clock.now(), BY_ADDRESS
    db.session.flush()
    said = f"{row.channel} {row.purpose}: {_in_words(status)} (shared address)"
    happened(row.workspace_id, row.customer_id, "opt_in", said, by, data=_data(row))
    audit_event.record(
        row.workspace_id, "set_opt_in", by, entity="customer", entity_id=row.customer_id,
        fields={"channel": row.channel, "purpose": row.purpose, "from": "granted", "to": status, "source": BY_ADDRESS},
    )  # fmt: skip


@undoes("set_opt_in", needs=("customers", "write"))
def _undo_set(step: UndoStep, by: Actor) -> None:
    """A first yes that is undone is withdrawn, never forgotten."""
    said, workspace_id = step.before, step.workspace_id
    customer = held_as_itself(step)
    row = _stand(workspace_id, customer.id, said["channel"], said["purpose"])
    if row is None or row.status != said["to"]:
        raise Conflict("The customer said something else in the meantime.")
    suppression.suppress_again(workspace_id, row.channel, said.get("lifted", ()))
    suppression.lift(workspace_id, row.channel, said.get("added", ()))
    _restore(row, said["from"] or {"status": "withdrawn", "source": "undo", "at": to_ms(clock.now())})
    for state in said.get("others", ()):
        other = _stand(workspace_id, state["customer"], row.channel, row.purpose)
        if other is not None and (other.status, other.source) == (said["to"], BY_ADDRESS):
            _restore(other, state)
    customer.touched()
    db.session.flush()
    happened(
        workspace_id, customer.id, "opt_in", f"{row.channel} {row.purpose}: {_in_words(row.status)} (undo)", by, data=_data(row)
    )


def _restore(row: OptIn, state: dict[str, Any]) -> None:
    row.status, row.source, row.at = state["status"], state["source"], from_ms(state["at"])
