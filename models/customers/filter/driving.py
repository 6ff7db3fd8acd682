"""How a test against another table is asked: a few rows drive the query, many are looked up from each customer.

`id IN (…)` over a rare tag is a few look-ups, and over half of all customers a detour; EXISTS is the other way round.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement

from models.base import db
from models.customers.customer import RARE, Customer


def some_row(customer_id: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL: the customer has a row that meets the conditions (the workspace among them), whose `customer_id` is given."""
    if _is_rare(customer_id, conditions):
        return Customer.id.in_(select(customer_id).where(*conditions))
    return exists().where(*conditions, customer_id == Customer.id)


def _is_rare(customer_id: Any, conditions: Sequence[ColumnElement[bool]]) -> bool:
    some = select(customer_id).where(*conditions).limit(RARE + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) <= RARE


def drive(conditions: Iterable[ColumnElement[bool]]) -> bool:
    """Whether a few known customers are asked for, so that sorting them is cheaper than walking the index of an order."""
    for condition in conditions:
        match condition:
            case BooleanClauseList(operator=operators.and_) if drive(condition.clauses):
                return True
            case BinaryExpression(operator=operators.in_op) if getattr(condition.left, "key", None) == "id":
                return True
    return False
