"""How a customer is reached: phones and e-mail addresses, several each, and shared where families share them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, get_args

import phonenumbers
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.accounts.user import email_key
from models.base import Base, Flag, Id, Instant, InWorkspace, Key, Tenant, Words, db, new_id
from models.base.constraints import one_of, partial_index
from models.base.words import clean
from models.customers.customer import Customer, live_customer
from models.errors import Invalid

ContactKind = Literal["phone", "email"]
KINDS: tuple[ContactKind, ...] = get_args(ContactKind)
PHONE_MAX = 40
EMAIL_MAX = 254
POINTS_MAX = 20
"""Of one kind, a customer."""


class ContactPoint(Tenant, Base):
    """One number or address. `value_key` is E.164, or the lower-case local part with the IDNA domain; None if invalid."""

    __tablename__ = "contact_point"
    prefix = "cpt"
    noun = "contact point"

    customer_id: Mapped[int] = mapped_column(Id)
    kind: Mapped[ContactKind] = mapped_column(Words)
    value_key: Mapped[str | None] = mapped_column(Key)
    raw: Mapped[str] = mapped_column(Words)
    is_primary: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    __table_args__ = (
        UniqueConstraint("workspace_id", "customer_id", "kind", "value_key"),
        ForeignKeyConstraint(
            ["workspace_id", "customer_id"], ["customer.workspace_id", "customer.id"], ondelete="CASCADE"
        ),
        one_of("kind", KINDS, "kind"),
        CheckConstraint("kind<>'phone' OR value_key IS NULL OR substr(value_key,1,1)='+'", name="e164"),
        partial_index("contact_point_value", "value_key IS NOT NULL", "workspace_id", "kind", "value_key"),
        partial_index("contact_point_primary", "is_primary", "workspace_id", "customer_id", "kind", unique=True),
        {"sqlite_strict": True, "info": {"personal_rows": True}},
    )  # fmt: skip

    @property
    def value(self) -> str:
        """The number or address as it is shown and called."""
        return self.value_key or self.raw


def phone_key(raw: str, region: str) -> str:
    """The E.164 form of a number; `region` reads one without a country code. Raises Invalid where it is no valid one.

    A leading 00 that fails is tried as +: in Hong Kong 00852… would otherwise be read as a number of Mexico (DOMAIN §4).
    """
    said = clean(raw).strip()
    if len(said) <= PHONE_MAX:
        attempts = [said, f"+{said[2:]}"] if said.startswith("00") else [said]
        for attempt in attempts:
            found = _valid_phone(attempt, region)
            if found is not None:
                return found
    raise Invalid(
        "This is no valid phone number in %(region)s; give it with its country code (+852 …).", field="phone", region=region
    )


def _valid_phone(said: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def key_of(kind: ContactKind, raw: str, region: str) -> str:
    """The form under which a number or address is compared. Raises Invalid."""
    if kind == "phone":
        return phone_key(raw, region)
    if len(raw) > EMAIL_MAX:
        raise Invalid("This is no e-mail address.", field="email")
    return email_key(clean(raw))


def points_of(workspace: InWorkspace, customer_ids: Collection[int]) -> Sequence[ContactPoint]:
    """All contact points of some customers, the primary ones first."""
    return db.session.scalars(
        ContactPoint.within(workspace)
        .where(ContactPoint.customer_id.in_(customer_ids))
        .order_by(ContactPoint.is_primary.desc(), ContactPoint.id)
    ).all()


def add_point(customer: Customer, kind: ContactKind, raw: str, key: str) -> ContactPoint:
    """Give a customer a number or address that they may have already; the first of its kind is the primary one."""
    own = [point for point in points_of_one(customer) if point.kind == kind]
    for point in own:
        if point.value_key == key:
            return point
    if len(own) >= POINTS_MAX:
        raise Invalid("A customer has at most %(most)d of these.", field=kind, most=POINTS_MAX)
    point = ContactPoint(
        workspace_id=customer.workspace_id, id=new_id(), customer_id=customer.id, kind=kind, value_key=key,
        raw=clean(raw).strip(), is_primary=not own, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(point)
    db.session.flush()
    return point


def points_of_one(customer: Customer) -> Sequence[ContactPoint]:
    """The contact points of one customer, the primary ones first."""
    return db.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.workspace_id == customer.workspace_id, ContactPoint.customer_id == customer.id)
        .order_by(ContactPoint.is_primary.desc(), ContactPoint.id)
    ).all()


def make_primary(point: ContactPoint) -> None:
    """Make this the number or address that lists show and messages go to."""
    row = ContactPoint
    db.session.execute(
        update(row)
        .where(row.workspace_id == point.workspace_id, row.customer_id == point.customer_id, row.kind == point.kind)
        .where(row.is_primary)
        .values(is_primary=False)
    )
    point.is_primary = True
    db.session.flush()


def remove_point(point: ContactPoint) -> None:
    """Take a number or address away; the next one of its kind becomes the primary one."""
    workspace_id, customer_id, kind, primary = point.workspace_id, point.customer_id, point.kind, point.is_primary
    db.session.delete(point)
    db.session.flush()
    if not primary:
        return
    following = db.session.scalar(
        select(ContactPoint)
        .where(ContactPoint.workspace_id == workspace_id, ContactPoint.customer_id == customer_id, ContactPoint.kind == kind)
        .order_by(ContactPoint.id)
        .limit(1)
    )
    if following is not None:
        make_primary(following)


def customers_reached_by(workspace: InWorkspace, keys: Collection[tuple[ContactKind, str]]) -> Sequence[Customer]:
    """The live customers with any of these numbers or addresses, oldest first."""
    found: dict[int, Customer] = {}
    for kind, key in keys:
        rows = db.session.scalars(
            Customer.within(workspace)
            .join(
                ContactPoint,
                (ContactPoint.workspace_id == Customer.workspace_id) & (ContactPoint.customer_id == Customer.id),
            )
            .where(ContactPoint.workspace_id == workspace.id, ContactPoint.kind == kind, ContactPoint.value_key == key)
            .where(live_customer())
        )
        found |= {row.id: row for row in rows}
    return sorted(found.values(), key=lambda row: row.id)
