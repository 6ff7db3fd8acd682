"""Records that may be of one person: those that share a number or an address, and those of the same name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, func, select

from models.base import InWorkspace, db
from models.customers.contact_point import ContactPoint
from models.customers.customer import Customer, live_customer
from models.customers.listing import CustomerRow, rows_of

Reason = Literal["phone", "email", "name"]
GROUPS_MAX = 30
"""Of one reason; once some are merged, the next ones show."""
MEMBERS_MAX = 10


@dataclass(frozen=True, slots=True)
class Alike:
    """Some records, oldest first, and what they have in common."""

    reason: Reason
    value: str
    customers: tuple[CustomerRow, ...]

    @property
    def likely(self) -> bool:
        """Whether it is one person for sure enough to say so: more than the name alone."""
        return self.reason != "name" and len({row.name.casefold() for row in self.customers}) < len(self.customers)


def duplicates(workspace: InWorkspace) -> list[Alike]:
    """Groups of live customers who may be the same person, the likeliest first."""
    groups: dict[tuple[Reason, str], list[int]] = {}
    for reason, value, number in db.session.execute(_sharing_a_point(workspace)):
        groups.setdefault((reason, value), []).append(number)
    for value, number in db.session.execute(_sharing_a_name(workspace)):
        groups.setdefault(("name", value), []).append(number)
    met: set[frozenset[int]] = set()
    kept: list[tuple[Reason, str, list[int]]] = []
    for (reason, value), numbers in groups.items():
        if len(numbers) > 1 and frozenset(numbers) not in met:  # a shared number says more than the same name, and stands first
            met.add(frozenset(numbers))
            kept.append((reason, value, numbers[:MEMBERS_MAX]))
    rows = _rows(workspace, [number for _, _, numbers in kept for number in numbers])
    alike = [Alike(reason, value, tuple(rows[number] for number in numbers)) for reason, value, numbers in kept]
    return sorted(alike, key=lambda group: (not group.likely, group.reason == "name"))


def _rows(workspace: InWorkspace, numbers: Sequence[int]) -> dict[int, CustomerRow]:
    return {row.id: row for row in rows_of(workspace, list(dict.fromkeys(numbers)))}


def _sharing_a_point(workspace: InWorkspace) -> Any:
    points = (
        select(ContactPoint.kind, ContactPoint.value_key, ContactPoint.customer_id)
        .join(Customer, and_(Customer.workspace_id == ContactPoint.workspace_id, Customer.id == ContactPoint.customer_id))
        .where(ContactPoint.workspace_id == workspace.id, Customer.workspace_id == workspace.id, live_customer())
    )
    point = ContactPoint
    shared = (
        select(point.kind, point.value_key)
        .where(point.workspace_id == workspace.id, point.value_key.is_not(None))
        .group_by(point.kind, point.value_key)
        .having(func.count() > 1)
        .order_by(point.kind, point.value_key)
        .limit(GROUPS_MAX * 4)
        .subquery()
    )
    return points.join(
        shared, and_(shared.c.kind == ContactPoint.kind, shared.c.value_key == ContactPoint.value_key)
    ).order_by(ContactPoint.kind.desc(), ContactPoint.value_key, ContactPoint.customer_id)


def _sharing_a_name(workspace: InWorkspace) -> Any:
    """The same name in both scripts: 陳美玲 and 陳美琳 may both be called Mei Ling Chan."""
    native = func.coalesce(Customer.native_name, "")
    names = (
        select(Customer.name_key, native.label("native"))
        .where(Customer.workspace_id == workspace.id, live_customer())
        .group_by(Customer.name_key, native)
        .having(func.count() > 1)
        .order_by(Customer.name_key, native)
        .limit(GROUPS_MAX)
        .subquery()
    )
    return (
        select(Customer.name_key + "\n" + native, Customer.id)
        .join(names, and_(names.c.name_key == Customer.name_key, names.c.native == native))
        .where(Customer.workspace_id == workspace.id, live_customer())
        .order_by(Customer.name_key, Customer.id)
    )
