"""Many clients at once against real servers: each has its connection open before all send in the same moment."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Barrier
from typing import Any
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Sent:
    """One POST: to which server, which path, a form or a JSON body."""

    server: str
    path: str
    form: dict[str, str] | None = None
    body: dict[str, Any] | None = None
    bearer: str | None = None

    def headers(self) -> dict[str, str]:
        kind = FORM if self.form is not None else "application/json"
        named = {"Content-Type": kind, "Accept": "application/json, text/event-stream"}
        return named | ({"Authorization": f"Bearer {self.bearer}"} if self.bearer else {})

    def content(self) -> bytes:
        return (urlencode(self.form) if self.form is not None else json.dumps(self.body)).encode()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    json: dict[str, Any]


def post(sent: Sent, start: Barrier | None = None) -> Answer:
    """Send one request, once everybody is ready."""
    connection = HTTPConnection(urlsplit(sent.server).netloc, timeout=60)
    connection.connect()
    if start is not None:
        start.wait(timeout=60)
    try:
        connection.request("POST", sent.path, sent.content(), sent.headers())
        answer = connection.getresponse()
        raw = answer.read()
        return Answer(answer.status, json.loads(raw) if raw else {})
    finally:
        connection.close()


def rush(requests: Sequence[Sent]) -> list[Answer]:
    """Send all at once; answers in the order of the requests."""
    start = Barrier(len(requests))
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(lambda sent: post(sent, start), requests))


@dataclass(frozen=True)
class Remote:
    """An app that talks to a real server."""

    server: str
    client_id: str

    def redeem(self, code: str, verifier: str, redirect_uri: str) -> Sent:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri}
        return Sent(self.server, "/oauth/token", form | {"client_id": self.client_id})

    def refresh(self, token: str) -> Sent:
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": self.client_id}
        return Sent(self.server, "/oauth/token", form)

    def revoke(self, token: str) -> Sent:
        return Sent(self.server, "/oauth/revoke", {"token": token, "client_id": self.client_id})

    def ping(self, token: str) -> Sent:
        return Sent(self.server, "/mcp", body={"jsonrpc": "2.0", "id": 1, "method": "ping"}, bearer=token)

    def alive(self, answer: Answer) -> list[str]:
        """Which tokens of a token answer still work."""
        access = post(self.ping(answer.json["access_token"])).status == 200
        refresh = post(self.refresh(answer.json["refresh_token"])).status == 200
        return [name for name, works in (("access", access), ("refresh", refresh)) if works]
