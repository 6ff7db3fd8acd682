"""Moving rows from one customer to another, over every table that references one, and back again.

What moved is remembered by its keys only, so that the trace of a merge holds no personal value.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint, and_, exists, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from models.base import Base, db

_CHUNK = 500
Moved = dict[str, list[list[Any]]]


def move_over(workspace_id: int, survivor: int, merged: int) -> Moved:
    """Point every row of the merged customer to the survivor, but those whose unique key the survivor has already."""
    moved: Moved = {}
    for table, column in references():
        names = _row_key(table, column)
        statement = (
            update(table)
            .where(table.c.workspace_id == workspace_id, column == merged)
            .where(*(~taken for taken in _taken(table, column, survivor)))
            .values({column.name: survivor})
            .returning(*(table.c[name] for name in names))
        )
        rows = db.session.execute(statement).all()
        if rows:
            moved[f"{table.name}.{column.name}"] = [list(row) for row in rows]
    return moved


def move_back(workspace_id: int, survivor: int, merged: int, moved: Moved) -> None:
    """Point the rows that moved, and are still the survivor's, to the merged customer again."""
    for table, column in references():
        keys = moved.get(f"{table.name}.{column.name}", [])
        names = _row_key(table, column)
        for start in range(0, len(keys), _CHUNK):
            chunk = [tuple(key) for key in keys[start : start + _CHUNK]]
            db.session.execute(
                update(table)
                .where(table.c.workspace_id == workspace_id, column == survivor)
                .where(tuple_(*(table.c[name] for name in names)).in_(chunk))
                .values({column.name: merged})
            )


def references() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that references a customer, but of customers themselves and of tables whose rows stay."""
    for table in Base.metadata.sorted_tables:
        if table.name == "customer" or table.info.get("merge") == "stays":
            continue
        for key in table.foreign_key_constraints:
            if key.referred_table.name == "customer":
                yield from ((table, column) for column in key.columns if column.name != "workspace_id")


def _row_key(table: Table, column: Column[Any]) -> list[str]:
    """What identifies a row of one customer: the primary key, but for the workspace and the customer."""
    return [each.name for each in table.primary_key if each.name not in ("workspace_id", column.name)]


def _taken(table: Table, column: Column[Any], survivor: int) -> Iterator[ColumnElement[bool]]:
    """SQL: the survivor has a row with the same rest of a unique key."""
    uniques = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    for columns in (table.primary_key.columns, *(each.columns for each in uniques)):
        if column.name not in columns:
            continue
        other = table.alias()
        same = [other.c[each.name] == each for each in columns if each.name != column.name]
        yield exists().where(and_(other.c[column.name] == survivor, *same))
