"""The timeline of one customer, by kind and page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, or_, select

from models.base import InWorkspace, Page, PageOrder
from models.customers.timeline import Timeline, apps_of
from models.insights.told import BookingTold, bookings_told

LineKind = Literal["all", "bookings", "notes", "tags", "changes"]
_KINDS: dict[LineKind, ColumnElement[bool] | None] = {
    "all": None,
    "bookings": Timeline.entity == "booking",
    "notes": Timeline.kind == "note",
    "tags": Timeline.kind == "tags",
    "changes": and_(
        Timeline.kind.not_in(("note", "tags")), or_(Timeline.entity.is_(None), Timeline.entity != "booking")
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, and who did it, through which app."""

    at: datetime
    kind: str
    summary: str
    who: str
    app: str | None
    data: Mapping[str, Any]
    booking: BookingTold | None
    """The booking that it is about, as it stands now."""


def history(
    workspace: InWorkspace, customer_id: int, kind: LineKind = "all", *, cursor: str | None = None, limit: int = 15
) -> Page[Line]:
    """A page of lines, newest first. Raises Invalid for a bad cursor."""
    rows = select(Timeline).where(Timeline.workspace_id == workspace.id, Timeline.customer_id == customer_id)
    narrowed = _KINDS[kind]
    if narrowed is not None:
        rows = rows.where(narrowed)
    order = (PageOrder(Timeline.at, descending=True), PageOrder(Timeline.id, descending=True))
    asked = {"list": "timeline", "workspace": workspace.id, "customer": customer_id, "kind": kind}
    page: Page[Any] = Page.of(rows, order, cursor, limit, asked=asked)
    apps = apps_of(page.items)
    bookings = bookings_told(workspace, {line.entity_id for line in page.items if line.entity == "booking"} - {None})
    return page.map(lambda line: _line(line, apps, bookings))


def _line(line: Timeline, apps: Mapping[str, str], bookings: Mapping[int, BookingTold]) -> Line:
    booking = bookings.get(line.entity_id or 0) if line.entity == "booking" else None
    app = apps.get(line.client_id) if line.client_id is not None else None
    data = line.data if isinstance(line.data, dict) else {}
    return Line(line.at, line.kind, line.summary, line.actor, app, data, booking)
