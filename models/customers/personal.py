"""Where personal data stands, and how it is erased: every column marked `info={"personal": True}`, over all tables.

A row is reached by its `customer_id`, by the `(entity, entity_id)` that it names, or in the way its noun registers with
`reaches`. A column is emptied, to `info["erased"]` where that is given; rows of tables marked `personal_rows` are deleted.
A test walks the same tables and fails on a personal column that nothing reaches.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Table, Text, and_, cast, delete, false, or_, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from models.base import Base, db, show


@dataclass(frozen=True, slots=True)
class Trace:
    """Whom to erase: the ids of the record and of those merged into it, and what belongs to them."""

    workspace_id: int
    ids: list[int]
    subjects: list[tuple[str, int]] = field(default_factory=list)
    """The customer and their notes, bookings, …, as (entity, id)."""

    @property
    def shown_ids(self) -> list[str]:
        """The ids as answers quote them."""
        return [show("mem", number) for number in self.ids]


Reach = Callable[[Table, Trace], ColumnElement[bool]]
_reaches: dict[str, tuple[Reach, bool]] = {}


def reaches(table: str, *, whole_rows: bool = False) -> Callable[[Reach], Reach]:
    """Register the condition under which rows of a table without a customer tell of one; their rows may go as a whole."""

    def register(reach: Reach) -> Reach:
        _reaches[table] = (reach, whole_rows)
        return reach

    return register


def erase(trace: Trace) -> None:
    """Empty every personal column and delete every personal row of one customer, in the open transaction."""
    for table in personal_tables():
        reach = reach_of(table)
        if reach is None:
            raise LookupError(f"Nothing leads from a customer to the personal data in {table.name}.")
        condition, whole_rows = reach
        mine = and_(table.c.workspace_id == trace.workspace_id, condition(table, trace))
        if whole_rows:
            db.session.execute(delete(table).where(mine))
        else:
            values = {column.name: _erased(column) for column in personal_columns(table)}
            db.session.execute(update(table).where(mine).values(values))
    db.session.expire_all()


def personal_tables() -> Iterator[Table]:
    """Every table with personal data, children before their parents."""
    for table in reversed(Base.metadata.sorted_tables):
        if table.info.get("personal_rows") or personal_columns(table):
            yield table


def personal_columns(table: Table) -> list[Column[Any]]:
    """The columns of a table that are marked personal."""
    return [column for column in table.columns if column.info.get("personal")]


def reach_of(table: Table) -> tuple[Reach, bool] | None:
    """How rows of a table are found, and whether they go as a whole; None where nothing leads to them."""
    if table.name in _reaches:
        return _reaches[table.name]
    whole = bool(table.info.get("personal_rows"))
    if table.name == "customer":
        return (lambda rows, trace: rows.c.id.in_(trace.ids)), whole
    if "customer_id" in table.c:
        return (lambda rows, trace: rows.c.customer_id.in_(trace.ids)), whole
    if "entity" in table.c and "entity_id" in table.c:
        return _by_subject, whole
    return None


def _by_subject(rows: Table, trace: Trace) -> ColumnElement[bool]:
    return tuple_(rows.c.entity, rows.c.entity_id).in_(trace.subjects)


def _erased(column: Column[Any]) -> Any:
    return column.info.get("erased", None if column.nullable else "")


@reaches("undo_step", whole_rows=True)
def _undo_steps(rows: Table, trace: Trace) -> ColumnElement[bool]:
    """What Undo would bring back is gone, so the step is gone too."""
    return _by_subject(rows, trace)


@reaches("idempotency_key", whole_rows=True)
def _kept_answers(rows: Table, trace: Trace) -> ColumnElement[bool]:
    """Answers quote whom they are about."""
    said = cast(rows.c.response, Text)
    return or_(false(), *(said.contains(shown, autoescape=True) for shown in trace.shown_ids))
