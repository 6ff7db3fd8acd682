"""The official Python client over real HTTP: it negotiates, lists, calls, validates results, and answers forms."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult

from tests.mcp.desk import TOKEN
from tests.servers import Server

MODES = pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
Talk = Callable[[Client], Awaitable[Any]]


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve(application="tests.mcp.served_app:app", threads=4)


def talk(server: Server, mode: str, what: Talk, token: str = TOKEN, **options: Any) -> Any:
    async def main() -> Any:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
            Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode, **options) as client,
        ):
            return await what(client)

    return asyncio.run(main())


@MODES
def test_it_lists_and_calls_in_every_mode(server: Server, mode: str) -> None:
    async def what(client: Client) -> tuple[list[str], Any, str]:
        tools = await client.list_tools()
        result = await client.call_tool("list_things", {"limit": 3})
        return [each.name for each in tools.tools], result, client.protocol_version

    names, result, version = talk(server, mode, what)
    assert "list_things" in names
    assert result.structured_content["items"][2]["id"] == "thg_2"
    assert version == ("2025-11-25" if mode == "legacy" else "2026-07-28")


@MODES
def test_every_status_of_a_write_passes_the_clients_own_validation(server: Server, mode: str) -> None:
    async def what(client: Client) -> list[str]:
        await client.list_tools()
        dry = await client.call_tool("rename_workspace", {"name": "Jade Spa", "dry_run": True})
        done = await client.call_tool("rename_workspace", {"name": "Jade Spa"})
        repeated = await client.call_tool("rename_workspace", {"name": "Jade Spa"})
        asked = await client.call_tool("close_workspace", {"name": "Gone Spa"})
        content = [each.structured_content for each in (dry, done, repeated, asked)]
        assert content[2]["repeated"] is True
        confirmed = await client.call_tool("close_workspace", {"name": "Gone Spa", "confirm_token": content[3]["confirm_token"]})
        return [each["status"] for each in (*content, confirmed.structured_content)]

    assert talk(server, mode, what) == ["dry_run", "done", "done", "needs_confirmation", "done"]


@MODES
def test_an_error_is_a_result_that_says_why(server: Server, mode: str) -> None:
    async def what(client: Client) -> Any:
        await client.list_tools()
        return await client.call_tool("list_things", {"limit": 0})

    result = talk(server, mode, what)
    assert result.is_error
    assert "limit must be at least 1" in result.content[0].text


@MODES
def test_an_unknown_tool_is_a_protocol_error(server: Server, mode: str) -> None:
    async def what(client: Client) -> int:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("no_such_tool", {})
        return caught.value.error.code

    assert talk(server, mode, what) == -32602


@pytest.mark.parametrize(("agree", "expected"), [(True, "done"), (False, None)])
def test_a_client_with_forms_is_asked_and_answers(server: Server, agree: bool, expected: str | None) -> None:
    asked: list[str] = []

    async def person(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"confirm": True}) if agree else ElicitResult(action="decline")

    async def what(client: Client) -> Any:
        return await client.call_tool("close_workspace", {"name": "Gone Spa"})

    result = talk(server, "auto", what, elicitation_callback=person)
    assert asked == ["Close the workspace?\nworkspace: Lotus Spa"]
    assert (result.structured_content or {}).get("status") == expected
    assert result.is_error is (not agree)
