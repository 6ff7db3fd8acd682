"""`frontdesk demo`: from nothing to a running server, again, afresh, and what it refuses to touch."""

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.commands.program import frontdesk, start
from tests.databases import free_port


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "var"


def line_of(output: str, label: str) -> str:
    found = re.search(rf"^ +{label} {{2,}}(.+)$", output, re.MULTILINE)
    assert found, output
    return found.group(1)


def customers(data: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(data / "frontdesk.sqlite3")) as opened:
        return opened.execute("SELECT id, name FROM customer ORDER BY id").fetchall()


def stop(process: "subprocess.Popen[str]") -> str:
    os.killpg(process.pid, signal.SIGTERM)
    return process.communicate(timeout=30)[0]


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    said = ""
    assert process.stdout is not None
    while words not in said:
        line = process.stdout.readline()
        assert line, f"it ended: {said}"
        said += line
    return said


def test_the_demo_prints_where_to_sign_in_and_serves_it(data: Path) -> None:
    port = free_port()
    process = start(data, "demo", "--port", str(port))
    try:
        said = read_until(process, "Ctrl-C")
        assert line_of(said, "Sign in").startswith("alice@demo.test")
        assert line_of(said, "MCP URL") == f"http://127.0.0.1:{port}/mcp"
        assert f"claude mcp add --transport http frontdesk http://127.0.0.1:{port}/mcp" in said
        with urlopen(f"http://127.0.0.1:{port}/login", timeout=20) as page:
            assert page.status == 200
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{port}/no-such-page", timeout=20)
        assert refused.value.code == 404
    finally:
        stop(process)


def test_a_second_start_keeps_data_and_password_and_fresh_makes_them_anew(data: Path) -> None:
    first = frontdesk(data, "demo", "--no-serve", "--as-of", "2026-11-20")
    before = customers(data)
    again = frontdesk(data, "demo", "--no-serve")
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "2026-11-20 (salon) is kept" in again.stdout
    assert line_of(first.stdout, "Password") == line_of(again.stdout, "Password")
    assert customers(data) == before

    secret = (data / "secret_key").read_text()
    afresh = frontdesk(data, "demo", "--no-serve", "--fresh", "--as-of", "2026-11-21")
    assert afresh.returncode == 0, afresh.stderr
    assert customers(data) != before
    assert (data / "secret_key").read_text() != secret
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "demo.json").stat().st_mode) == 0o600


def test_a_taken_port_is_said_in_one_line_before_anything_is_made(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = frontdesk(data, "demo", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == f"Error: Port {port} is taken; choose another with --port.\n"
    assert not data.exists()


def test_a_chosen_password_of_any_length_is_taken_and_can_be_changed_by_the_setting(data: Path) -> None:
    done = frontdesk(data, "demo", "--no-serve", demo_password="short")
    assert line_of(done.stdout, "Password") == "short"
    again = frontdesk(data, "demo", "--no-serve", demo_password="another one")
    assert line_of(again.stdout, "Password") == "another one"
    assert line_of(frontdesk(data, "demo", "--no-serve").stdout, "Password") == "the one you chose"


def test_fresh_never_deletes_a_database_that_the_demo_did_not_make(data: Path) -> None:
    assert frontdesk(data, "db", "upgrade").returncode == 0
    assert frontdesk(data, "user", "create", "owner@example.com").returncode == 0
    for arguments in (["demo", "--no-serve", "--fresh"], ["demo", "--no-serve"]):
        done = frontdesk(data, *arguments)
        assert done.returncode == 1, done.stdout
        assert len(done.stderr.splitlines()) == 1
    with closing(sqlite3.connect(data / "frontdesk.sqlite3")) as opened:
        assert opened.execute("SELECT email FROM app_user").fetchall() == [("owner@example.com",)]


def test_a_seed_that_was_cut_off_is_made_anew_by_the_next_start(data: Path) -> None:
    assert frontdesk(data, "demo", "--no-serve", "--as-of", "2026-11-21").returncode == 0
    whole = customers(data)
    mark = data / "demo.json"
    mark.write_text(mark.read_text().replace('"finished": true', '"finished": false'))
    with closing(sqlite3.connect(data / "frontdesk.sqlite3")) as opened, opened:
        opened.execute("PRAGMA foreign_keys=OFF")
        opened.execute("DELETE FROM customer WHERE id % 2 = 0")
    assert frontdesk(data, "demo", "--no-serve", "--as-of", "2026-11-21").returncode == 0
    assert customers(data) == whole


def test_fresh_is_refused_while_the_demo_is_being_served(data: Path) -> None:
    process = start(data, "demo", "--port", "0")
    try:
        said = read_until(process, "Ctrl-C")
        assert re.search(r"http://127\.0\.0\.1:\d{4,5}/mcp", said)
        done = frontdesk(data, "demo", "--no-serve", "--fresh")
        assert done.returncode == 1
        assert "stop it before you start over" in done.stderr
        assert frontdesk(data, "demo", "--no-serve").returncode == 0
    finally:
        stop(process)


def test_a_wrong_day_is_refused_with_exit_code_2(data: Path) -> None:
    done = frontdesk(data, "demo", "--as-of", "2026-02-30")
    assert done.returncode == 2
    assert "is no date" in done.stderr
