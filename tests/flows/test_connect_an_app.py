"""The main job, end to end: an assistant starts from a bare 401 and ends at one, and works on real data in between."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from mcp.client.auth import OAuthClientProvider

from tests.cast import DEMO_PASSWORD
from tests.flows.connecting import App, AskedAgain, structured
from tests.servers import Server
from tests.visitor import Visitor

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bare", "version": "1"}},
}


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28", "auto"])
@pytest.mark.parametrize("path", ["/mcp", "/mcp/lotus-spa"])
def test_an_assistant_connects_works_refreshes_and_is_cut_off(salon: Callable[..., Server], mode: Any, path: str) -> None:
    server = salon()
    bare = httpx.post(f"{server.url}{path}", json=INITIALIZE)
    assert bare.status_code == 401
    assert "resource_metadata=" in bare.headers["www-authenticate"]
    assert "error=" not in bare.headers["www-authenticate"]

    app = App(f"{server.url}{path}", Visitor(server.url), "alice@demo.test", DEMO_PASSWORD, "Lotus Spa")
    provider = app.provider()
    anyio.run(_work, app, mode, provider)

    assert app.consented == 1
    assert app.shelf.tokens is not None
    old_token = app.shelf.tokens.access_token
    anyio.run(_refresh, app, mode, provider)
    assert app.shelf.tokens.access_token != old_token

    app.person.open("/connected-apps").press("Revoke").press("Revoke access")
    cut_off = httpx.post(
        f"{server.url}{path}",
        json=INITIALIZE,
        headers={"Authorization": f"Bearer {app.shelf.tokens.access_token}", "Accept": "application/json, text/event-stream"},
    )
    assert cut_off.status_code == 401
    assert 'error="invalid_token"' in cut_off.headers["www-authenticate"]
    with pytest.raises(BaseException) as ended:
        anyio.run(_work, app, mode, app.provider())
    assert ended.group_contains(AskedAgain) if isinstance(ended.value, BaseExceptionGroup) else ended.type is AskedAgain


async def _work(app: App, mode: Any, provider: OAuthClientProvider) -> None:
    """Members tagged vip who have not booked for 60 days."""
    async with app.connected(mode, provider) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert {"search_members", "list_tags", "list_bookings"} <= set(names)
        members = structured(await client.call_tool("search_members", {"tags_any": ["vip"], "inactive_days": 60}))
        assert members["workspace"]["slug"] == "lotus-spa"
        assert members["items"]
        assert all("vip" in member["tags"] for member in members["items"])
        tags = structured(await client.call_tool("list_tags", {"prefix": "vip"}))
        assert tags["items"][0]["name"] == "vip"
        assert tags["items"][0]["count"] >= len(members["items"])
        asked = {"member_id": members["items"][0]["id"], "from": "-59d", "to": "today"}
        bookings = structured(await client.call_tool("list_bookings", asked))
        assert [each for each in bookings["items"] if each["status"] in ("confirmed", "checked_in", "completed")] == []


async def _refresh(app: App, mode: Any, provider: OAuthClientProvider) -> None:
    provider.context.token_expiry_time = 1  # the client believes its access token has expired
    async with app.connected(mode, provider) as client:
        structured(await client.call_tool("list_tags", {}))
