"""A tool is one typed function in one file; this makes of it all that a client is told and all that a call needs.

Nothing here happens per call: schemas, validators and hints are made when the module is imported.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, Concatenate, Final, TypeVar, get_type_hints

from mcp.shared.inbound import x_mcp_header_map
from pydantic import BaseModel

from blueprints.mcp.arguments import arguments_of
from blueprints.mcp.call import Call
from blueprints.mcp.results import output_schema
from blueprints.mcp.schemas import compact_schema
from models.oauth.scope import Access, Capability, Pair

Returned = TypeVar("Returned", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Question:
    """What a destructive call would do: a sentence of ours, and beside it what customers wrote, by what it is.

    A name may hold orders to an assistant, so the sentence names people by their ids (PRODUCT §4, THREATS MC21).
    """

    summary: str
    about: dict[str, str] = field(default_factory=dict)


NAME_MAX = 32

CURATED: Final = (
    "search_members",
    "get_member_profile",
    "list_contacts",
    "list_tags",
    "enrol_member",
    "attach_tags",
    "add_note",
    "delete_contact",
    "list_services",
    "list_bookings",
    "get_booking_detail",
    "get_available_slots",
    "create_booking",
    "reschedule_booking",
    "cancel_booking",
    "list_tiers",
    "get_membership_tier",
    "get_loyalty_balance",
    "list_promotions",
    "list_invoices",
    "create_payment_link",
    "refund_payment",
    "list_message_templates",
    "draft_message",
    "send_whatsapp_message",
    "get_dashboard_stats",
    "list_segments",
    "validate_promotion",
)
"""The tools that every OAuth client lists, in this order (PRODUCT §4)."""


@dataclass(frozen=True)
class Tool:
    """One MCP function: what it is called, what it may touch, what it takes and what it answers."""

    name: str
    title: str
    description: str
    capability: Capability
    access: Access
    idempotent: bool
    open_world: bool
    destroys: bool
    run: Callable[..., BaseModel]
    asks: Callable[[Any], Question] | None
    arguments: type[BaseModel]
    returns: type[BaseModel]
    input_schema: dict[str, Any] = field(repr=False)
    output_schema: dict[str, Any] = field(repr=False)

    @property
    def pair(self) -> Pair:
        """What a token's scopes and a user's role must both cover."""
        return self.capability, self.access

    @cached_property
    def public(self) -> dict[str, Any]:
        """The tool as `tools/list` shows it, byte for byte the same for everyone."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.access == "read",
                "destructiveHint": self.destroys,
                "idempotentHint": self.idempotent,
                "openWorldHint": self.open_world,
            },
        }

    def __call__(self, call: Call, **arguments: Any) -> BaseModel:
        """Run the bare function, without the pipeline: for tests and for tools that build on one another."""
        return self.run(call, **arguments)


def tool(
    *,
    title: str,
    capability: Capability,
    access: Access,
    idempotent: bool,
    open_world: bool,
    destroys: bool | None = None,
    asks: Callable[[Any], Question] | None = None,
) -> Callable[[Callable[Concatenate[Call, ...], Returned]], Tool]:
    """Declare a tool on its function: the call first, then annotated arguments; the result model is the return type.

    `destroys` is the destructive hint where it differs from the access (a move overwrites, and is a write).
    `asks` makes the question that a destructive call puts before it is confirmed, from the result of its dry run.
    """

    def declare(function: Callable[Concatenate[Call, ...], Returned]) -> Tool:
        name = function.__name__
        if len(name) > NAME_MAX:
            raise TypeError(f"{name} is longer than {NAME_MAX} characters.")
        if (access == "destructive") != (asks is not None):
            raise TypeError(f"{name}: destructive tools, and no others, say what they ask before they act.")
        returns: type[BaseModel] = get_type_hints(function)["return"]
        arguments = arguments_of(function, access)
        return Tool(
            name=name,
            title=title,
            description=inspect.cleandoc(function.__doc__ or ""),
            capability=capability,
            access=access,
            idempotent=idempotent,
            open_world=open_world,
            destroys=access == "destructive" if destroys is None else destroys,
            run=function,
            asks=asks,
            arguments=arguments,
            returns=returns,
            input_schema=compact_schema(arguments, "validation"),
            output_schema=output_schema(returns, access),
        )

    return declare


class Catalogue:
    """The tools of a server by name: the curated ones in their order, then the others alphabetically."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        found = {each.name: each for each in tools}
        order = [name for name in CURATED if name in found] + sorted(found.keys() - set(CURATED))
        self._tools = {name: found[name] for name in order}

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def get(self, name: str) -> Tool | None:
        """The tool of this name, or None."""
        return self._tools.get(name)

    def header_schema(self, name: str) -> dict[str, Any] | None:
        """The input schema of a tool that mirrors arguments in `Mcp-Param-*` headers; none of ours asks for that."""
        return self._mirrored.get(name)

    @cached_property
    def _mirrored(self) -> dict[str, dict[str, Any]]:
        return {each.name: each.input_schema for each in self if x_mcp_header_map(each.input_schema)}

    @cached_property
    def listed(self) -> list[dict[str, Any]]:
        """What `tools/list` answers."""
        return [each.public for each in self]


def tools_in(package: ModuleType) -> Catalogue:
    """Every tool of a package of `<capability>/<tool_name>.py`; the file is named after its one tool."""
    found: list[Tool] = []
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.ispkg or module.name.rpartition(".")[2].startswith("_"):
            continue
        name = module.name.rpartition(".")[2]
        declared = getattr(importlib.import_module(module.name), name, None)
        if not isinstance(declared, Tool) or declared.name != name:
            raise TypeError(f"{module.name} must declare the tool {name}.")
        found.append(declared)
    return Catalogue(found)
