"""The trace of a merge: which record went into which, and what moved, so that it can be taken apart again."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Id, Instant, Json, Tenant, Words, tenant_key


class CustomerMerge(Tenant, Base):
    """One merge. `moved` holds ids, names of columns and states of opt-ins only, never what is personal."""

    __tablename__ = "customer_merge"
    prefix = "mrg"
    noun = "merge"

    survivor_id: Mapped[int] = mapped_column(Id)
    merged_id: Mapped[int] = mapped_column(Id)
    moved: Mapped[Any] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    by_actor: Mapped[str] = mapped_column(Words)
    undo_until: Mapped[datetime] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        tenant_key("survivor_id", to="customer"),
        tenant_key("merged_id", to="customer"),
        CheckConstraint("survivor_id<>merged_id", name="two"),
        Index("customer_merge_survivor", "workspace_id", "survivor_id"),
        Index("customer_merge_merged", "workspace_id", "merged_id"),
        {"sqlite_strict": True, "info": {"merge": "stays"}},
    )
