"""What the verbs of customers need to know of the workspace they act in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from models.base import InWorkspace


class Here(InWorkspace, Protocol):
    """The workspace's row, or the frozen facts that a token check returns."""

    @property
    def name(self) -> str: ...

    @property
    def plan_code(self) -> str: ...

    @property
    def timezone(self) -> str: ...

    @property
    def currency(self) -> str: ...

    @property
    def phone_region(self) -> str: ...

    @property
    def zone(self) -> ZoneInfo: ...

    @property
    def local_now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Premises:
    """A workspace of which only the id is known: what undo steps hold."""

    id: int
