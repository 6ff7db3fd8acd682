"""A booking: a customer's seat, or several, in a session. Its states, and who may move it from one to the next."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.accounts.currency import denominated
from models.base import Base, Id, Instant, InWorkspace, Key, Tenant, Words, belongs_to, db, tenant_key
from models.base.constraints import one_of
from models.bookings.facts import PARTY_MAX, PRICE_MAX, Bounds, bounded
from models.bookings.service import Service
from models.bookings.session import Session
from models.customers.customer import Customer
from models.customers.here import Premises
from models.customers.note import Note
from models.errors import N_, Conflict

STATUSES: Final = ("held", "pending", "confirmed", "checked_in", "completed", "cancelled", "no_show")
LIVE: Final = ("held", "pending", "confirmed", "checked_in")
"""One such booking a customer and session."""
MOVABLE: Final = ("held", "pending", "confirmed")
"""What may still be moved or cancelled."""
OCCUPYING: Final = (*LIVE, "completed", "no_show")
"""What keeps its seats: everything but a cancelled booking."""
NEXT: Final[dict[str, tuple[str, ...]]] = {
    "held": ("pending", "confirmed", "cancelled"),
    "pending": ("confirmed", "cancelled"),
    "confirmed": ("checked_in", "completed", "no_show", "cancelled"),
    "checked_in": ("completed", "confirmed"),
    "completed": ("confirmed",),
    "no_show": ("confirmed",),
    "cancelled": (),
}
BOUNDS: Final[Bounds] = {
    "party_size": (1, PARTY_MAX),
    "price_minor": (0, PRICE_MAX * PARTY_MAX),
    "fee_minor": (0, PRICE_MAX * PARTY_MAX),
    "credits_used": (0, PARTY_MAX),
}
REOPENED_WITHIN: Final = timedelta(hours=24)
_CANNOT: Final = {
    "pending": N_("This booking cannot be made pending now."),
    "confirmed": N_("This booking cannot be confirmed now."),
    "checked_in": N_("This booking cannot be checked in now."),
    "completed": N_("This booking cannot be completed now."),
    "no_show": N_("This booking cannot be marked as a no-show now."),
    "cancelled": N_("This booking cannot be cancelled now."),
}
_SCATTER, _REFS = 0x9E3779B97F4A7C15 | 1, 1 << 40


class StaleBooking(Conflict):
    """The booking moved on since the caller read it; `current` is how it stands."""


class NotNow(Conflict):
    """The booking's state, or the time, does not allow this; `current` is how it stands."""


