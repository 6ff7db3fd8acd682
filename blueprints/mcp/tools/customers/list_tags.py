"""list_tags: the workspace's tags with counts."""

from typing import Annotated

from pydantic import BaseModel, Field

from blueprints.mcp.arguments import Cursor, Limit
from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from models.base import show
from models.customers.tag import NAME_MAX, Tag


class TagOut(BaseModel):
    """A tag and how many customers carry it."""

    id: str
    name: str
    count: int


class TagPage(BaseModel):
    """A page of tags."""

    items: list[TagOut]
    next_cursor: str | None


@tool(title="List tags", capability="customers", access="read", idempotent=True, open_world=False)
def list_tags(
    call: Call,
    prefix: Annotated[str | None, Field(min_length=1, max_length=NAME_MAX)] = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> TagPage:
    """List the workspace's tags with how many customers carry each, the biggest first."""
    page = Tag.counted(call.workspace, prefix=prefix, cursor=cursor, limit=limit)
    items = [TagOut(id=show(Tag.prefix, each.id), name=each.name, count=each.count) for each in page.items]
    return TagPage(items=items, next_cursor=page.next_cursor)
