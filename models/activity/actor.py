"""Who acts: every changing verb takes `by: Actor`, and audit, undo and timeline name it."""

from dataclasses import dataclass, replace
from typing import Literal

ActorKind = Literal["user", "app", "api_key", "public", "system", "webhook"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in the portal, an app acting for one, a key, the public, or the system itself."""

    kind: ActorKind
    user_id: int | None = None
    client_id: str | None = None
    consent_id: int | None = None
    key_id: int | None = None
    address: str | None = None
    request_id: str | None = None
    name: str | None = None
    """The person's or app's name as the timeline shows it."""

    @property
    def code(self) -> str:
        """`consent:<id>`, `key:<id>`, `user:<id>`, else the kind: what rows that name an actor hold.

        A person stays themself when the act is about a consent.
        """
        if self.kind == "user" and self.user_id is not None:
            return f"user:{self.user_id}"
        for label, number in (("consent", self.consent_id), ("key", self.key_id), ("user", self.user_id)):
            if number is not None:
                return f"{label}:{number}"
        return self.kind

    def acting_as(self, **changes: object) -> "Actor":
        """The same actor with more known about it."""
        return replace(self, **changes)  # type: ignore[arg-type]


SYSTEM = Actor(kind="system", name="Frontdesk")
"""Frontdesk itself: the worker, the seed, the command line."""
