"""The official Python client calls every tool that is served, over HTTP, in both eras, and validates what it gets."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from flask import Flask
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

import blueprints.mcp.tools
from blueprints.mcp.registry import Tool, tools_in
from models.base import db
from tests.bookings.salon import ZONE
from tests.cast import Cast
from tests.mcp.desk import TOKEN
from tests.mcp.tools.cases import CASES, Ids, furnish, nobodys, strangers, with_ids
from tests.servers import Server

pytestmark = pytest.mark.slow
TOOLS = list(tools_in(blueprints.mcp.tools))
Outcomes = dict[str, Any]


@pytest.fixture
def furnished(app: Flask, cast: Cast) -> tuple[Ids, Ids]:
    """Ids of Alice's and of Charlie's; their bookings are tomorrow's."""
    tomorrow = (datetime.now(ZONE).date() + timedelta(days=1)).isoformat()
    with app.app_context():
        mine, theirs = (furnish(place, tomorrow) for place in (cast.lotus, cast.harbour))
        db.session.remove()
    return mine, theirs


@pytest.fixture
def server(furnished: Any, serve: Callable[..., Server]) -> Server:
    return serve(application="tests.mcp.served_tools:app", threads=4)


def client_of(server: Server, mode: str, token: str, http: httpx2.AsyncClient) -> Client:
    http.headers["Authorization"] = f"Bearer {token}"
    return Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode)


async def outcome(client: Client, name: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """How a call ended: the status of a write, `read`, or the code of its refusal; and what it answered."""
    result = await client.call_tool(name, arguments)
    if result.is_error:
        told = json.loads(result.content[0].text)
        return told["code"], told
    content: dict[str, Any] = result.structured_content
    assert json.loads(result.content[0].text) == content
    writes = content.get("status") in ("done", "dry_run", "needs_confirmation")
    return content["status"] if writes else "read", content


async def every_way(client: Client, tool: Tool, mine: Ids, theirs: Ids) -> Outcomes:
    """What becomes of each kind of call of one tool."""
    name, case = tool.name, CASES[tool.name]
    good = with_ids(case.good, mine)
    found: Outcomes = {"invalid": (await outcome(client, name, {**good, **with_ids(case.bad, mine)}))[0]}
    for argument in case.ids:
        for foreign, missing in zip(
            strangers(case, argument, mine, lambda word: theirs[word]), strangers(case, argument, mine, nobodys), strict=True
        ):
            told = await outcome(client, name, foreign)
            assert told == await outcome(client, name, missing), (name, argument)
            found["foreign"] = told[0]
    if tool.access == "read":
        return found | {"valid": (await outcome(client, name, good))[0]}
    found["dry_run"] = (await outcome(client, name, {**good, "dry_run": True}))[0]
    keyed = {**good, "idempotency_key": f"key-of-{name}"}
    if tool.access == "destructive":
        status, asked = await outcome(client, name, keyed)
        found["asked"] = status
        keyed["confirm_token"] = asked["confirm_token"]
    found["valid"], first = await outcome(client, name, keyed)
    _, again = await outcome(client, name, keyed)
    found["repeated"] = again.get("repeated") is True and again["audit_id"] == first["audit_id"]
    return found


def expected(tool: Tool) -> Outcomes:
    found: Outcomes = {"invalid": "invalid", "valid": "read" if tool.access == "read" else "done"}
    if CASES[tool.name].ids:
        found["foreign"] = "not_found"
    if tool.access != "read":
        found |= {"dry_run": "dry_run", "repeated": True}
    if tool.access == "destructive":
        found["asked"] = "needs_confirmation"
    return found


@pytest.mark.parametrize(("mode", "version"), [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")])
def test_every_tool_answers_every_kind_of_call(server: Server, furnished: tuple[Ids, Ids], mode: str, version: str) -> None:
    async def talk() -> dict[str, Outcomes]:
        async with httpx2.AsyncClient(timeout=60) as http, client_of(server, mode, TOKEN, http) as client:
            assert client.protocol_version == version
            assert [each.name for each in (await client.list_tools()).tools] == [each.name for each in TOOLS]
            return {each.name: await every_way(client, each, *furnished) for each in TOOLS}

    assert asyncio.run(talk()) == {each.name: expected(each) for each in TOOLS}


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_every_tool_is_refused_to_a_token_without_its_scope(server: Server, furnished: tuple[Ids, Ids], mode: str) -> None:
    """A fresh consent could give the scope, so HTTP says 403; a tool that the scope does not reach is never run."""

    async def talk(tool: Tool) -> str:
        token = "nothing" if tool.access == "read" else "reader" if tool.access == "write" else "writer"
        answers: list[int] = []

        async def note(response: httpx2.Response) -> None:
            answers.append(response.status_code)

        async with (
            httpx2.AsyncClient(timeout=60, event_hooks={"response": [note]}) as http,
            client_of(server, mode, token, http) as client,
        ):
            with pytest.raises(MCPError):
                await client.call_tool(tool.name, with_ids(CASES[tool.name].good, furnished[0]))
        return str(answers[-1])

    assert {each.name: asyncio.run(talk(each)) for each in TOOLS} == {each.name: "403" for each in TOOLS}
