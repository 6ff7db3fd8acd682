"""list_contacts: everybody, newest change first."""

from typing import Annotated

from pydantic import Field

from blueprints.mcp.arguments import Cursor, Limit
from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import When
from blueprints.mcp.tools.customers._rows import CustomerPage, customer_out
from models.customers.customer import CustomerKind
from models.customers.listing import contacts


@tool(title="List contacts", capability="customers", access="read", idempotent=True, open_world=False)
def list_contacts(
    call: Call,
    kind: CustomerKind | None = None,
    updated_since: Annotated[
        When | None, Field(description="Date or time: 2026-11-23, 2026-11-23T14:00, today 14:00, -7d")
    ] = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> CustomerPage:
    """List all contacts, whether enrolled in loyalty (member) or not, newest change first."""
    page = contacts(call.workspace, kind=kind, updated_since=updated_since, cursor=cursor, limit=limit)
    shown = page.map(lambda row: customer_out(call, row))
    return CustomerPage(items=shown.items, next_cursor=shown.next_cursor)
