"""`frontdesk oauth`, as the operator runs it over the test's database."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import clock
from models.activity.actor import SYSTEM
from models.base import writing
from models.errors import Invalid
from models.oauth.block import block
from models.oauth.client import Client
from models.oauth.sweep import purge
from tests.commands.program import frontdesk
from tests.oauth.flow import App, connect
from tests.servers import SECRET

Operator = Callable[..., CompletedProcess[str]]


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    """Run `frontdesk oauth …`."""
    data = tmp_path / "data"
    settings = {"database_url": database_url, "secret_key": SECRET, "base_url": "http://localhost"}
    return lambda *arguments: frontdesk(data, "oauth", *arguments, **settings)


@pytest.mark.parametrize(
    "subject",
    ["https://evil9.test", "https://evil9.test/", "evil9.test:443", "*.evil9.test", "http://evil9.test/x", "", "evil9 .test",
     "https://evil9.test/a?b=c#d", "crm_0000000000000", "crm_x", "evil9.test/", "user@evil9.test", "2130706433"],
)  # fmt: skip
def test_a_subject_that_could_never_match_is_refused_and_blocks_nothing(app: Flask, subject: str, sql: Any) -> None:
    with app.app_context(), pytest.raises(Invalid), writing():
        block(subject, SYSTEM)
    assert sql("SELECT count(*) AS n FROM oauth_block")[0]["n"] == 0


@pytest.mark.parametrize(
    ("subject", "uri"),
    [
        ("Evil9.TEST", "https://evil9.test/cb"), ("evil9.test", "https://evil9.test:8443/cb"), ("[::1]", "http://[::1]:1/cb"),
        ("127.0.0.1", "http://127.0.0.1/cb"), ("anysphere.cursor-mcp", "cursor://anysphere.cursor-mcp/oauth/callback"),
    ],
)  # fmt: skip
def test_a_blocked_host_ends_the_apps_that_return_to_it_and_refuses_new_ones(
    app: Flask, new_app: Callable[..., App], alice: FlaskClient, claude: App, subject: str, uri: str
) -> None:
    theirs = new_app(client_name="Theirs", redirect_uris=[uri])
    told = connect(theirs, alice)
    with app.app_context(), writing():
        assert block(subject, SYSTEM) == 1
    assert theirs.call(told["access_token"]).status_code == 401
    assert theirs.register(client_name="Again", redirect_uris=[uri]).json["error"] == "invalid_client_metadata"
    assert claude.register(client_name="Another").status_code == 201


def test_the_command_says_in_one_sentence_why_it_blocks_nothing_and_fails(operator: Operator, claude: App) -> None:
    refused = operator("block", "https://evil9.test")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: Give a host such as evil.example")
    assert "Traceback" not in refused.stderr
    assert operator("block", claude.id).stdout == f"{claude.id} is refused; 1 client ended.\n"


def test_an_app_nobody_allowed_is_purged_after_two_days_however_often_it_registered(
    app: Flask, claude: App, new_app: Callable[..., App], alice: FlaskClient
) -> None:
    idle, start = new_app(client_name="Idle"), clock.now()
    connect(claude, alice)
    for hours in (12, 24, 36, 47):
        with clock.stopped(start + timedelta(hours=hours)):
            assert idle.register(client_name="Idle").status_code == 201
            with app.app_context(), writing():
                assert purge() == 0
    with clock.stopped(start + timedelta(hours=49)), app.app_context():
        with writing():
            assert purge() == 1
        assert Client.known(idle.id) is None
        assert Client.known(claude.id) is not None