@denominated
class Booking(Tenant, Base):
    """`starts_at` and `ends_at` are copies of the session's, changed with it. `staff_id` is the lead person, kept after a cancel
    frees the occupancy. `settled_at` is when it was completed or marked a no-show. `credits_used` counts the seats that a
    package pays for; the rest costs `price_minor` pro rata. The trigger `booking_led_by_staff` of the migration `bookings01`
    refuses a thing as lead.
    """

    __tablename__ = "booking"
    prefix = "bkg"
    noun = "booking"
    listed_by = "list_bookings"

    ref: Mapped[str] = mapped_column(Key)
    customer_id: Mapped[int] = mapped_column(Id)
    session_id: Mapped[int] = mapped_column(Id)
    service_id: Mapped[int] = mapped_column(Id)
    staff_id: Mapped[int | None] = mapped_column(Id)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    party_size: Mapped[int] = mapped_column(Integer, default=1)
    status: Mapped[str] = mapped_column(Key)
    hold_expires_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_for: Mapped[str | None] = mapped_column(Words)
    cancel_reason: Mapped[str | None] = mapped_column(Words, info={"personal": True})
    fee_minor: Mapped[int] = mapped_column(Id, default=0)
    price_minor: Mapped[int] = mapped_column(Id, default=0)
    currency: Mapped[str] = mapped_column(Words)
    credits_used: Mapped[int] = mapped_column(Integer, default=0)
    source: Mapped[str] = mapped_column(Words)
    customer_note: Mapped[str | None] = mapped_column(Words, info={"personal": True})
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)

    customer: Mapped[Customer] = belongs_to("Customer", "Booking.customer_id")
    service: Mapped[Service] = belongs_to("Service", "Booking.service_id")
    session: Mapped[Session] = belongs_to("Session", "Booking.session_id")

    __table_args__ = (
        UniqueConstraint("workspace_id", "ref"),
        tenant_key("customer_id", to="customer"),
        tenant_key("staff_id", to="asset"),
        ForeignKeyConstraint(
            ["workspace_id", "session_id", "service_id"], ["session.workspace_id", "session.id", "session.service_id"]
        ),
        one_of("status", STATUSES, "status"),
        one_of("cancelled_for", ("customer", "business", "expired"), "cancelled_for"),
        CheckConstraint("ends_at>starts_at", name="order"),
        CheckConstraint("(status='cancelled')=(cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint("status<>'held' OR hold_expires_at IS NOT NULL", name="held"),
        CheckConstraint("credits_used<=party_size", name="one_credit_a_seat"),
        *bounded(BOUNDS),
        Index("booking_time", "workspace_id", "starts_at", "id", "status", "customer_id"),  # the last two: figures read it alone
        Index("booking_customer", "workspace_id", "customer_id", "starts_at", "id"),
        Index("booking_staff", "workspace_id", "staff_id", "starts_at", "id"),
        Index("booking_service", "workspace_id", "service_id", "starts_at", "id"),
        Index("booking_session", "workspace_id", "session_id"),
        Index("booking_once", "workspace_id", "session_id", "customer_id", unique=True,
              postgresql_where=text("status IN ('held', 'pending', 'confirmed', 'checked_in')"),
              sqlite_where=text("status IN ('held', 'pending', 'confirmed', 'checked_in')")),
        Index("booking_hold", "workspace_id", "hold_expires_at",
              postgresql_where=text("status = 'held'"), sqlite_where=text("status = 'held'")),
        Index("booking_open", "workspace_id", "ends_at",
              postgresql_where=text("status IN ('pending', 'confirmed', 'checked_in')"),
              sqlite_where=text("status IN ('pending', 'confirmed', 'checked_in')")),
        {"sqlite_strict": True},
    )  # fmt: skip

    @classmethod
    def find(cls, workspace: InWorkspace, shown: str | int) -> Self:
        """The booking with this id, or with this ref as people read it out (`7F3K-Q2M9`). Raises NotFound."""
        if isinstance(shown, str) and not shown.startswith(f"{cls.prefix}_"):
            ref = typed_ref(shown)
            if ref is None:
                return super().find(workspace, shown)
            found = db.session.scalar(cls.within(workspace).where(cls.ref == ref))
            if found is None:
                raise cls.not_found()
            return found
        return super().find(workspace, shown)

    @classmethod
    def hold(cls, workspace: InWorkspace, shown: str | int, *, expected_version: int | None = None) -> Self:
        """The booking, locked after its session and read anew (ARCHITECTURE §2). Raises StaleBooking, NotFound."""
        seen = cls.find(workspace, shown)
        sessions = Session.lock(workspace, [seen.session_id])
        row = cls.within(workspace).where(cls.id == seen.id).with_for_update(key_share=True)
        held = db.session.scalars(row.execution_options(populate_existing=True)).one()
        if held.session_id not in sessions:
            raise StaleBooking("This booking was moved in the meantime; look again.", current=held.current)
        if expected_version is not None and held.version != expected_version:
            raise StaleBooking("This booking was changed in the meantime; look again.", current=held.current)
        return held

    @classmethod
    def hold_at(cls, workspace: InWorkspace, number: int, version: int) -> Self:
        """The booking as an undo step left it, locked. Raises StaleBooking, in the words of undo, when it moved on."""
        held = cls.hold(workspace, number)
        if held.version != version:
            raise StaleBooking("This booking was changed since; it cannot be undone any more.", current=held.current)
        return held

    @property
    def here(self) -> Premises:
        """The workspace it belongs to."""
        return Premises(self.workspace_id)

    @property
    def current(self) -> dict[str, Any]:
        """How it stands, for the answer to a conflict."""
        return {
            "id": self.shown_id, "ref": self.ref, "status": self.status, "version": self.version,
            "starts_at": self.starts_at.isoformat(), "party_size": self.party_size,
        }  # fmt: skip

    @property
    def lapsed(self) -> bool:
        """A hold that nobody confirmed in time: it keeps nothing from being booked."""
        return self.status == "held" and self.hold_expires_at is not None and self.hold_expires_at <= clock.now()

    @property
    def credits_lost(self) -> int:
        """Credits that did not come back when it was cancelled late or nobody came."""
        return self.credits_used if self.status in ("cancelled", "no_show") else 0

    @property
    def unpaid_minor(self) -> int:
        """The price of the seats that no package pays for."""
        return self.price_minor * (self.party_size - self.credits_used) // self.party_size

    @property
    def begun(self) -> bool:
        """Whether its start has passed."""
        return self.starts_at <= clock.now()

    def refuse_unless(self, status: str) -> None:
        """Raise NotNow unless the state machine and the time allow `status` next (DOMAIN §2, Booking states)."""
        if self.lapsed:
            raise NotNow("The place was held until a time that has passed; book it anew.", current=self.current)
        if status not in NEXT[self.status]:
            raise NotNow(_CANNOT[status], for_apps="allowed_actions of get_booking_detail says what can.", current=self.current)
        if status in ("pending", "confirmed") and self.status in ("held", "pending") and self.begun:
            raise NotNow("Its start has passed; it cannot be confirmed any more.", current=self.current)
        if status in ("completed", "no_show") and not self.begun:
            raise NotNow("A booking is completed or a no-show only after its start.", current=self.current)
        if self.status in ("completed", "no_show"):
            settled = self.settled_at or self.updated_at
            if clock.now() > settled + REOPENED_WITHIN:
                raise NotNow("This was settled more than 24 hours ago and stays as it is.", current=self.current)

    @property
    def allowed_actions(self) -> list[str]:
        """What can be done with it now, as the names of the verbs."""
        verbs = {
            "confirmed": "reopen" if self.status in ("checked_in", "completed", "no_show") else "confirm",
            "checked_in": "check_in", "completed": "complete", "no_show": "mark_no_show", "cancelled": "cancel",
        }  # fmt: skip
        allowed = [verbs[status] for status in NEXT[self.status] if status in verbs and self._may_become(status)]
        if self.status in MOVABLE and not self.lapsed:
            allowed.append("reschedule")
        return allowed

    def _may_become(self, status: str) -> bool:
        try:
            self.refuse_unless(status)
        except NotNow:
            return False
        return True


# The key lies in the table of customers' notes, but only this capability knows what it refers to.
Note.__table__.append_constraint(tenant_key("booking_id", to="booking"))  # type: ignore[attr-defined]


def typed_ref(said: str) -> str | None:
    """A ref as it is stored, from however it was typed (`7f3k q2m9`); None where it cannot be one."""
    ref = said.replace("-", "").replace(" ", "").upper()
    known = opaque.CROCKFORD.upper()
    return ref if len(ref) == 8 and all(letter in known for letter in ref) else None


def ref_for(number: int) -> str:
    """Eight characters made of an id: short to read out, scattered so that they tell nothing of order or count."""
    scattered = number * _SCATTER % _REFS
    return opaque.encode(scattered)[-8:].upper()


def free_ref(workspace: InWorkspace, number: int) -> str:
    """The ref for an id, or the next one where that is taken."""
    ref = ref_for(number)
    while db.session.scalar(select(Booking.id).where(Booking.workspace_id == workspace.id, Booking.ref == ref)) is not None:
        number += 1
        ref = ref_for(number)
    return ref
