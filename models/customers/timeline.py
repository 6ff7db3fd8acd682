"""What happened to a customer, in the order it happened; each noun writes its own lines beside its changes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity.actor import Actor
from models.base import Base, Id, Instant, InWorkspace, Json, Key, Tenant, Words, db, new_id, tenant_key
from models.oauth.client import Client

SUMMARY_MAX = 300


class Timeline(Tenant, Base):
    """One line: what, when, by whom, through which app. `(entity, entity_id)` names what it is about, without a key."""

    __tablename__ = "timeline"
    prefix = "tml"
    noun = "timeline entry"

    customer_id: Mapped[int] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(Words)
    entity: Mapped[str | None] = mapped_column(Key)
    entity_id: Mapped[int | None] = mapped_column(Id)
    actor: Mapped[str] = mapped_column(Words)
    client_id: Mapped[str | None] = mapped_column(Words)
    summary: Mapped[str] = mapped_column(Words, info={"personal": True})
    data: Mapped[Any | None] = mapped_column(Json, info={"personal": True})

    __table_args__ = (
        tenant_key("customer_id", to="customer"),
        Index("timeline_customer", "workspace_id", "customer_id", "at", "id"),
        Index("timeline_entity", "workspace_id", "entity", "entity_id", "id"),
        {"sqlite_strict": True},
    )


def happened(
    workspace_id: int,
    customer_id: int,
    kind: str,
    summary: str,
    by: Actor,
    *,
    entity: str | None = None,
    entity_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write a line in the open transaction."""
    db.session.execute(
        insert(Timeline.__table__),  # type: ignore[arg-type]
        {
            "workspace_id": workspace_id, "id": new_id(), "customer_id": customer_id, "at": clock.now(), "kind": kind,
            "entity": entity, "entity_id": entity_id, "actor": by.name or by.code, "client_id": by.client_id,
            "summary": summary[:SUMMARY_MAX], "data": data,
        },
    )  # fmt: skip


def latest_of(workspace: InWorkspace, customer_id: int, limit: int = 20) -> Sequence[Timeline]:
    """The newest lines of a customer."""
    return db.session.scalars(
        Timeline.within(workspace)
        .where(Timeline.customer_id == customer_id)
        .order_by(Timeline.at.desc(), Timeline.id.desc())
        .limit(limit)
    ).all()


def apps_of(lines: Iterable[Timeline]) -> dict[str, str]:
    """The names of the apps through which these lines came about, by client id."""
    clients = {line.client_id for line in lines if line.client_id is not None}
    if not clients:
        return {}
    found: Sequence[Any] = db.session.execute(select(Client.id, Client.name).where(Client.id.in_(clients))).all()
    return dict(map(tuple, found))
