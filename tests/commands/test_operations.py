"""serve, db, user, workspace, tools, settings, doctor: what they do, and the one line they end with when they refuse."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from blueprints.commands import main
from blueprints.commands.settings import env_example, markdown_table
from tests.commands.program import environment, frontdesk
from tests.forks import ROOT

SECRET = "a secret of the tests, long enough to be one"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one user and one workspace, made once."""
    data = tmp_path_factory.mktemp("studio") / "var"
    for arguments in (
        ("db", "upgrade"),
        ("user", "create", "ana@example.com", "--name", "Ana"),
        ("workspace", "create", "Ana's Studio", "--owner", "ana@example.com", "--timezone", "Europe/Lisbon", "--currency", "eur"),
    ):
        done = frontdesk(data, *arguments)
        assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def peopled(studio: Path, data: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(studio, data))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "FRONTDESK_BASE_URL is not set"),
        ({"base_url": "https://desk.example.com"}, "FRONTDESK_SECRET_KEY is not set"),
        ({"base_url": "https://desk.example.com/app"}, "FRONTDESK_BASE_URL: must have no path"),
        ({"secret_key": "short"}, "FRONTDESK_SECRET_KEY: must have at least 32 characters"),
        ({"secret_key_file": "/no/such/file"}, "FRONTDESK_SECRET_KEY_FILE cannot be read"),
        ({"quarantine_hour": "24"}, "FRONTDESK_QUARANTINE_HOUR is no setting of Frontdesk"),
        ({"access_token_ttl": "soon"}, "FRONTDESK_ACCESS_TOKEN_TTL: "),
        ({"access_token_ttl": "0"}, "FRONTDESK_ACCESS_TOKEN_TTL: "),
        ({"trusted_proxies": "10.0.0.0/99"}, "FRONTDESK_TRUSTED_PROXIES: "),
        ({"database_url": "mysql://x"}, "FRONTDESK_DATABASE_URL: must begin with"),
    ],
)
def test_serving_without_what_it_needs_ends_with_one_line_and_exit_code_2(
    data: Path, settings: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process: it ends before there is an application."""
    for name in [name for name in os.environ if name.startswith("FRONTDESK_")]:
        monkeypatch.delenv(name)
    given = {f"FRONTDESK_{name.upper()}": value for name, value in settings.items()}
    done = CliRunner().invoke(main, ["serve"], env={"FRONTDESK_DATA_DIR": str(data), **given})
    assert done.exit_code == 2
    assert done.stderr.startswith(line)
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base_url": "https://desk.example.com"}, "FRONTDESK_SECRET_KEY is not set"),
        ({"secret_key": SECRET}, "FRONTDESK_BASE_URL is not set"),
    ],
)
def test_gunicorn_by_itself_asks_for_what_serve_asks_for(data: Path, given: dict[str, str], said: str) -> None:
    words = [sys.executable, "-m", "gunicorn", "--config", "python:blueprints.commands.edge", "--bind", "127.0.0.1:0", "wsgi:app"]
    done = subprocess.run(
        words, env=environment(data, **given), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr



def test_serving_an_old_schema_is_refused_with_the_fix(data: Path) -> None:
    done = frontdesk(data, "serve", base_url="https://desk.example.com", secret_key=SECRET)
    assert done.returncode == 1
    assert "frontdesk db upgrade" in done.stderr


def test_a_database_that_does_not_answer_is_said_in_one_line(data: Path) -> None:
    done = frontdesk(data, "db", "upgrade", database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr.startswith("The database refuses: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_workspace_and_its_owner_are_made_and_listed(peopled: Path) -> None:
    listed = frontdesk(peopled, "workspace", "list")
    assert listed.stdout == "ana-s-studio  Ana's Studio  Europe/Lisbon  unlimited  1 seat\n"
    assert frontdesk(peopled, "workspace", "plan", "ana-s-studio", "starter").stdout == "ana-s-studio  starter\n"
    assert "  starter  1 seat" in frontdesk(peopled, "workspace", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("user", "create", "no address"), "This is no e-mail address."),
        (("user", "create", "ANA@example.com"), "There is an account with this e-mail already."),
        (("user", "create", "bo@example.com", "--workspace", "nowhere"), "There is no such workspace."),
        (("workspace", "plan", "nowhere", "free"), "There is no such workspace."),
        (("workspace", "create", "X", "--owner", "bo@example.com"), "There is no user bo@example.com."),
        (("workspace", "create", "X", "--owner", "ana@example.com", "--timezone", "Mars/Base"), "The time zone must be"),
        (("workspace", "create", "X", "--owner", "ana@example.com", "--phone-region", "ZZ"), "Choose a country or region"),
    ],
)
def test_a_rule_that_says_no_ends_with_its_sentence_and_exit_code_1(peopled: Path, arguments: tuple[str, ...], line: str) -> None:
    done = frontdesk(peopled, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert len(done.stderr.splitlines()) == 1


def test_a_password_is_read_from_standard_input_and_not_shown(peopled: Path) -> None:
    made = ("user", "create", "bo@example.com", "--password-stdin", "--workspace", "ana-s-studio")
    done = frontdesk(peopled, *made, stdin="a password of nine words\n")
    assert done.stdout == "bo@example.com can sign in.\n"
    short = frontdesk(peopled, "user", "create", "cy@example.com", "--password-stdin", stdin="short\n")
    assert (short.returncode, short.stderr) == (1, "A password has 10 to 200 characters.\n")


def test_a_password_that_is_no_text_is_refused_with_one_line() -> None:
    """In this process: it ends before there is an application."""
    given = b"p\xe4ssword in Latin-1\n"
    done = CliRunner().invoke(main, ["user", "create", "cy@example.com", "--password-stdin"], input=given)
    assert (done.exit_code, done.stderr) == (1, "The password on standard input is no UTF-8 text.\n")
    assert done.stdout == ""


def test_a_backup_is_a_whole_copy_and_restoring_it_brings_the_rows_back(peopled: Path, tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite3"
    assert frontdesk(peopled, "db", "backup", str(file)).returncode == 0
    assert frontdesk(peopled, "db", "backup", str(file)).returncode == 1, "a backup never replaces a file"
    assert frontdesk(peopled, "user", "create", "late@example.com").returncode == 0

    done = frontdesk(peopled, "db", "restore", str(file), "--yes")
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(peopled / "frontdesk.sqlite3")) as opened:
        assert opened.execute("SELECT email FROM app_user").fetchall() == [("ana@example.com",)]
    (before,) = (peopled / "backups").iterdir()
    with closing(sqlite3.connect(before)) as opened:
        assert opened.execute("SELECT count(*) FROM app_user").fetchone() == (2,)


def test_restoring_something_else_changes_nothing(peopled: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("not a database, though long enough to be read as the head of one" * 20)
    done = frontdesk(peopled, "db", "restore", str(other), "--yes")
    assert done.returncode == 1
    assert "is no SQLite database" in done.stderr
    assert frontdesk(peopled, "workspace", "list").stdout.startswith("ana-s-studio")


def test_the_schema_goes_down_and_up_again(peopled: Path) -> None:
    assert frontdesk(peopled, "db", "downgrade", "-1", stdin="n\n").returncode == 1
    down = frontdesk(peopled, "db", "downgrade", "-1", "--yes")
    assert down.returncode == 0, down.stderr
    up = frontdesk(peopled, "db", "upgrade")
    assert up.stdout.startswith("Upgraded from ")
    assert "already" in frontdesk(peopled, "db", "upgrade").stdout
    assert frontdesk(peopled, "workspace", "list").stdout.startswith("ana-s-studio")


def test_doctor_names_what_must_be_fixed_and_how(peopled: Path) -> None:
    sick = frontdesk(peopled, "doctor", "--offline")
    assert sick.returncode == 1
    assert "FIX   No secret key. → openssl rand -base64 48" in sick.stdout
    well = frontdesk(
        peopled, "doctor", "--offline", secret_key=SECRET, base_url="https://desk.example.com", trusted_proxies="10.0.0.0/8"
    )
    assert well.returncode == 0, well.stdout
    assert "FIX" not in well.stdout
    plain = frontdesk(peopled, "doctor", "--offline", secret_key=SECRET, base_url="http://desk.example.com")
    assert "http://desk.example.com is not https. →" in plain.stdout


def test_tools_are_printed_as_clients_see_them(data: Path) -> None:
    listed = json.loads(frontdesk(data, "tools", "--json").stdout)
    shown = frontdesk(data, "tools").stdout.splitlines()[1:]
    assert [line.split()[0] for line in shown] == [tool["name"] for tool in listed]


def test_the_example_environment_names_every_setting_with_its_default() -> None:
    assert (ROOT / ".env.example").read_text() == env_example(), "run: frontdesk settings --env > .env.example"


def test_the_readme_has_the_table_of_the_settings() -> None:
    readme = (ROOT / "README.md").read_text()
    assert markdown_table() in readme, "put the output of `frontdesk settings --markdown` into README.md"


def test_the_readme_opens_with_the_two_commands() -> None:
    opening = (ROOT / "README.md").read_text().splitlines()[:16]
    install = "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'"
    assert f"{install} && .venv/bin/frontdesk demo" in opening
    assert f"{install} && .venv/bin/pytest" in opening
