"""search_members: find customers by what is known of them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from blueprints.mcp.arguments import Cursor, Limit
from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import Day, RecordId
from blueprints.mcp.tools.customers._rows import CustomerOut, customer_out
from models.customers.filter import parse
from models.customers.filter.tree import EVERYBODY
from models.customers.search import Question, search
from models.insights.segment import Segment

TagName = Annotated[str, Field(min_length=1, max_length=40)]
OnDay = Annotated[Day, Field(description="2026-11-23, today, -30d")]
Sort = Literal["name", "-name", "last_booking", "-last_booking", "created", "-created", "birthday", "-birthday"]


class FoundOut(CustomerOut):
    """A customer, and where the words were found if not in their own data."""

    matched_in: Literal["note"] | None = None


class FoundPage(BaseModel):
    """A page of customers found."""

    items: list[FoundOut]
    next_cursor: str | None
    did_you_mean: list[str] = []


@tool(title="Search members", capability="customers", access="read", idempotent=True, open_world=False)
def search_members(
    call: Call,
    query: Annotated[str | None, Field(min_length=1, max_length=200, description="Name, phone, e-mail or words of notes")] = None,
    tags_any: Annotated[list[TagName] | None, Field(min_length=1, max_length=20)] = None,
    tags_all: Annotated[list[TagName] | None, Field(min_length=1, max_length=20)] = None,
    segment_id: RecordId | None = None,
    inactive_days: Annotated[
        int | None, Field(ge=0, le=36500, description="Last booking longer ago; never-booked left out")
    ] = None,
    last_booking_before: OnDay | None = None,
    last_booking_after: OnDay | None = None,
    filter: Annotated[
        str | None,
        Field(min_length=1, max_length=2000, description="e.g. tag:vip last_booking>60d -tag:x (bookings>=5 OR kind:member)"),
    ] = None,
    sort: Sort = "-last_booking",
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> FoundPage:
    """Find customers by text, tags, segment or last booking; conditions add up. Archived ones only with status:archived."""
    question = Question(
        query=query, tags_any=tags_any or (), tags_all=tags_all or (), inactive_days=inactive_days,
        last_booking_before=last_booking_before, last_booking_after=last_booking_after,
        filter=parse(filter) if filter else EVERYBODY,
        segment=Segment.find(call.workspace, segment_id).tree if segment_id else EVERYBODY,
    )  # fmt: skip
    found = search(call.workspace, question, sort=sort, cursor=cursor, limit=limit)
    return FoundPage(
        items=[
            FoundOut(**customer_out(call, row).__dict__, matched_in="note" if row.id in found.in_notes else None)
            for row in found.page.items
        ],
        next_cursor=found.page.next_cursor,
        did_you_mean=found.did_you_mean,
    )
