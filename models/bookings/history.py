"""What happened to one booking, in the order it happened."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from models.base import InWorkspace, db
from models.bookings.booking import Booking
from models.customers.timeline import Timeline
from models.oauth.client import Client

MOST = 100


@dataclass(frozen=True, slots=True)
class Happened:
    """One line: when, who, through which app, what."""

    at: datetime
    actor: str
    app: str | None
    what: str


def history_of(workspace: InWorkspace, booking: Booking) -> list[Happened]:
    """The booking's lines, oldest first; the last hundred where it has more."""
    rows = db.session.execute(
        select(Timeline.at, Timeline.actor, Client.name, Timeline.summary)
        .outerjoin(Client, Client.id == Timeline.client_id)
        .where(Timeline.workspace_id == workspace.id, Timeline.entity == "booking", Timeline.entity_id == booking.id)
        .order_by(Timeline.id.desc())
        .limit(MOST)
    )
    return [Happened(*row) for row in reversed(rows.all())]
