"""The one table of scopes: it feeds consent page, metadata and every check (PRODUCT §3).

A scope is a set of (capability, access) pairs; a call is allowed when the token's pairs cover the tool's.
What a role, a quarantine or a plan takes away is decided where those live; this file knows only names.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import Final, Literal

from models.errors import N_

Capability = Literal["customers", "bookings", "loyalty", "comms", "commerce", "insights", "resources", "server"]
Access = Literal["read", "write", "destructive"]
Pair = tuple[Capability, Access]
Kind = Literal["created", "static", "published", "registered", "key", "client_credentials"]  # who asks

CODE_CLIENTS: Final[tuple[Kind, ...]] = ("created", "static", "published", "registered")
ANYONE: Final[tuple[Kind, ...]] = (*CODE_CLIENTS, "key", "client_credentials")

EVERY_TOOL: Final[tuple[Capability, ...]] = ("customers", "bookings", "loyalty", "comms", "commerce", "insights")
CRM: Final[tuple[Capability, ...]] = ("customers", "bookings", "loyalty", "comms")
ERP: Final[tuple[Capability, ...]] = ("commerce", "insights")


@dataclass(frozen=True)
class Scope:
    """One permission string: its sentence on the consent page, what it covers, and the scopes it contains."""

    name: str
    sentence: str
    own: frozenset[Pair] = frozenset()
    implies: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset(ANYONE)

    @property
    def changes(self) -> bool:
        """Whether it allows more than looking: what quarantine and the viewer role lock."""
        return any(access != "read" for _, access in self.own)


def _pairs(capabilities: Iterable[Capability], access: Access) -> frozenset[Pair]:
    return frozenset(product(capabilities, (access,)))


SCOPES: Final[Mapping[str, Scope]] = MappingProxyType(
    {
        scope.name: scope
        for scope in (
            Scope(
                "mcp.read",
                N_("See customers, bookings, loyalty, invoices, messages and totals"),
                own=_pairs(EVERY_TOOL, "read"),
                implies=("resources.read", "server.read"),
                aliases=("mcp:tools:read", "mcp:tools:execute"),
            ),
            Scope(
                "mcp.write",
                N_("Create and change: bookings, tags, notes, drafts, messages, payment links"),
                own=_pairs(EVERY_TOOL, "write"),
                implies=("mcp.read",),
            ),
            Scope(
                "mcp.destructive",
                N_("Cancel, refund and delete"),
                own=_pairs(EVERY_TOOL, "destructive"),
                kinds=frozenset((*CODE_CLIENTS, "key")),
            ),
            Scope(
                "crm.read",
                N_("See customers, bookings, loyalty and messages"),
                own=_pairs(CRM, "read"),
                aliases=("crm:read",),
            ),
            Scope(
                "crm.write",
                N_("Create and change: bookings, tags, notes, drafts and messages"),
                own=_pairs(CRM, "write"),
                implies=("crm.read",),
                aliases=("crm:write",),
            ),
            Scope("erp.read", N_("See orders, invoices and totals"), own=_pairs(ERP, "read"), aliases=("erp:read",)),
            Scope(
                "resources.read",
                N_("Read this workspace's guides"),
                own=_pairs(("resources",), "read"),
                aliases=("mcp:resources:read",),
            ),
            Scope(
                "server.read",
                N_("See this connection's settings, plan and usage"),
                own=_pairs(("server",), "read"),
                aliases=("mcp:server:read",),
            ),
            Scope(
                "server.manage",
                N_("Change this connection's settings"),
                own=_pairs(("server",), "write"),
                aliases=("mcp:server:manage",),
                kinds=frozenset({"created", "key", "client_credentials"}),
            ),
            Scope("offline_access", N_("Stay connected"), kinds=frozenset(CODE_CLIENTS)),
        )
    }
)

OFFLINE: Final = "offline_access"
DESTRUCTIVE: Final = "mcp.destructive"
EXECUTE: Final = "mcp:tools:execute"  # mcp.write where the client's ticked scopes include that, else mcp.read
DEFAULT: Final = frozenset({"mcp.read"})
CHALLENGE: Final = "mcp.read mcp.write"  # what a 401 asks for

_CANONICAL: Final[Mapping[str, str]] = MappingProxyType(
    {spelling: scope.name for scope in SCOPES.values() for spelling in (scope.name, *scope.aliases)}
)


def words(text: str | None) -> tuple[str, ...]:
    """The names in a `scope` parameter, each once, in order; space and comma both separate (RFC 6749 §3.3)."""
    return tuple(dict.fromkeys((text or "").replace(",", " ").split()))


def canonical(word: str, ticked: Collection[str] = frozenset()) -> str | None:
    """The scope a name stands for, or None when it is none of ours. `ticked`: a created client's scopes."""
    if word == EXECUTE and "mcp.write" in ticked:
        return "mcp.write"
    return _CANONICAL.get(word)


def spelled(names: Collection[str], asked: str | None = None, ticked: Collection[str] = frozenset()) -> str:
    """A `scope` member for an answer: in the table's order, each scope under every name it was asked for by."""
    spellings: dict[str, list[str]] = {}
    for word in words(asked):
        name = canonical(word, ticked)
        if name is not None:
            spellings.setdefault(name, []).append(word)
    return " ".join(word for name in SCOPES if name in names for word in spellings.get(name, [name]))


def canonical_order(names: Collection[str]) -> tuple[str, ...]:
    """Scopes in the order of the table, in which they are stored and shown; names that are none of ours are left out."""
    return tuple(name for name in SCOPES if name in names)


def pairs_of(names: Iterable[str]) -> frozenset[Pair]:
    """Every (capability, access) the scopes give, implied ones included; unknown names give nothing."""
    found: set[Pair] = set()
    for name in names:
        if scope := SCOPES.get(name):
            found |= scope.own | pairs_of(scope.implies)
    return frozenset(found)


def within(name: str, limit: Collection[str]) -> bool:
    """Whether `limit` (scopes ticked in Settings → API, or a family's) holds `name`, itself or by what it covers."""
    own = pairs_of((name,))
    return name in limit or (bool(own) and own <= pairs_of(limit))


@lru_cache(maxsize=1024)
def scope_for(pair: Pair, grantable: frozenset[Pair]) -> str | None:
    """The first scope of the table that gives `pair` and nothing but what can be granted; None where none does."""
    gives = ((name, pairs_of((name,))) for name in SCOPES)
    return next((name for name, pairs in gives if pair in pairs and pairs <= grantable), None)


def possible(kind: Kind) -> frozenset[str]:
    """The scopes this kind of client can ever have; others are dropped from what it asks."""
    return frozenset(scope.name for scope in SCOPES.values() if kind in scope.kinds)


def listed(served: Collection[Pair]) -> tuple[str, ...]:
    """Authorization-server `scopes_supported`: every scope that something serves, no aliases (RFC 8414 §2)."""
    return tuple(scope.name for scope in SCOPES.values() if not scope.own or not scope.own.isdisjoint(served))


def listed_for_resource(served: Collection[Pair]) -> tuple[str, ...]:
    """Protected-resource `scopes_supported`: the two of the challenge, and destructive once a tool is (RFC 9728 §2)."""
    return tuple(name for name in listed(served) if name in ("mcp.read", "mcp.write", DESTRUCTIVE))
