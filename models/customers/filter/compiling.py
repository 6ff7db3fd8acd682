"""From a tree to conditions over the customer table."""

from sqlalchemy import and_, not_, or_, true
from sqlalchemy.sql.elements import ColumnElement

from models.customers.customer import Customer, live_customer
from models.customers.filter.fields import Asking, condition_of
from models.customers.filter.tree import All, AnyOf, Leaf, Node, Not, leaves_of

__all__ = ["Asking", "conditions_of"]


def conditions_of(node: Node, asking: Asking) -> tuple[ColumnElement[bool], ...]:
    """What a customer must meet, all of it; only live ones, unless the filter asks for a status. Raises Invalid."""
    parts = node.all if isinstance(node, All) else (node,)
    compiled = tuple(_compiled(part, asking) for part in parts)
    if any(leaf.field == "status" for leaf in leaves_of(node)):
        return (Customer.merged_into.is_(None), *compiled)
    return (live_customer(), *compiled)


def _compiled(node: Node, asking: Asking) -> ColumnElement[bool]:
    match node:
        case Leaf():
            return condition_of(node, asking)
        case Not(not_=inner):
            return not_(_compiled(inner, asking))
        case All(all=parts):
            return and_(true(), *(_compiled(part, asking) for part in parts))
        case AnyOf(any=parts):
            return or_(*(_compiled(part, asking) for part in parts))
