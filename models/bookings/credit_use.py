"""Which credits of which lots paid for which booking: one credit a seat, of several lots where one has too few."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Flag, Id, InWorkspace, db, tenant_key
from models.bookings.booking import Booking
from models.bookings.package import NoCredits, Package, PackageCredit

GRACE = timedelta(days=14)
"""How long credits of a lot that has expired live on when the business itself cancelled."""


class CreditUse(Base):
    """So many credits of one lot that paid for one booking; `given_back` once they returned to it.

    The lot is one of the same customer: the reference holds the customer's id too, and is checked at the commit, since a
    merge moves both.
    """

    __tablename__ = "credit_use"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    booking_id: Mapped[int] = mapped_column(Id, primary_key=True)
    package_credit_id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id)
    credits: Mapped[int] = mapped_column(Integer)
    given_back: Mapped[bool] = mapped_column(Flag, default=False)

    __table_args__ = (
        tenant_key("booking_id", to="booking"),
        tenant_key("customer_id", to="customer"),
        ForeignKeyConstraint(
            ["workspace_id", "package_credit_id", "customer_id"],
            ["package_credit.workspace_id", "package_credit.id", "package_credit.customer_id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("credits>0", name="credits"),
        Index("credit_use_lot", "workspace_id", "package_credit_id"),
        Index("credit_use_customer", "workspace_id", "customer_id"),
        {"sqlite_strict": True},
    )


def pay_by_package(booking: Booking, package: Package) -> None:
    """Use one credit a seat, of the lots that expire first; the customer's row is locked. Raises NoCredits."""
    lot = PackageCredit
    mine = lot.within(booking.here).where(
        lot.customer_id == booking.customer_id, lot.package_id == package.id, lot.service_id == booking.service_id, *lot.good()
    )
    owed = booking.party_size
    # Of two lots that expire together the older one goes first, so that two bookings take them in one order.
    for each in db.session.scalars(mine.order_by(lot.expires_at.nulls_last(), lot.id).with_for_update()).all():
        credits = min(owed, each.left)
        if credits and each.use(credits):
            db.session.add(
                CreditUse(
                    workspace_id=booking.workspace_id, booking_id=booking.id, package_credit_id=each.id,
                    customer_id=booking.customer_id, credits=credits, given_back=False,
                )
            )  # fmt: skip
            owed -= credits
    if owed:
        raise NoCredits(
            "The package %(package)s has too few credits left for %(service)s: %(seats)d needed.",
            reason="no_credits", package=package.name, service=booking.service.name, seats=booking.party_size,
        )
    booking.credits_used = booking.party_size
    db.session.flush()


def give_back(booking: Booking, *, by_business: bool) -> None:
    """Return a booking's credits to their lots; if the business cancelled, a lot that has expired lives 14 days more."""
    now, lot = clock.now(), PackageCredit
    for use in _uses(booking, given_back=False):
        mine = (lot.workspace_id == booking.workspace_id, lot.id == use.package_credit_id)
        back = update(lot).where(*mine).values(used=lot.used - use.credits)
        db.session.execute(back.execution_options(synchronize_session="fetch"))
        if by_business:
            longer = update(lot).where(*mine, lot.expires_at <= now).values(expires_at=now + GRACE)
            db.session.execute(longer.execution_options(synchronize_session="fetch"))
        use.given_back = True
    booking.credits_used = 0
    db.session.flush()


def use_again(booking: Booking) -> None:
    """Use the credits that came back from a booking. Raises NoCredits when they were used otherwise, or taken back."""
    for use in _uses(booking, given_back=True):
        each = db.session.get_one(
            PackageCredit, (use.workspace_id, use.package_credit_id), with_for_update=True, populate_existing=True
        )
        if each.revoked_at is not None or not each.use(use.credits):
            raise NoCredits("The package's credits were used for something else meanwhile.", reason="no_credits")
        use.given_back = False
        booking.credits_used += use.credits
    db.session.flush()


def _uses(booking: Booking, *, given_back: bool) -> Sequence[CreditUse]:
    """Rows of a booking in the order in which lots are locked."""
    use = CreditUse
    mine = (use.workspace_id == booking.workspace_id, use.booking_id == booking.id, use.given_back == given_back)
    rows = select(use).where(*mine).order_by(use.package_credit_id).execution_options(populate_existing=True)
    return db.session.scalars(rows).all()


def paid_by(workspace: InWorkspace, booking: Booking) -> set[int]:
    """The packages whose credits pay for a booking."""
    use, lot = CreditUse, PackageCredit
    rows = (
        select(lot.package_id)
        .join(use, (use.workspace_id == lot.workspace_id) & (use.package_credit_id == lot.id))
        .where(lot.workspace_id == workspace.id, use.booking_id == booking.id, use.given_back.is_(False))
    )
    return set(db.session.scalars(rows))

