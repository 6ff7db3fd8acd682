"""The workspace: the tenant, one business (PRODUCT §1)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS
from sqlalchemy import ColumnElement, ForeignKey, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.accounts import currency as currencies
from models.accounts.plan import LIMITS
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Instant, InWorkspace, Json, Key, Words, db, new_id, savepoint
from models.base.wall_clock import zone_named
from models.base.words import named
from models.errors import Conflict, Invalid, NotFound
from models.settings import settings

NAME_MAX = 80
LOCALES = ("en_HK", "zh_Hant_HK")
"""The languages that Frontdesk speaks: of its pages, and of what it writes for a workspace."""
COMPLETE_SETTING = "complete_bookings"
"""In a workspace's settings: false leaves past bookings confirmed until somebody completes them."""
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
RESERVED_SLUGS = frozenset({"new", "mcp", "api", "admin", "settings", "static"})
_SLUG_RACES = 5


@dataclass(frozen=True, slots=True)
class Changes:
    """What a workspace's settings are to be, all of them."""

    name: str
    timezone: str
    currency: str
    locale: str
    phone_region: str
    complete_bookings: bool = True

    def checked(self) -> dict[str, Any]:
        """As they are kept. Raises Invalid."""
        return {
            "name": named(self.name, NAME_MAX),
            "timezone": zone_named(self.timezone),
            "currency": currencies.checked(self.currency),
            "locale": _locale(self.locale),
            "phone_region": _region(self.phone_region),
            COMPLETE_SETTING: self.complete_bookings,
        }


class Workspace(Base):
    """One business: its name, zone, currency and plan."""

    __tablename__ = "workspace"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False, default=new_id)
    slug: Mapped[str] = mapped_column(Key, unique=True)
    name: Mapped[str] = mapped_column(Words)
    vertical: Mapped[str] = mapped_column(Words)
    timezone: Mapped[str] = mapped_column(Words)
    currency: Mapped[str] = mapped_column(Words)
    locale: Mapped[str] = mapped_column(Words)
    phone_region: Mapped[str] = mapped_column(Words)
    plan_code: Mapped[str] = mapped_column(Key, ForeignKey("plan.code"))
    settings: Mapped[Any] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)

    @classmethod
    def open(
        cls,
        name: str,
        *,
        slug: str | None = None,
        timezone: str = "UTC",
        currency: str = "USD",
        locale: str = "en_HK",
        phone_region: str = "HK",
        vertical: str = "beauty",
        plan_code: str | None = None,
    ) -> "Workspace":
        """Open a new workspace. Raises Invalid for a bad value, Conflict for a slug that is taken."""
        name, timezone, code = named(name, NAME_MAX), zone_named(timezone), currencies.checked(currency)
        locale, phone_region = _locale(locale), _region(phone_region)
        for attempt in range(_SLUG_RACES):
            workspace = cls(
                id=new_id(), slug=_free_slug(slug, name), name=name, vertical=vertical, timezone=timezone,
                currency=code, locale=locale, phone_region=phone_region,
                plan_code=plan_code or settings().default_plan, settings={}, created_at=clock.now(),
            )  # fmt: skip
            try:
                with savepoint():
                    db.session.add(workspace)
                    db.session.flush()
            except IntegrityError:  # another workspace took the address at this very moment
                if attempt + 1 == _SLUG_RACES:
                    raise
            else:
                break
        return workspace

    @classmethod
    def named(cls, slug: str) -> "Workspace":
        """The workspace of a slug, or NotFound."""
        named = select(cls).where(cls.slug == slug, cls.deleted_at.is_(None))
        found = db.session.scalar(named) if SLUG.fullmatch(slug) else None
        if found is None:
            raise NotFound("There is no such workspace.")
        return found

    def change(self, by: Actor, changes: Changes) -> None:
        """Change what the business is called and how it counts time and money. Raises Invalid; CurrencySettled once there are
        amounts; what costs nothing follows the currency. The row is held against `currency_of`. Under `writing()`.
        """
        db.session.refresh(self, with_for_update={"key_share": True})
        wanted = changes.checked()
        if wanted["currency"] != self.currency:
            currencies.restate(self, wanted["currency"])
        completes = wanted.pop(COMPLETE_SETTING)
        changed = [field for field, value in wanted.items() if getattr(self, field) != value]
        for field in changed:
            setattr(self, field, wanted[field])
        if completes != self.completes_bookings:
            self.settings = {**(self.settings or {}), COMPLETE_SETTING: completes}
            changed.append(COMPLETE_SETTING)
        db.session.flush()
        if changed:
            audit_event.record(
                self.id, "change_workspace", by, entity="workspace", entity_id=self.id, fields={"changed": changed}
            )

    def choose_plan(self, code: str, by: Actor) -> None:
        """Put it on another plan. What there is already stays, over the new limits too; more is refused from the next call on.

        Raises Invalid for a plan that there is not. Under `writing()`.
        """
        if code not in LIMITS:
            raise Invalid("The plan is one of %(known)s.", field="plan", known=", ".join(LIMITS))
        db.session.refresh(self, with_for_update={"key_share": True})
        if code != self.plan_code:
            self.plan_code = code
            db.session.flush()
            audit_event.record(self.id, "change_plan", by, entity="workspace", entity_id=self.id, fields={"plan": code})

    @classmethod
    def currency_of(cls, workspace: InWorkspace) -> str:
        """The currency as it stands, which then stays until the transaction ends: for a record that keeps it."""
        stands = select(cls.currency).where(cls.id == workspace.id).with_for_update(read=True)
        return db.session.scalars(stands).one()

    @property
    def completes_bookings(self) -> bool:
        """Whether a confirmed booking is completed a day after its end (DOMAIN, Booking states)."""
        return bool((self.settings or {}).get(COMPLETE_SETTING, True))

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)

    @property
    def local_now(self) -> datetime:
        """Now, with the workspace's offset."""
        return clock.now().astimezone(self.zone)

    @property
    def live(self) -> bool:
        """Neither suspended nor deleted."""
        return self.suspended_at is None and self.deleted_at is None

    @classmethod
    def is_live(cls) -> ColumnElement[bool]:
        """The same as a condition of a statement over `workspace`."""
        return and_(cls.suspended_at.is_(None), cls.deleted_at.is_(None))


def _locale(locale: str) -> str:
    if locale not in LOCALES:
        raise Invalid("Choose one of the languages there are.", field="locale")
    return locale


def _region(region: str) -> str:
    if region not in SUPPORTED_REGIONS:
        raise Invalid("Choose a country or region that has telephone numbers.", field="phone_region")
    return region


def _free_slug(asked: str | None, name: str) -> str:
    """The slug asked for, or one made from the name with a number where it is taken."""
    if asked is not None:
        if not SLUG.fullmatch(asked) or asked in RESERVED_SLUGS:
            raise Invalid("A workspace's address has 1 to 48 of a-z, 0-9 and inner hyphens.", field="slug")
        if _taken(asked):
            raise Conflict("This address is taken.", field="slug")
        return asked
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "workspace"
    number, slug = 1, stem
    while slug in RESERVED_SLUGS or _taken(slug):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _taken(slug: str) -> bool:
    return db.session.scalar(select(Workspace.id).where(Workspace.slug == slug)) is not None
