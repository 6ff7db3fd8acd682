"""list_segments: saved filters with how many customers each means."""

from datetime import datetime

from pydantic import BaseModel

from blueprints.mcp.arguments import Cursor, Limit
from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import local
from models.base import Page, PageOrder
from models.insights.segment import Segment


class SegmentOut(BaseModel):
    """A saved filter, in its text form, and its count."""

    id: str
    name: str
    filter: str
    count: int
    counted_at: datetime


class SegmentPage(BaseModel):
    """A page of segments."""

    items: list[SegmentOut]
    next_cursor: str | None


@tool(title="List segments", capability="insights", access="read", idempotent=True, open_world=False)
def list_segments(call: Call, limit: Limit = 25, cursor: Cursor | None = None) -> SegmentPage:
    """List the saved customer segments with their filter text and how many customers each has."""
    here = call.workspace
    live = Segment.within(here).where(Segment.archived_at.is_(None))
    asked = {"list": "segments", "workspace": here.id}
    page: Page[Segment] = Page.of(live, (PageOrder(Segment.id),), cursor, limit, asked=asked)
    return SegmentPage(items=[_shown(call, each) for each in page.items], next_cursor=page.next_cursor)


def _shown(call: Call, segment: Segment) -> SegmentOut:
    counted = segment.counted(call.workspace)
    return SegmentOut(
        id=segment.shown_id, name=segment.name, filter=segment.text, count=counted.number, counted_at=local(call, counted.at)
    )
