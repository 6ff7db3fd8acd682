"""attach_tags: put tags on customers."""

from typing import Annotated

from pydantic import BaseModel, Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import Named, RecordId
from models.customers.tag import NAME_MAX
from models.customers.tagging import MEMBERS_MAX, TAGS_A_CALL_MAX
from models.customers.tagging import attach_tags as attach


class TagsAttached(BaseModel):
    """What was done."""

    customers: list[Named]
    tags: list[str]
    created: list[str]
    added: int


@tool(title="Attach tags", capability="customers", access="write", idempotent=True, open_world=False)
def attach_tags(
    call: Call,
    member_ids: Annotated[list[RecordId], Field(min_length=1, max_length=MEMBERS_MAX)],
    tags: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=NAME_MAX)]], Field(min_length=1, max_length=TAGS_A_CALL_MAX)
    ],
    create_missing: bool = False,
) -> TagsAttached:
    """Add tags to up to 100 customers; who carries one keeps it. Unknown tags are made only with create_missing."""
    done = attach(call.workspace, member_ids, tags, call.actor, create_missing=create_missing)
    return TagsAttached(
        customers=[Named(id=each.shown_id, name=each.name) for each in done.customers],
        tags=[tag.name for tag in done.tags],
        created=[tag.name for tag in done.created],
        added=done.pairs,
    )
