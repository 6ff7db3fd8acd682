"""Who asks: the caller of one message, from the HTTP request to the SDK's handlers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blueprints.mcp import pipeline
from blueprints.mcp.registry import Catalogue
from blueprints.mcp.writes import Form
from models.oauth.standing import Standing


@dataclass(frozen=True, slots=True)
class Asking:
    """The caller of one message; the SDK's handlers find it as `ctx.request`."""

    catalogue: Catalogue
    standing: Standing

    @property
    def principal(self) -> str:
        """Who a request state belongs to: the consent or the key."""
        return self.standing.actor.code

    def call(self, name: str, arguments: Mapping[str, Any], form: Form) -> dict[str, Any] | None:
        """The result of a tool call on the wire, or None when there is no such tool."""
        tool = self.catalogue.get(name)
        return pipeline.serve(tool, arguments, self.standing, form) if tool is not None else None
