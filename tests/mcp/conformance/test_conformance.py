"""The protocol's own conformance suite against `/mcp`, in both revisions, with a token that a person's sign-in gave.

Once against a server that holds what the scenarios ask for, behind our bridge and our bearer check; once against Frontdesk as
it is, for the scenarios that ask for nothing in particular.
"""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.clients.consent import Owner
from tests.clients.node import Program, command, environment, need_node, run
from tests.servers import Server
from tests.visitor import Visitor

BASELINE = Path(__file__).with_name("baseline-2025-11-25.yaml")
CALLBACK = "http://127.0.0.1:3122/callback"
FIXTURE, UNMODIFIED = "tests.mcp.conformance.served:fixture()", "tests.mcp.conformance.served:unmodified()"
APPLICABLE = {
    "2026-07-28": {
        "tools-list",
        "server-sse-multiple-streams",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "input-required-result-unsupported-methods",
        "http-header-validation",
    },
    "2025-11-25": {"server-initialize", "ping", "tools-list", "dns-rebinding-protection"},
}
NOT_SCORED = ("http-header-validation", "http-custom-header-server-validation", "json-schema-2020-12")
"""Scenarios that nobody has to pass yet; our bridge does."""


class Suite:
    """A served application and the suite's view of it."""

    def __init__(self, serve: Callable[..., Server], home: Path, application: str) -> None:
        self.home = home
        token = home / "token"
        self.server = serve(application=application, environment={"CONFORMANCE_TOKEN": str(token)})
        connect = Program("connect-v1.mjs", f"{self.server.url}/mcp", CALLBACK)
        with closing(Owner(Visitor(self.server.url))) as owner, connect as client:
            client.tell(callback=owner.authorize(client.hear("authorize")["authorize"]))
            client.hear("connected")
            token.write_text(client.ask("tokens", do="tokens")["tokens"]["access_token"])

    def run(self, *options: str) -> tuple[int, str, dict[str, bool]]:
        """How it ended, what it printed, and by scenario whether it passed."""
        words = (".bin/conformance", "server", "--url", f"{self.server.url}/mcp", *options)
        ended = run(command(*words), environment(self.home), timeout=120)
        verdicts = re.findall(r"^([✓✗]) ([a-z0-9-]+): \d+ passed, \d+ failed$", ended.stdout, re.MULTILINE)
        return ended.returncode, ended.stdout + ended.stderr, {name: mark == "✓" for mark, name in verdicts}


@pytest.fixture
def fixture(serve: Callable[..., Server], tmp_path: Path) -> Suite:
    need_node()
    return Suite(serve, tmp_path, FIXTURE)


@pytest.fixture
def unmodified(serve: Callable[..., Server], tmp_path: Path) -> Suite:
    need_node()
    return Suite(serve, tmp_path, UNMODIFIED)


@pytest.mark.slow
def test_every_required_scenario_passes_but_those_that_need_a_session(fixture: Suite) -> None:
    ended, printed, verdicts = fixture.run("--requirements", "2026-07-28")
    assert ended == 0, printed
    scored = [name for name in verdicts if f"{name} (" not in printed]
    assert len(scored) == 37
    assert all(verdicts[name] for name in scored)

    ended, printed, verdicts = fixture.run("--requirements", "2025-11-25", "--expected-failures", str(BASELINE))
    assert ended == 0, printed
    assert len(verdicts) >= 30

    for scenario in NOT_SCORED:
        ended, printed, _ = fixture.run("--scenario", scenario, "--spec-version", "2026-07-28")
        assert ended == 0, printed


@pytest.mark.slow
def test_frontdesk_as_it_is_passes_what_asks_for_nothing_in_particular(unmodified: Suite) -> None:
    for revision, applicable in APPLICABLE.items():
        _, printed, verdicts = unmodified.run("--requirements", revision)
        failed = {name for name in applicable if not verdicts.get(name)}
        assert not failed, printed
