"""What a tool knows of the call it serves."""

from dataclasses import dataclass

from models.activity.actor import Actor
from models.oauth.scope import Access, Capability
from models.oauth.standing import Standing, WorkspaceFacts


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, and where. Everything a tool reads or changes is in `workspace`; every verb takes `by=call.actor`."""

    standing: Standing

    @property
    def workspace(self) -> WorkspaceFacts:
        """The workspace that the caller's consent or key is for."""
        return self.standing.workspace

    @property
    def actor(self) -> Actor:
        """The app or key, and the person behind it where there is one."""
        return self.standing.actor

    def may(self, capability: Capability, access: Access = "read") -> bool:
        """Whether this caller may also see a part of another capability; what it may not is named in `omitted`."""
        return self.standing.may(capability, access)
