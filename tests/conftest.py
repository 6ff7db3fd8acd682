"""Fixtures for every test: a peopled database, the app over it, signed-in clients, real servers.

`pytest` runs on SQLite; `pytest --database postgresql` runs the same tests on PostgreSQL.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2 import StrictUndefined
from werkzeug.test import TestResponse

from app import create_app
from models import clock
from models.accounts.sign_in import SignIn
from models.accounts.user import User
from models.activity.actor import SYSTEM
from models.base import db, writing
from models.demo.seed import seed
from models.demo.sizes import SIZES
from models.settings import Settings, changed
from tests import forks, servers
from tests.canaries import Watch
from tests.cast import DEMO_PASSWORD, Cast, Person, people
from tests.databases import PEOPLED, SALON, Databases, PostgreSQLCluster, SQLiteFiles, Unavailable
from tests.marks import Marks
from tests.servers import SECRET, Server
from tests.threats import pytest_collection_modifyitems, pytest_terminal_summary

__all__ = ["pytest_collection_modifyitems", "pytest_terminal_summary"]  # hooks that pytest finds here

BASE_URL = "http://localhost"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="which database the tests use")


def pytest_configure() -> None:
    forks.prepare()


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`."""
    return str(request.config.getoption("--database"))


@pytest.fixture(scope="session")
def databases(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    folder = tmp_path_factory.mktemp("databases")
    try:
        made: Databases = SQLiteFiles(folder) if database == "sqlite" else PostgreSQLCluster(folder)
    except Unavailable as missing:
        if os.environ.get("PG") == "required":
            pytest.fail(f"PG=required, but {missing}")
        pytest.skip(str(missing))
    yield made
    made.close()


def settings_for(database_url: str, folder: Path, **values: Any) -> Settings:
    return Settings(base_url=BASE_URL, secret_key=SECRET, database_url=database_url, data_dir=folder, **values)


@pytest.fixture(scope="session")
def watch() -> Watch:
    """What looks for secrets left lying about."""
    return Watch()


@pytest.fixture(autouse=True)
def no_secret_is_left_lying_about(request: pytest.FixtureRequest, watch: Watch) -> Iterator[None]:
    """Every test is a test of that, too."""
    databases = request.getfixturevalue("databases") if "databases" in request.fixturenames else None
    logging.getLogger().addHandler(watch)
    yield
    logging.getLogger().removeHandler(watch)
    assert watch.leaks(databases, servers.logs) == {}


@pytest.fixture(scope="session")
def cast(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    """The people, put into the prepared database once."""
    app = create_app(settings_for(databases.empty(PEOPLED), tmp_path_factory.mktemp("data")))
    with app.app_context():
        upgrade()
        everybody = people()
        db.session.remove()
        db.engine.dispose()
    return everybody


@pytest.fixture(scope="session")
def app_of_the_run(databases: Databases, cast: Cast, watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(settings_for(databases.fresh("app"), tmp_path_factory.mktemp("data")))
    app.config["TESTING"] = False
    watch.follow(app)
    app.jinja_env.undefined = StrictUndefined  # a name that a template expects and a view does not give is a fault
    return app


@pytest.fixture
def app(app_of_the_run: Flask, databases: Databases) -> Iterator[Flask]:
    """The app over a fresh copy of the peopled database. Arrange with `with app.app_context(), writing(): …`."""
    with app_of_the_run.app_context():
        db.engine.dispose()
    databases.fresh("app")
    yield app_of_the_run
    with app_of_the_run.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def database_url(app: Flask) -> str:
    """The URL of this test's database, for processes of their own."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"])


@pytest.fixture
def with_settings(app: Flask) -> Iterator[Callable[..., None]]:
    """Change settings for the rest of the test: `with_settings(refresh_reuse_window=0)`."""
    entered: list[AbstractContextManager[Settings]] = []

    def change(**values: Any) -> None:
        context = changed(**values)
        context.__enter__()
        entered.append(context)

    yield change
    for context in reversed(entered):
        context.__exit__(None, None, None)


@pytest.fixture
def marks(app: Flask, cast: Cast) -> Marks:
    """What this test adds to the trails and the security events: `marks.new()`."""
    made = Marks(app, (cast.lotus, cast.peak, cast.harbour))
    made.new()
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody signed in to."""
    return app.test_client()


@pytest.fixture
def browser_of(app: Flask) -> Callable[[Person], FlaskClient]:
    """A browser in which this person has just signed in."""

    def open_browser(person: Person) -> FlaskClient:
        with app.app_context(), writing():
            token = SignIn.start(db.session.get_one(User, person.id), SYSTEM)
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return browser

    return open_browser


@pytest.fixture
def alice(browser_of: Callable[[Person], FlaskClient], cast: Cast) -> FlaskClient:
    """The owner's browser."""
    return browser_of(cast.alice)


@pytest.fixture
def bob(browser_of: Callable[[Person], FlaskClient], cast: Cast) -> FlaskClient:
    """A staff member's browser."""
    return browser_of(cast.bob)


@pytest.fixture
def charlie(browser_of: Callable[[Person], FlaskClient], cast: Cast) -> FlaskClient:
    """The stranger's browser."""
    return browser_of(cast.charlie)


@pytest.fixture
def serve(database_url: str) -> Iterator[Callable[..., Server]]:
    """Start real servers over this test's database: `serve(workers=4, environment={…})`."""
    started: list[Server] = []

    def start(**options: Any) -> Server:
        server = Server(database_url, **options).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def salon_prepared(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The demo, seeded once a run."""
    app = create_app(settings_for(databases.empty(SALON), tmp_path_factory.mktemp("data")))
    with app.app_context():
        upgrade()
        seed(clock.now().date(), SIZES["salon"], DEMO_PASSWORD, lambda done: None)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def salon_url(salon_prepared: None, databases: Databases) -> str:
    """The URL of a fresh copy of the demo's three workspaces."""
    return databases.fresh("demo", of=SALON)


@pytest.fixture
def salon(salon_url: str) -> Iterator[Callable[..., Server]]:
    """Start a server over a copy of the demo; everybody's password is DEMO_PASSWORD."""
    started: list[Server] = []

    def start(**options: Any) -> Server:
        server = Server(salon_url, **options).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def csrf_of(response: TestResponse) -> str:
    """The CSRF token in a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.get_data(as_text=True))
    assert found, f"no CSRF token in the page ({response.status})"
    return found.group(1)


@pytest.fixture
def submit() -> Callable[..., TestResponse]:
    """Fill in the form of a page and send it: `submit(browser, "/login", {"email": …}, page="/login")`."""

    def send(browser: FlaskClient, path: str, data: dict[str, Any], *, page: str | None = None, **options: Any) -> TestResponse:
        token = csrf_of(browser.get(page or path))
        return browser.post(path, data={"csrf_token": token, **data}, **options)

    return send
