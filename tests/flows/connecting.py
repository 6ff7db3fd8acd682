"""The Python SDK's own OAuth client, with a person at a browser for the part that only a person can do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from tests.visitor import Visitor

CALLBACK = "http://127.0.0.1:3118/callback"


class AskedAgain(Exception):
    """The client sent the person to the consent page a second time."""


@dataclass
class Shelf:
    """Where the client keeps its tokens and its registration."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None
    refreshed: int = 0

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.refreshed += self.tokens is not None
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass
class App:
    """An MCP client named like an assistant, connecting to one MCP URL."""

    mcp_url: str
    person: Visitor
    email: str
    password: str
    workspace: str
    name: str = "Claude"
    shelf: Shelf = field(default_factory=Shelf)
    consented: int = 0
    untick: tuple[str, ...] = ()
    scope: str | None = None

    def provider(self) -> OAuthClientProvider:
        metadata = OAuthClientMetadata(
            client_name=self.name,
            redirect_uris=[CALLBACK],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
            scope=self.scope,
        )
        return OAuthClientProvider(self.mcp_url, metadata, self.shelf, self._consent, self._callback)

    async def _consent(self, url: str) -> None:
        if self.consented:
            raise AskedAgain
        self.consented += 1
        self.person.open(url)
        if "Password" in self.person.text:
            self.person.sign_in(self.email, self.password)
        assert self.name in self.person.text, self.person.text[:2000]
        self.person.choose(self.workspace)
        for scope in self.untick:
            self.person.choose(scope, on=False)
        self.person.press("Authorize")

    async def _callback(self) -> AuthorizationCodeResult:
        answer = {name: values[0] for name, values in parse_qs(urlsplit(self.person.url).query).items()}
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    @asynccontextmanager
    async def connected(self, mode: Any, provider: OAuthClientProvider) -> AsyncIterator[Client]:
        async with (
            httpx2.AsyncClient(auth=provider, timeout=30) as http,
            Client(streamable_http_client(self.mcp_url, http_client=http), mode=mode) as client,
        ):
            yield client


def structured(result: Any) -> dict[str, Any]:
    """A tool's answer; fails loudly when the tool refused."""
    assert not result.is_error, result.content[0].text
    answer: dict[str, Any] = result.structured_content
    return answer


