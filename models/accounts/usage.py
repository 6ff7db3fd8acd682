"""What a workspace has used of its plan, counted exactly under parallel calls, over several hosts.

A flow (bookings, MCP calls) counts in the workspace's calendar month; a stock (customers, seats) under `all`.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Connection, ForeignKey, bindparam, select, text, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.accounts.plan import LIMITS
from models.base import Base, Id, Key, db
from models.base.constraints import one_of
from models.errors import N_, LimitReached

METRICS = ("customers", "bookings", "mcp_calls", "seats", "emails", "sms", "whatsapp")
STOCKS = ("customers", "seats")
_SPENT = {
    "customers": N_(
        "The plan %(plan)s is full of customers: %(limit)d are allowed and %(used)d used."
        " Whoever runs this server can change the plan."
    ),
    "bookings": N_(
        "The plan %(plan)s is full of bookings this month: %(limit)d are allowed and %(used)d used."
        " Whoever runs this server can change the plan."
    ),
    "mcp_calls": N_(
        "The plan %(plan)s is full of assistant calls this month: %(limit)d are allowed and %(used)d used."
        " Whoever runs this server can change the plan."
    ),
    "seats": N_(
        "The plan %(plan)s is full of seats: %(limit)d are allowed and %(used)d used."
        " Whoever runs this server can change the plan."
    ),
}
LIMITED = tuple(_SPENT)
"""What a plan may name a limit of."""


class UsageCounter(Base):
    """How much of one metric was used in one period."""

    __tablename__ = "usage_counter"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(Key, primary_key=True)
    period: Mapped[str] = mapped_column(Key, primary_key=True)
    used: Mapped[int] = mapped_column(Id, default=0, server_default="0")

    __table_args__ = (
        one_of("metric", METRICS, "metric"),
        CheckConstraint("used>=0", name="used"),
        {"sqlite_strict": True},
    )


def period_of(metric: str, timezone: str, at: datetime | None = None) -> str:
    """`all` for a stock, else the calendar month of the workspace's zone, `2026-11`."""
    return "all" if metric in STOCKS else (at or clock.now()).astimezone(ZoneInfo(timezone)).strftime("%Y-%m")


def resets_at(timezone: str) -> str:
    """When the month's counters start anew: the first of next month in the workspace's zone, ISO 8601."""
    local = clock.now().astimezone(ZoneInfo(timezone))
    month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return following.isoformat()


def _resets(metric: str, timezone: str) -> str | None:
    return None if metric in STOCKS else resets_at(timezone)


_TAKE = text(
    "INSERT INTO usage_counter (workspace_id, metric, period, used) SELECT :workspace, :metric, :period, :amount"
    " WHERE :amount <= :limit"
    " ON CONFLICT (workspace_id, metric, period) DO UPDATE SET used = usage_counter.used + excluded.used"
    " WHERE usage_counter.used + excluded.used <= :limit RETURNING used"
).bindparams(bindparam("workspace", type_=Id), bindparam("amount", type_=Id), bindparam("limit", type_=Id))

_NO_LIMIT = (1 << 62) - 1


def take(
    workspace_id: int, plan_code: str, timezone: str, metric: str, amount: int = 1, *, on: Connection | None = None
) -> int:
    """Count `amount` in the open transaction and return the new total; one statement, so never one too many.

    `on` is another connection than the session's. Raises LimitReached with the limit, the use and the reset date; then
    nothing was counted.
    """
    limit = LIMITS[plan_code].of(metric)
    period = period_of(metric, timezone)
    connection = on or db.session.connection()
    used = connection.execute(
        _TAKE,
        {"workspace": workspace_id, "metric": metric, "period": period, "amount": amount,
         "limit": _NO_LIMIT if limit is None else limit},
    ).scalar()  # fmt: skip
    if used is not None:
        return int(used)
    counter = UsageCounter.__table__.c
    mine = (counter.workspace_id == workspace_id, counter.metric == metric, counter.period == period)
    now_used = connection.execute(select(counter.used).where(*mine)).scalar() or 0
    raise LimitReached(_SPENT[metric], plan=plan_code, limit=limit, used=now_used, resets_at=_resets(metric, timezone))


def hold(workspace_id: int, metric: str) -> None:
    """Lock the counter of a stock for the rest of the transaction, so that what is looked up next stays true."""
    db.session.execute(
        text(
            "INSERT INTO usage_counter (workspace_id, metric, period, used) VALUES (:workspace, :metric, 'all', 0)"
            " ON CONFLICT (workspace_id, metric, period) DO UPDATE SET used = usage_counter.used"
        ),
        {"workspace": workspace_id, "metric": metric},
    )


def give_back(workspace_id: int, metric: str, amount: int = 1) -> None:
    """Lower a stock: an archived customer, a removed seat."""
    db.session.execute(
        text(
            "UPDATE usage_counter SET used = used - :amount"
            " WHERE workspace_id = :workspace AND metric = :metric AND period = 'all'"
        ),
        {"workspace": workspace_id, "metric": metric, "amount": amount},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """How much of one metric is used now; `limit` None is no limit, `resets_at` None is a stock, which never starts anew."""

    used: int
    limit: int | None
    resets_at: str | None


def uses_of(workspace_id: int, plan_code: str, timezone: str) -> dict[str, Use]:
    """What is used of everything that a plan may limit, by metric."""
    counter = UsageCounter.__table__.c
    current = {(metric, period_of(metric, timezone)) for metric in LIMITED}
    found = db.session.execute(
        select(counter.metric, counter.used).where(
            counter.workspace_id == workspace_id, tuple_(counter.metric, counter.period).in_(current)
        )
    )
    used: dict[str, int] = {row.metric: row.used for row in found}
    return {
        metric: Use(used.get(metric, 0), LIMITS[plan_code].of(metric), _resets(metric, timezone))
        for metric in LIMITED
    }
