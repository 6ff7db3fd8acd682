"""oauth, user reset-password and worker, over a demo."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.commands.program import frontdesk


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded data directory, made once."""
    data = tmp_path_factory.mktemp("seeded") / "var"
    done = frontdesk(data, "demo", "--no-serve", "--as-of", "2026-11-10")
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def data(seeded: Path, tmp_path: Path) -> Path:
    """A copy of it; its mark names the original, which no command here asks for."""
    return Path(shutil.copytree(seeded, tmp_path / "var"))


def rows(data: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(data / "frontdesk.sqlite3")) as opened:
        return opened.execute(sql).fetchall()


def test_a_static_client_is_made_listed_and_blocked_with_its_host(data: Path) -> None:
    made = frontdesk(data, "oauth", "create-client", "Zap", "--redirect-uri", "https://zap.example.com/cb", "--confidential")
    assert made.returncode == 0, made.stderr
    client_id = re.search(r"client_id +(crm_\w+)", made.stdout)
    secret = re.search(r"client_secret +(crmcs_\S+)", made.stdout)
    assert client_id and secret
    assert secret.group(1) not in frontdesk(data, "oauth", "clients").stdout

    blocked = frontdesk(data, "oauth", "block", "zap.example.com")
    assert blocked.stdout == "zap.example.com is refused; 1 client ended.\n"
    (line,) = frontdesk(data, "oauth", "clients", "--kind", "static").stdout.splitlines()
    assert line.startswith(client_id.group(1))
    assert line.endswith("blocked")


def test_a_redirect_uri_that_is_no_good_is_refused_in_one_line(data: Path) -> None:
    done = frontdesk(data, "oauth", "create-client", "Zap", "--redirect-uri", "javascript:alert(1)")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_keys_turn_and_the_former_one_stays_published(data: Path) -> None:
    first = frontdesk(data, "oauth", "rotate-keys").stdout
    second = frontdesk(data, "oauth", "rotate-keys").stdout
    assert first != second
    states = sorted(state for (state,) in rows(data, "SELECT state FROM signing_key"))
    assert states == ["active", "next", "retired", "retired"]


def test_unused_registrations_are_purged(data: Path) -> None:
    with closing(sqlite3.connect(data / "frontdesk.sqlite3")) as opened, opened:
        opened.execute(
            "INSERT INTO oauth_client (id, kind, name, redirect_uris, grant_types, scope_is_limit, auth_method, token_format,"
            " fingerprint, created_at) VALUES ('crm_old', 'registered', 'Old', '[]', '[]', 0, 'none', 'jwt', 'x', 0)"
        )
    assert frontdesk(data, "oauth", "purge").stdout == "1 client removed.\n"


def test_a_reset_link_is_printed_for_a_user_and_refused_for_nobody(data: Path) -> None:
    done = frontdesk(data, "user", "reset-password", "alice@demo.test")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/password-reset/\S{20,}\n", done.stdout)
    missing = frontdesk(data, "user", "reset-password", "nobody@demo.test")
    assert (missing.returncode, missing.stderr) == (1, "There is no user nobody@demo.test.\n")


def test_a_round_of_the_worker_settles_what_is_over_and_opens_the_next_classes(data: Path) -> None:
    """The data is for a day that has passed, so bookings of then are long over."""
    over = "SELECT count(*) FROM booking WHERE status IN ('confirmed', 'pending') AND ends_at < unixepoch() * 1000 - 90000000"
    begun = "SELECT count(*) FROM customer WHERE next_booking_at < unixepoch() * 1000"
    ahead = "SELECT count(*) FROM session WHERE class_schedule_id IS NOT NULL AND starts_at > unixepoch() * 1000"
    before = rows(data, ahead)[0][0]
    assert rows(data, over)[0][0] > 0
    assert rows(data, begun)[0][0] > 0
    for _ in range(2):
        done = frontdesk(data, "worker", "--once")
        assert done.returncode == 0, done.stderr
    assert rows(data, over)[0][0] == 0
    assert rows(data, begun)[0][0] == 0
    assert rows(data, ahead)[0][0] > before
    assert rows(data, "SELECT count(*) FROM audit_event WHERE verb = 'complete_booking' AND actor_kind = 'system'")[0][0] > 0
    assert frontdesk(data, "worker", "--once").stdout == "0 bookings changed.\n"
