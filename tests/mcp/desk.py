"""A server of the tests' own: a few tools that show each shape, and tokens that stand for chosen people.

The tools change the workspace's name, since that is there before any capability is.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel, Field
from werkzeug.test import TestResponse

from blueprints.mcp import endpoint_of
from blueprints.mcp.arguments import Cursor, Limit
from blueprints.mcp.call import Call
from blueprints.mcp.registry import Catalogue, Question, Tool, tool
from models.accounts.workspace import Workspace
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import keep_undo
from models.base import db
from models.errors import Conflict, NotFound
from models.oauth.scope import pairs_of
from models.oauth.standing import Standing, WorkspaceFacts

ALL_SCOPES = ("mcp.read", "mcp.write", "mcp.destructive")
TOKEN = "a.good.token"


class Thing(BaseModel):
    id: str
    name: str


class Things(BaseModel):
    items: list[Thing]
    next_cursor: str | None


class Named(BaseModel):
    name: str


class Closed(BaseModel):
    name: str
    was: str


@tool(title="List things", capability="customers", access="read", idempotent=True, open_world=False)
def list_things(
    call: Call,
    size: Annotated[int, Field(ge=1, le=100_000)] = 10,
    kind: Annotated[str | None, Field(pattern="^[a-z]+$")] = None,
    limit: Limit = 25,
    cursor: Cursor | None = None,
) -> Things:
    """List things of a chosen size."""
    first = int(cursor or 0)
    rows = [Thing(id=f"thg_{number}", name="茶" * size) for number in range(first, min(first + limit, 100))]
    return Things(items=rows, next_cursor=str(first + limit) if first + limit < 100 else None)


@tool(title="Find thing", capability="commerce", access="read", idempotent=True, open_world=False)
def find_thing(call: Call, thing_id: str) -> Thing:
    """Find one thing."""
    if thing_id == "thg_fault":
        raise ZeroDivisionError("a fault of ours")
    raise NotFound("There is no thing with this id in this workspace.")


@tool(title="Rename workspace", capability="customers", access="write", idempotent=True, open_world=False)
def rename_workspace(call: Call, name: Annotated[str, Field(min_length=1, max_length=80)], expected: str | None = None) -> Named:
    """Give the workspace another name."""
    return Named(name=_rename(call, name, expected).name)


@tool(
    title="Close workspace",
    capability="bookings",
    access="destructive",
    idempotent=True,
    open_world=False,
    asks=lambda closed: Question("Close the workspace?", {"workspace": closed.was}),
)
def close_workspace(call: Call, name: str) -> Closed:
    """Close the workspace under a last name."""
    was = db.session.get_one(Workspace, call.workspace.id).name
    return Closed(name=_rename(call, name, None).name, was=was)


def _rename(call: Call, name: str, expected: str | None) -> Workspace:
    workspace = db.session.get_one(Workspace, call.workspace.id, populate_existing=True)
    if expected is not None and expected != workspace.name:
        raise Conflict("The name is another one by now.", current={"name": workspace.name})
    before, workspace.name = workspace.name, name
    db.session.flush()
    row = audit_event.record(
        workspace.id, "rename_workspace", call.actor, entity="workspace", entity_id=workspace.id, fields={"field": "name"}
    )
    keep_undo(workspace.id, row, "rename_workspace", entity="workspace", entity_id=workspace.id, before={"name": before})
    return workspace


TOOLS: tuple[Tool, ...] = (list_things, find_thing, rename_workspace, close_workspace)


@dataclass
class Desk:
    """The app with those tools behind a bearer check that knows the tokens given out here."""

    app: Flask
    workspace: WorkspaceFacts
    known: dict[str, Standing] = field(default_factory=dict)

    def open(self, *tools: Tool) -> "Desk":
        self.app.extensions["mcp"] = endpoint_of(Catalogue(tools or TOOLS), self.check)
        return self

    def check(self, token: str, *, slug: str | None, address: str | None, request_id: str | None) -> Standing | None:
        standing = self.known.get(token)
        return standing if standing is not None and slug in (None, standing.workspace.slug) else None

    def admit(self, token: str = TOKEN, *, scopes: tuple[str, ...] = ALL_SCOPES, consent: int = 7, **facts: Any) -> str:
        """Make a token good."""
        self.known[token] = Standing(
            workspace=facts.pop("workspace", self.workspace),
            actor=Actor("app", client_id="crm_test", consent_id=consent, name="Tests"),
            scope=" ".join(scopes),
            pairs=pairs_of(scopes),
            role=facts.pop("role", "owner"),
            grantable=facts.pop("grantable", pairs_of(ALL_SCOPES)),
            **facts,
        )
        return token

    def caller(self, token: str = TOKEN, *, modern: bool = True, slug: str | None = None) -> "Caller":
        return Caller(self.app.test_client(), token, modern, f"/mcp/{slug}" if slug else "/mcp")


@dataclass
class Caller:
    """A client that speaks one era over Flask's test client."""

    browser: FlaskClient
    token: str
    modern: bool
    path: str
    capabilities: dict[str, Any] = field(default_factory=dict)

    def send(self, method: str, params: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        params = dict(params or {})
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json, text/event-stream"}
        if self.modern:
            params["_meta"] = {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": self.capabilities,
            }
            headers |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
            if method == "tools/call":
                headers["Mcp-Name"] = params["name"]
        else:
            headers["MCP-Protocol-Version"] = "2025-11-25"
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.browser.post(self.path, json=message, headers=headers | options.pop("headers", {}), **options)

    def result(self, name: str, arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The result of a tool call."""
        response = self.send("tools/call", {"name": name, "arguments": arguments or {}, **more})
        assert response.status_code == 200, response.get_data(as_text=True)
        result: dict[str, Any] = response.get_json()["result"]
        return result

    def done(self, name: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """The structured content of a call that succeeds."""
        result = self.result(name, arguments)
        assert "isError" not in result or result["isError"] is False, result
        content: dict[str, Any] = result["structuredContent"]
        return content
