"""The guard over every statement: a tenant table is read and changed only with its workspace (DOMAIN §1).

It looks at each statement shape once, when it is first compiled, so it costs a hot query one attribute read. Each SELECT
is looked at by itself, since a table that the outer one ties to a workspace is read anew, and loose, by a subquery that
names it again. Text SQL escapes the guard, on PostgreSQL into the arms of row-level security.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Delete, Engine, Select, Update, event
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.selectable import CTE, CompoundSelect, FromClause, Join, Lateral, Subquery

ACROSS = {"across_workspaces": True}
"""Execution options of the few named statements that span workspaces: Connected apps, password reset, the worker."""

READ_ACROSS = frozenset({"seat", "consent", "outbox", "webhook_inbox", "oauth_client"})
"""Tables that are read before the workspace is known; they carry no row-level policy either."""

_WORKSPACE = "workspace_id"


class ReadAcrossWorkspaces(RuntimeError):
    """A tenant table was touched without its workspace: a fault of ours, not of the caller."""


@event.listens_for(Engine, "before_cursor_execute")
def _refuse_unbound_tables(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    compiled = getattr(context, "compiled", None)
    if compiled is None or getattr(compiled, "workspace_is_named", False):
        return
    if context.execution_options.get("across_workspaces"):
        return
    if compiled.statement is not None and compiled.statement.is_dml | compiled.statement.is_select:
        of_orm = getattr(compiled.compile_state, "statement", None)
        loose = unbound_tables(of_orm if of_orm is not None else compiled.statement)
        if loose:
            raise ReadAcrossWorkspaces(f"{', '.join(loose)}: touched without its workspace.")
    compiled.workspace_is_named = True


def unbound_tables(statement: Any) -> list[str]:
    """The tenant tables of a statement that no equality ties, directly or by way of others, to a workspace value."""
    reading = _Reading()
    reading.visit(statement, None)
    return sorted({_table_name(source) for source in reading.loose()})


@dataclass(frozen=True, eq=False)
class _Scope:
    """The tables that one SELECT, UPDATE or DELETE reads itself, by the name it gives them."""

    outer: "_Scope | None"
    sources: dict[str, FromClause]


_Key = tuple[_Scope, str]
"""One table as one scope reads it."""


@dataclass
class _Reading:
    """What a statement reads, and which of it is tied to which."""

    touched: list[_Key] = field(default_factory=list)
    valued: set[_Key] = field(default_factory=set)
    """Tied to a value."""
    ties: list[tuple[_Key, _Key]] = field(default_factory=list)
    derived: list[tuple[_Key, list[_Key]]] = field(default_factory=list)
    """A subquery in FROM, and the tables whose workspace it hands on: it is bound where all of them are."""

    def visit(self, node: Any, scope: _Scope | None, *, in_from: bool = False) -> None:
        """Read a part of the statement that stands in a scope."""
        match node:
            case Select():
                self._read_select(node, scope, in_from=in_from)
            case CompoundSelect():
                for part in node.selects:
                    self.visit(_bare(part), scope, in_from=in_from)
            case Update() | Delete():
                self._read(node, scope, list(_leaves(node.table)))
            case Subquery() | CTE():
                self._read_derived(node, scope)
            case Join():
                parts: list[Any] = [node.left, node.right, node.onclause]
                for part in parts:
                    self.visit(part, scope)
            case FromClause() | None:
                pass
            case _:
                if isinstance(node, BinaryExpression) and node.operator in (operators.eq, operators.in_op):
                    self._tie(node, scope)
                for part in node.get_children():
                    self.visit(part, scope)

    def _read_select(self, select: Select[Any], outer: _Scope | None, *, in_from: bool) -> None:
        """A SELECT within an expression leaves out what the one around it reads, where something is left (auto-correlation)."""
        sources = [leaf for source in select.get_final_froms() for leaf in _leaves(source)]
        if outer is not None and not in_from and len(select.get_final_froms()) > 1:
            sources = [each for each in sources if _name(each) not in outer.sources]
        told = {_name(each) for each in select._correlate or ()}
        self._read(select, outer, [each for each in sources if _name(each) not in told])

    def _read(self, statement: Any, outer: _Scope | None, sources: list[FromClause]) -> None:
        scope = _Scope(outer, {_name(each): each for each in sources})
        self.touched += [(scope, name) for name in scope.sources]
        for part in statement.get_children():
            self.visit(part, scope)

    def _read_derived(self, node: Any, scope: _Scope | None) -> None:
        before = len(self.touched)
        self.visit(_bare(node.element), scope if isinstance(node, Lateral) else None, in_from=True)
        if scope is not None and _WORKSPACE in node.c:
            handed_on = {column.table.name for column in node.c[_WORKSPACE].base_columns if column.table is not None}
            inner = [(each, name) for each, name in self.touched[before:] if name in handed_on]
            self.derived.append(((scope, _name(node)), inner))

    def _tie(self, equation: BinaryExpression[Any], scope: _Scope | None) -> None:
        sides = [self._side(side, scope) for side in (equation.left, equation.right)]
        match sides:
            case ["value", (owner, name)] | [(owner, name), "value"]:
                self.valued.add((owner, name))
            case [(owner, name), (other, its_name)]:
                self.ties.append(((owner, name), (other, its_name)))

    def _side(self, element: Any, scope: _Scope | None) -> Any:
        """The table whose workspace_id this is; `value` for anything that is no column; else None."""
        table = getattr(element, "table", None)
        if table is None:
            return "value"
        if element.name == _WORKSPACE or (table.name == "workspace" and element.name in ("id", "slug")):
            return _owner(table.name, scope)
        return None

    def loose(self) -> Iterator[FromClause]:
        """The tenant tables that nothing ties to a value."""
        bound, before = set(self.valued), -1
        while len(bound) != before:
            before = len(bound)
            for one, other in self.ties:
                if (one in bound) != (other in bound):
                    bound |= {one, other}
            for derived, inner in self.derived:
                if inner and all(key in bound for key in inner):
                    bound.add(derived)
                elif derived in bound:
                    bound.update(inner)
        unbound = (key for key in self.touched if key not in bound)
        return (scope.sources[name] for scope, name in unbound if _is_tenant(scope.sources[name]))


def _owner(name: str, scope: _Scope | None) -> _Key | None:
    """The innermost scope that reads a table of this name."""
    while scope is not None and name not in scope.sources:
        scope = scope.outer
    return (scope, name) if scope is not None else None


def _bare(node: Any) -> Any:
    """The SELECT within its parentheses."""
    while not isinstance(node, Select | CompoundSelect) and hasattr(node, "element"):
        node = node.element
    return node


def _leaves(source: Any) -> Iterator[FromClause]:
    if isinstance(source, Join):
        yield from _leaves(source.left)
        yield from _leaves(source.right)
    else:
        yield source


def _name(source: Any) -> str:
    return str(getattr(source, "name", ""))


def _table_name(source: Any) -> str:
    return str(getattr(getattr(source, "element", source), "name", source))


def _is_tenant(source: FromClause) -> bool:
    return not isinstance(source, Subquery | CTE) and _WORKSPACE in source.c and _table_name(source) not in READ_ACROSS
