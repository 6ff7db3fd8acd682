"""Refresh rotations a second beside oidc-provider, and beside a bare loop of the same SQL, in one run.

    pytest tests/benchmarks/bench_refresh.py -s [--database postgresql]

Over HTTP: 8 families on 8 kept connections, both servers with two processes, short rounds in turn, the figure is the median.
oidc-provider (npm) stands on a SQLite file at our own level, WAL and synchronous=FULL, with ES256 access tokens like ours.
The bare loop sends the recorded statements of our rotations again over one driver connection, on a copy of the database.
"""

import json
import statistics
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import create_engine

from models.base import db
from models.base.database import engine_options
from tests.benchmarks.replay import Recording
from tests.benchmarks.rotation import Rotations
from tests.clients.consent import Owner
from tests.clients.node import NODE, environment, need_node
from tests.databases import Databases, free_port
from tests.oauth.flow import challenge_of, query_of
from tests.servers import Server
from tests.visitor import Visitor

ROUNDS, SECONDS, FAMILIES, RECORDED = 5, 1.0, 8, 300
ENOUGH_OF_OIDC_PROVIDER, ENOUGH_OF_BARE_SQL = 1.0, 0.5
CALLBACK = "http://127.0.0.1:3123/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
RIVAL = Path(__file__).with_name("oidc_provider.mjs")


@pytest.fixture
def rival(tmp_path: Path) -> Iterator[Rotations]:
    """oidc-provider with its families."""
    need_node()
    port = free_port()
    words = [str(NODE), "--no-warnings", str(RIVAL), str(tmp_path / "rival.sqlite3"), str(port), "2", str(FAMILIES)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment(tmp_path)) as process:
        assert process.stdin is not None and process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Rotations(port, "/token", said["client"], said["tokens"])
        process.stdin.close()


def test_rotations_keep_up_with_oidc_provider_and_with_bare_sql(
    app: Flask, databases: Databases, serve: Callable[..., Server], database: str, rival: Rotations
) -> None:
    first = serve()
    ours = families_of(first)
    first.stop()
    bare = BareLoop(app, databases, ours)
    ours.port = serve(workers=2, threads=4).port
    contenders = {"frontdesk": ours.rate, "oidc-provider": rival.rate, "bare SQL": bare.rate}
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    ours.rate(SECONDS)
    for _ in range(ROUNDS):
        for name, rate in contenders.items():
            rates[name].append(rate(SECONDS))
    figures = {name: statistics.median(measured) for name, measured in rates.items()}

    print()
    for name, figure in figures.items():
        print(f"{database:10} {name:13} {figure:7.0f} rotations/s   frontdesk is {figures['frontdesk'] / figure:.2f} of it")
    if database == "sqlite":
        assert figures["frontdesk"] >= ENOUGH_OF_OIDC_PROVIDER * figures["oidc-provider"]
    assert figures["frontdesk"] >= ENOUGH_OF_BARE_SQL * figures["bare SQL"]


def families_of(server: Server) -> Rotations:
    """Families of one self-registered app, each from a consent of its own."""
    owner = Owner(Visitor(server.url))
    metadata: dict[str, Any] = {"client_name": "Benchmark", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
    metadata["grant_types"] = ["authorization_code", "refresh_token"]
    client_id = httpx.post(f"{server.url}/oauth/register", json=metadata).json()["client_id"]
    asked = {"client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s"}
    asked |= {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    tokens = []
    for _ in range(FAMILIES):
        code = query_of(owner.authorize(f"{server.url}/oauth/authorize?{httpx.QueryParams(asked)}"))["code"]
        sent = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        sent |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        tokens.append(httpx.post(f"{server.url}/oauth/token", data=sent).json()["refresh_token"])
    owner.close()
    return Rotations(server.port, "/oauth/token", client_id, tokens)


class BareLoop:
    """The statements of some rotations, sent again by a loop that does nothing else."""

    def __init__(self, app: Flask, databases: Databases, ours: Rotations) -> None:
        self.databases, self.recording = databases, Recording()
        with app.app_context():
            db.engine.dispose()
            databases.copy("app", "before")
            with self.recording.of(db.engine):
                for _ in range(RECORDED):
                    ours.tokens[0] = self._rotate(app, ours)
            db.session.remove()
            db.engine.dispose()

    def _rotate(self, app: Flask, ours: Rotations) -> str:
        sent = {"grant_type": "refresh_token", "refresh_token": ours.tokens[0], "client_id": ours.client_id}
        answer = app.test_client().post("/oauth/token", data=sent)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return str(answer.get_json()["refresh_token"])

    def rate(self, seconds: float) -> float:
        """Rotations a second, from as many whole replays as fill the time; each starts from a fresh copy."""
        took, done = 0.0, 0
        while took < seconds:
            url = self.databases.copy("before", "replayed")
            engine = create_engine(url, **engine_options(url))
            took, done = took + self.recording.replay(engine), done + RECORDED
            engine.dispose()
            self.databases.drop("replayed")
        return done / took
