"""How contact points and opt-ins of two records make room for each other when they are merged."""

from typing import Any

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import aliased

from models.base import db
from models.base.instants import from_ms, to_ms
from models.customers.contact_point import ContactPoint
from models.customers.merge import settles_collisions
from models.customers.opt_in import OptIn

_BY_MERGE = "merge"
"""The source of an answer that came from the other record."""


def _make_primary_again(workspace_id: int, survivor: int, merged: int, ids: list[int]) -> None:
    """Those that were primary are so again, where no other one is by now."""
    points = select(ContactPoint).where(ContactPoint.workspace_id == workspace_id, ContactPoint.customer_id == merged)
    rows = db.session.scalars(points.execution_options(populate_existing=True)).all()
    taken = {point.kind for point in rows if point.is_primary}
    for point in rows:
        if point.id in ids and point.kind not in taken:
            point.is_primary = True
            taken.add(point.kind)
    db.session.flush()


@settles_collisions("contact_point", undo=_make_primary_again)
def _one_primary_of_a_kind(workspace_id: int, survivor: int, merged: int) -> list[int]:
    """The survivor's primary number and address stay primary; returns the ids of those that no longer are."""
    other = ContactPoint.__table__.alias()
    has_one = exists().where(
        other.c.workspace_id == workspace_id, other.c.customer_id == survivor, other.c.kind == ContactPoint.kind,
        other.c.is_primary,
    )  # fmt: skip
    mine = and_(ContactPoint.workspace_id == workspace_id, ContactPoint.customer_id == merged, ContactPoint.is_primary)
    rows = db.session.scalars(
        update(ContactPoint).where(mine, has_one).values(is_primary=False).returning(ContactPoint.id)
    )
    return list(rows)


def _grant_again(workspace_id: int, survivor: int, merged: int, answers: list[dict[str, Any]]) -> None:
    """What only the merge took back is granted again, as it was, unless the customer said something since."""
    for answer in answers:
        key = workspace_id, survivor, answer["channel"], answer["purpose"]
        row = db.session.get(OptIn, key, populate_existing=True)
        if row is not None and row.status != "granted" and row.source == _BY_MERGE:
            row.status, row.source, row.at = "granted", answer["source"], from_ms(answer["at"])
    db.session.flush()


@settles_collisions("opt_in", undo=_grant_again)
def _withdrawn_wins(workspace_id: int, survivor: int, merged: int) -> list[dict[str, Any]]:
    """Of two answers the withdrawn one wins; returns those that it took a yes from, as they were."""
    other = aliased(OptIn)
    same = and_(other.workspace_id == OptIn.workspace_id, other.channel == OptIn.channel, other.purpose == OptIn.purpose)
    rows = db.session.execute(
        select(OptIn, other)
        .join(other, same)
        .where(OptIn.workspace_id == workspace_id, OptIn.customer_id == survivor, OptIn.status == "granted")
        .where(other.customer_id == merged, other.status != "granted")
        .order_by(OptIn.channel, OptIn.purpose)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    taken: list[dict[str, Any]] = []
    for yes, no in rows:
        taken.append({"channel": yes.channel, "purpose": yes.purpose, "source": yes.source, "at": to_ms(yes.at)})
        yes.status, yes.source, yes.at = no.status, _BY_MERGE, no.at
    db.session.flush()
    return taken
