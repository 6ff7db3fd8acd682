"""What a token or key stands for at this moment: who acts, where, and what it may do, or why it may not.

Made anew for every call by the one state query, so a withdrawn consent, a lowered role or an ended family binds at the
next call (OAUTH §1).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from models import clock
from models.accounts.seat import role_may
from models.accounts.workspace import Workspace
from models.activity.actor import Actor
from models.errors import DomainError, NotAllowed
from models.oauth.connection import UNCHANGED, ConnectionSettings
from models.oauth.scope import Access, Capability, Pair, scope_for


class Quarantined(NotAllowed):
    """The app registered itself less than a day ago and only reads until `unlocks_at` (PRODUCT §3)."""

    code = "quarantined"


class StepUp(DomainError):
    """The token lacks a scope that a fresh consent could give: HTTP 403 `insufficient_scope` (RFC 6750 §3.1)."""

    code = "insufficient_scope"

    def __init__(self, message: str, scope: str) -> None:
        super().__init__(message)
        self.scope = scope


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """What a call needs to know of its workspace without another query."""

    id: int
    slug: str
    name: str
    timezone: str
    plan_code: str
    currency: str = "USD"
    locale: str = "en"
    phone_region: str = "HK"
    settings: Any = None

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row of a statement that selects WORKSPACE."""
        return cls(*(getattr(row, f"place_{name}") for name in _FACTS))

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)

    @property
    def local_now(self) -> datetime:
        """Now, with the workspace's offset."""
        return clock.now().astimezone(self.zone)


_FACTS = ("id", "slug", "name", "timezone", "plan_code", "currency", "locale", "phone_region", "settings")
WORKSPACE = tuple(getattr(Workspace, name).label(f"place_{name}") for name in _FACTS)
"""The columns that a state query selects for them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A live token or key."""

    workspace: WorkspaceFacts
    actor: Actor
    scope: str
    """The token's scopes as its token answer named them."""
    pairs: frozenset[Pair]
    """What they give now: destructive pairs only while the family holds them."""
    role: str | None = None
    """The user's current role; None for a service principal."""
    grantable: frozenset[Pair] = field(default_factory=frozenset)
    """What a fresh consent by this user to this client could give now; nothing for a service principal."""
    unlocks_at: datetime | None = None
    """Until when the app is quarantined here."""
    everything: bool = False
    """Whether it lists the full catalogue: keys do, OAuth clients never."""
    family_id: int | None = None
    """The family of the token; None for a key."""
    connection: ConnectionSettings = UNCHANGED
    """What the workspace has switched off for every app and key."""

    def may(self, capability: Capability, access: Access) -> bool:
        """Whether scopes and role both allow it."""
        return self.refusal(capability, access) is None

    def refusal(self, capability: Capability, access: Access) -> DomainError | None:
        """Why not, or None. StepUp only where asking the user again can help; everything else leaves the token alone."""
        if self.role is not None and not role_may(self.role, capability, access):
            return NotAllowed(
                "The role %(role)s in this workspace does not allow this. An owner or manager can change it in Settings → Team.",
                role=self.role,
            )
        if (capability, access) in self.pairs:
            return None
        if self.connection.closes((capability, access)):
            return NotAllowed(
                "This workspace has switched this off for connected apps."
                " An owner or manager can switch it on again in the connection's settings."
            )
        if access != "read" and self.unlocks_at is not None and self.unlocks_at > clock.now():
            until = self.unlocks_at.astimezone(self.workspace.zone)
            return Quarantined(
                f"This app is new here and can only read until {until:%Y-%m-%d %H:%M}."
                " Connect it again after that to allow changes.",
                unlocks_at=until.isoformat(),
            )
        scope = scope_for((capability, access), self.grantable)
        if scope is not None:
            return StepUp(_HOW[access], scope)
        return NotAllowed(
            "This app or key was not given what this needs."
            " An owner or manager can tick more scopes in Settings → API."
        )


_HOW: dict[Access, str] = {
    "read": "Connect again and allow reading.",
    "write": "Connect again and allow creating and changing.",
    "destructive": "Connect again and allow cancel, refund and delete, or press"
    " 'Allow cancel, refund and delete for 15 minutes' on Connected apps.",
}
