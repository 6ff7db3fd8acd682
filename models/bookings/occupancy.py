"""When people and things are taken. This table alone can double-book, and the database refuses it:

PostgreSQL has `occupancy_no_overlap`, EXCLUDE USING gist over workspace, asset and range where active; SQLite has the
triggers `occupancy_no_overlap_insert` and `_update`, exact under BEGIN IMMEDIATE, bounded by the longest span (34 days).
Both texts are in the migration `bookings01`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, delete, func, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Flag, Id, Instant, db, tenant_key

LONGEST = timedelta(days=34)


class Occupancy(Base):
    """One asset, taken by one session from `blocked_from` to `blocked_to`, buffers included."""

    __tablename__ = "occupancy"
    workspace_id: Mapped[int] = mapped_column(Id, primary_key=True)
    asset_id: Mapped[int] = mapped_column(Id, primary_key=True)
    session_id: Mapped[int] = mapped_column(Id, primary_key=True)
    blocked_from: Mapped[datetime] = mapped_column(Instant)
    blocked_to: Mapped[datetime] = mapped_column(Instant)
    active: Mapped[bool] = mapped_column(Flag, default=True)

    __table_args__ = (
        tenant_key("asset_id", to="asset"),
        tenant_key("session_id", to="session"),
        CheckConstraint("blocked_to>blocked_from", name="order"),
        CheckConstraint("blocked_to-blocked_from<=2937600000", name="longest").ddl_if(dialect="sqlite"),
        CheckConstraint("blocked_to-blocked_from<=interval '34 days'", name="longest").ddl_if(dialect="postgresql"),
        Index(
            "occupancy_time", "workspace_id", "asset_id", "blocked_from", "blocked_to",
            postgresql_where=text("active"), sqlite_where=text("active = 1"),
        ),
        Index("occupancy_session", "workspace_id", "session_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    @classmethod
    def take(
        cls, workspace_id: int, session_id: int, assets: Iterable[int], blocked_from: datetime, blocked_to: datetime
    ) -> None:
        """Take the assets. Whoever calls has locked their rows (`lock_assets`) and asked whether they are free."""
        rows = [
            {
                "workspace_id": workspace_id, "asset_id": asset, "session_id": session_id,
                "blocked_from": blocked_from, "blocked_to": blocked_to, "active": True,
            }
            for asset in assets
        ]  # fmt: skip
        if rows:
            db.session.execute(insert(cls), rows)

    @classmethod
    def free(cls, workspace_id: int, session_id: int) -> None:
        """Give back all that a session has taken; the rows stay as its history."""
        mine = (cls.workspace_id == workspace_id, cls.session_id == session_id)
        db.session.execute(update(cls).where(*mine).values(active=False).execution_options(synchronize_session=False))

    @classmethod
    def replace(
        cls, workspace_id: int, session_id: int, assets: Iterable[int], blocked_from: datetime, blocked_to: datetime
    ) -> None:
        """Take other assets, or another time, for a session; as in `take`, they are locked and free."""
        mine = delete(cls).where(cls.workspace_id == workspace_id, cls.session_id == session_id)
        db.session.execute(mine)
        cls.take(workspace_id, session_id, assets, blocked_from, blocked_to)

    @classmethod
    def assets_of(cls, workspace_id: int, sessions: Sequence[int]) -> dict[int, list[int]]:
        """The assets by session, freed ones too, sorted."""
        rows = db.session.execute(
            select(cls.session_id, cls.asset_id)
            .where(cls.workspace_id == workspace_id, cls.session_id.in_(sessions))
            .order_by(cls.session_id, cls.asset_id)
        )
        found: dict[int, list[int]] = {}
        for session_id, asset_id in rows:
            found.setdefault(session_id, []).append(asset_id)
        return found

    @classmethod
    def to_come(cls, workspace_id: int, asset_id: int) -> int:
        """How many sessions that are not over need an asset."""
        mine = (cls.workspace_id == workspace_id, cls.asset_id == asset_id, cls.active, cls.blocked_to > clock.now())
        return db.session.scalar(select(func.count()).select_from(cls).where(*mine)) or 0
