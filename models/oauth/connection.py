"""A workspace's connection settings: what every app and key may do here at all (`/api/server`, PRODUCT §2).

They take away, they never give: what a token may do is its scopes, its user's role, and these.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import db
from models.errors import Invalid
from models.oauth.scope import EVERY_TOOL, Pair

_KEY = "connection"


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """As they stand in a workspace's settings; a workspace that never changed them has these."""

    read_only: bool = False
    capabilities: tuple[str, ...] = EVERY_TOOL
    """The capabilities whose tools may be called."""

    @classmethod
    def of(cls, settings: Any) -> Self:
        """From the workspace's settings document."""
        stored = (settings or {}).get(_KEY) or {}
        return cls(bool(stored.get("read_only", False)), tuple(stored.get("capabilities", EVERY_TOOL)))

    def closes(self, pair: Pair) -> bool:
        """Whether this is switched off for apps and keys. The settings themselves stay changeable."""
        capability, access = pair
        return capability in EVERY_TOOL and (capability not in self.capabilities or (self.read_only and access != "read"))

    def open(self, pairs: Collection[Pair]) -> frozenset[Pair]:
        """Those of a token's pairs that are not switched off."""
        return frozenset(pair for pair in pairs if not self.closes(pair))


UNCHANGED = ConnectionSettings()


def change(workspace_id: int, by: Actor, changes: dict[str, Any]) -> ConnectionSettings:
    """Change some of the settings; raises Invalid and then nothing changed. Binds at the next call; under `writing()`."""
    workspace = db.session.get_one(Workspace, workspace_id, with_for_update={"key_share": True}, populate_existing=True)
    before = ConnectionSettings.of(workspace.settings)
    unknown = sorted(set(changes) - {"read_only", "capabilities"})
    if unknown:
        raise Invalid("Only read_only and capabilities can be changed.", field=unknown[0])
    read_only = changes.get("read_only", before.read_only)
    if not isinstance(read_only, bool):
        raise Invalid("read_only is true or false.", field="read_only")
    after = ConnectionSettings(read_only, _capabilities(changes.get("capabilities", list(before.capabilities))))
    stored = {"read_only": after.read_only, "capabilities": list(after.capabilities)}
    workspace.settings = {**(workspace.settings or {}), _KEY: stored}
    db.session.flush()
    audit_event.record(workspace_id, "change_connection", by, entity="workspace", entity_id=workspace_id, fields=stored)
    return after


def _capabilities(named: Any) -> tuple[str, ...]:
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named) or not set(named) <= set(EVERY_TOOL):
        raise Invalid("capabilities is a list of: %(known)s.", field="capabilities", known=", ".join(EVERY_TOOL))
    return tuple(name for name in EVERY_TOOL if name in named)
