"""A customer: a person in a workspace's CRM; a contact is any of them, a member is one enrolled in loyalty (PRODUCT §1).

What bookings mean for a customer (`last_booking_at`, `next_booking_at`, `bookings_count`, `no_show_count`,
`last_activity_at`) stands on the row, so that lists sort and filter by it; the verbs of bookings set it.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self, get_args

from sqlalchemy import CheckConstraint, Index, Integer, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Id, Instant, InWorkspace, Json, Key, Tenant, Words, db, tenant_key
from models.base.constraints import one_of, partial_index
from models.base.words import fold, named, one_line
from models.errors import Conflict, Invalid, NotFound

NAME_MAX = 200
COMPANY_MAX = 200
CustomerKind = Literal["contact", "member"]
KINDS: tuple[CustomerKind, ...] = get_args(CustomerKind)
Channel = Literal["email", "sms", "whatsapp"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
SOURCE_MAX = 40
RARE = 1_500
"""Up to so many rows a tag or word drives a query; from there on each customer is asked whether they have one."""
_LOCALE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}")
_BIRTHDAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
UNKNOWN_YEAR = "0000"


class StaleCustomer(Conflict):
    """The record changed since the caller read it; `current` is its version now."""


class Customer(Tenant, Base):
    """One person, their record and its state. The index customer_last_booking stands in the migration, NULLS LAST."""

    __tablename__ = "customer"
    prefix = "mem"
    noun = "customer"
    listed_by: ClassVar[str] = "search_members"

    kind: Mapped[CustomerKind] = mapped_column(Words, default="contact", server_default="contact")
    name: Mapped[str] = mapped_column(Words, info={"personal": True, "erased": "Anonymised"})
    name_key: Mapped[str] = mapped_column(Key, info={"personal": True, "erased": "anonymised"})
    native_name: Mapped[str | None] = mapped_column(Words, info={"personal": True})
    company: Mapped[str | None] = mapped_column(Words, info={"personal": True})
    birthday: Mapped[str | None] = mapped_column(Key, info={"personal": True})
    birth_day: Mapped[str | None] = mapped_column(Key, info={"personal": True})
    """Month and day of the birthday, which lists are filtered and sorted by."""
    locale: Mapped[str | None] = mapped_column(Words)
    preferred_channel: Mapped[Channel | None] = mapped_column(Words)
    source: Mapped[str] = mapped_column(Words, default="manual", server_default="manual")
    custom: Mapped[Any] = mapped_column(Json, default=dict, info={"personal": True, "erased": {}})
    enrolled_at: Mapped[datetime | None] = mapped_column(Instant)
    last_booking_at: Mapped[datetime | None] = mapped_column(Instant)
    next_booking_at: Mapped[datetime | None] = mapped_column(Instant)
    last_activity_at: Mapped[datetime | None] = mapped_column(Instant)
    bookings_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    no_show_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    merged_into: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    archived_at: Mapped[datetime | None] = mapped_column(Instant)
    anonymised_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def live(self) -> bool:
        """Neither archived nor merged away."""
        return self.archived_at is None

    @classmethod
    def find(cls, workspace: InWorkspace, shown: str | int) -> Self:
        """The customer with this id; for one that was merged away, the one it was merged into."""
        found = super().find(workspace, shown)
        seen = {found.id}
        while found.merged_into is not None and found.merged_into not in seen:
            seen.add(found.merged_into)
            found = super().find(workspace, found.merged_into)
        return found

    @classmethod
    def hold(cls, workspace: InWorkspace, shown: str | int, *, expected_version: int | None = None) -> Self:
        """The customer, locked for the rest of the transaction. Raises StaleCustomer where the version moved on."""
        number = cls.find(workspace, shown).id
        row = cls.within(workspace).where(cls.id == number).with_for_update(key_share=True)
        held = db.session.scalars(row.execution_options(populate_existing=True)).one()
        if expected_version is not None and held.version != expected_version:
            raise StaleCustomer("This customer was changed in the meantime; look again.", current={"version": held.version})
        return held

    @classmethod
    def hold_all(cls, workspace: InWorkspace, shown: Sequence[str], field: str) -> list[Self]:
        """The live customers with these ids, locked in the order of their ids, each once. NotFound names the place."""
        numbers: dict[int, int] = {}
        for place, each in enumerate(shown):
            try:
                numbers.setdefault(cls.find(workspace, each).id, place)
            except NotFound as missing:
                raise NotFound(
                    missing.sentence, for_apps=missing.for_apps, **missing.details, field=f"{field}[{place}]"
                ) from None
        rows = db.session.scalars(
            cls.within(workspace)
            .where(cls.id.in_(numbers))
            .order_by(cls.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        for row in rows:
            row.refuse_unless_live()
        return list(rows)

    def refuse_unless_live(self) -> None:
        """Archived and anonymised records are read only."""
        if self.anonymised_at is not None:
            raise Conflict("This customer was anonymised and cannot be changed.", id=self.shown_id)
        if self.archived_at is not None:
            raise Conflict("This customer is archived and must be restored first.", id=self.shown_id)

    def touched(self) -> None:
        """Count a change: the version that optimistic locks compare, and the time that lists sort by."""
        self.version += 1
        self.updated_at = clock.now()

    def rename(self, name: str) -> None:
        """Set the name and the key it is sorted and compared by."""
        self.name = valid_name(name)
        self.name_key = name_key(self.name)

    def born(self, birthday: str | None) -> None:
        """Set the birthday, with or without its year, or forget it."""
        self.birthday = valid_birthday(birthday) if birthday else None
        self.birth_day = self.birthday[5:] if self.birthday else None

    __table_args__ = (
        one_of("kind", KINDS, "kind"),
        one_of("preferred_channel", CHANNELS, "preferred_channel"),
        CheckConstraint("merged_into IS NULL OR merged_into<>id", name="merged_into"),
        CheckConstraint("kind<>'member' OR enrolled_at IS NOT NULL", name="enrolled"),
        tenant_key("merged_into", to="customer"),
        Index("customer_name", "workspace_id", "name_key", "id"),
        Index("customer_created", "workspace_id", "created_at", "id"),
        Index("customer_updated", "workspace_id", "updated_at", "id"),
        partial_index("customer_merged", "merged_into IS NOT NULL", "workspace_id", "merged_into"),
        partial_index("customer_next", "next_booking_at IS NOT NULL", "workspace_id", "next_booking_at"),
        partial_index("customer_archived", "archived_at IS NOT NULL", "workspace_id", "id"),
        partial_index("customer_birthday", "birth_day IS NOT NULL", "workspace_id", "birth_day", "id"),
        {"sqlite_strict": True},
    )


def valid_name(name: str) -> str:
    """The cleaned name. Raises Invalid."""
    return named(name, NAME_MAX)


def optional_words(text: str | None, limit: int, field: str) -> str | None:
    """Cleaned text on one line, None where nothing is left. Raises Invalid."""
    said = one_line(text) if text is not None else ""
    if len(said) > limit:
        raise Invalid("Write at most %(most)d characters.", field=field, most=limit)
    return said or None


def name_key(name: str) -> str:
    """What names are compared and sorted by."""
    return fold(name)


def valid_birthday(text: str) -> str:
    """`1990-11-23`, or `11-23` where nobody knows the year, as it is stored (`0000-11-23`). Raises Invalid."""
    found = _BIRTHDAY.fullmatch(text.strip())
    if found:
        year, month, day = found.group(1), int(found.group(2)), int(found.group(3))
        try:
            date(int(year) if year and year != UNKNOWN_YEAR else 2000, month, day)
        except ValueError:
            found = None
        else:
            if not year or year == UNKNOWN_YEAR or 1900 <= int(year) <= clock.now().year:
                return f"{year or UNKNOWN_YEAR}-{month:02}-{day:02}"
    raise Invalid("A birthday is a date such as 1990-11-23, or 11-23 without the year.", field="birthday")


def shown_birthday(stored: str | None) -> str | None:
    """A stored birthday as people read it: without a year that nobody knows."""
    return stored.removeprefix(f"{UNKNOWN_YEAR}-") if stored else stored


def valid_locale(text: str) -> str:
    """A language tag such as `zh-HK`. Raises Invalid."""
    if not _LOCALE.fullmatch(text):
        raise Invalid("A locale is a language tag such as en, zh-HK or zh_Hant_HK.", field="locale")
    return text


def valid_channel(channel: str, field: str = "preferred_channel") -> Channel:
    """One of email, sms, whatsapp. Raises Invalid."""
    found = next((each for each in CHANNELS if each == channel), None)
    if found is None:
        raise Invalid("A channel is one of %(known)s.", field=field, known=", ".join(CHANNELS))
    return found


def live_customer() -> Any:
    """SQL: neither archived nor merged away."""
    return Customer.archived_at.is_(None)


def ids_merged_into(workspace: InWorkspace, customer_id: int) -> list[int]:
    """The ids that lead to this customer: its own, and those merged into it, however long ago."""
    found, edge = [customer_id], [customer_id]
    while edge:
        edge = list(db.session.scalars(
            select(Customer.id).where(
                Customer.workspace_id == workspace.id, Customer.merged_into.in_(edge), Customer.id.not_in(found)
            )
        ))  # fmt: skip
        found += edge
    return found
