"""kill −9 of the whole server under refresh load: no acknowledged rotation is lost, and no family (RF14).

A client that gets no answer presents the same token again, within the window, as real clients do.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Event

import pytest

from models.activity.actor import Actor
from models.base import writing
from models.oauth.authorization_code import AuthorizationCode
from models.oauth.client import Client
from models.oauth.consent import Consent
from tests.oauth.crowd import Remote, post
from tests.oauth.flow import CALLBACK, App, challenge_of

KILLS = 20
CLIENTS = 8
BETWEEN_KILLS = 0.7
VERIFIER = "v" * 64

pytestmark = pytest.mark.slow


@dataclass
class Refresher:
    """One client that refreshes as fast as it can and keeps what it was last told."""

    remote: Remote
    token: str
    acknowledged: int = 0
    retried: int = 0
    refused: list[object] = field(default_factory=list)

    def run(self, until: Event) -> None:
        while not until.is_set():
            self.once()

    def once(self) -> None:
        """Refresh; without an answer, the same token again. The first answer after that must be a success."""
        try:
            answer = post(self.remote.refresh(self.token))
        except (OSError, HTTPException, ValueError):  # no answer, or half of one
            self.retried += 1
            time.sleep(0.2)
            return
        if answer.status != 200:
            self.refused.append(answer.json)
            return
        self.token = answer.json["refresh_token"]
        self.acknowledged += 1


@pytest.mark.threat("RF14")
def test_twenty_kills_under_load_lose_no_acknowledged_rotation_and_no_family(serve, app, cast, with_settings):
    server = serve(workers=2)
    with_settings(base_url=server.url)
    registering = App(app.test_client())
    assert registering.register().status_code == 201
    remote = Remote(server.url, registering.id)
    with app.app_context(), writing():
        client = Client.known(registering.id)
        consent = Consent.give(cast.alice.id, client, cast.lotus.id, {"mcp.read"}, (), Actor("user", user_id=cast.alice.id))
        codes = [
            AuthorizationCode.issue(
                consent, client, challenge=challenge_of(VERIFIER), redirect_uri=CALLBACK, audience=f"{server.url}/mcp",
                scopes={"mcp.read"}, asked=None, refreshable=True,
            )
            for _ in range(CLIENTS)
        ]  # fmt: skip
    refreshers = [Refresher(remote, post(remote.redeem(code, VERIFIER, CALLBACK)).json["refresh_token"]) for code in codes]
    done = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(refresher.run, done) for refresher in refreshers]
        for _ in range(KILLS):
            time.sleep(BETWEEN_KILLS)
            server.kill()
            server.start()
        time.sleep(BETWEEN_KILLS)
        done.set()
        for future in running:
            future.result(timeout=60)
    assert [refresher.refused for refresher in refreshers] == [[]] * CLIENTS
    assert all(refresher.acknowledged > KILLS for refresher in refreshers)
    assert sum(refresher.retried for refresher in refreshers) > 0
    for refresher in refreshers:
        refresher.once()
        assert not refresher.refused
