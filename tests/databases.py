"""Where the tests' rows live: a SQLite file, or a database in a PostgreSQL cluster of the tests' own.

Each is migrated and peopled once a run, then copied for every test, so a test starts from the same rows in milliseconds.
"""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Protocol

import psycopg

PEOPLED = "peopled"
SALON = "salon"


class Unavailable(Exception):
    """This machine has no such database."""


class Databases(Protocol):
    """Makes fresh copies of prepared databases."""

    def empty(self, name: str) -> str:
        """The URL of a new empty database, to be prepared and then copied by its name."""

    def fresh(self, name: str, *, of: str = PEOPLED) -> str:
        """The URL of a copy of a prepared database."""

    def copy(self, name: str, to: str) -> str:
        """The URL of a copy of a copy as it is now; nobody may be connected to it."""

    def drop(self, name: str) -> None:
        """Remove a copy."""

    def close(self) -> None:
        """Stop what was started."""


class SQLiteFiles:
    """Copies of one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def empty(self, name: str) -> str:
        self.drop(name)
        return f"sqlite:///{self.folder / name}.sqlite3"

    def fresh(self, name: str, *, of: str = PEOPLED) -> str:
        target = self.folder / f"{name}.sqlite3"
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.folder / f"{of}.sqlite3", target)
        return f"sqlite:///{target}"

    def copy(self, name: str, to: str) -> str:
        target = self.folder / f"{to}.sqlite3"
        with closing(sqlite3.connect(self.folder / f"{name}.sqlite3")) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)  # what is still in the write-ahead log comes along
        return f"sqlite:///{target}"

    def drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            (self.folder / f"{name}.sqlite3{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        return


class PostgreSQLCluster:
    """A cluster on a free loopback port, or the one that TEST_POSTGRESQL names (host:port, trusted superuser postgres)."""

    def __init__(self, folder: Path) -> None:
        self.run = f"{os.getpid()}"
        self.home: Path | None = None
        place = os.environ.get("TEST_POSTGRESQL")
        self.place = place or self._start()
        self.made: set[str] = set()
        self.role = "frontdesk_tests"
        with self._admin() as admin:
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (self.role,)).fetchone():
                admin.execute(f"CREATE ROLE {self.role} LOGIN NOSUPERUSER NOBYPASSRLS")

    def empty(self, name: str) -> str:
        return self._create(name, "")

    def fresh(self, name: str, *, of: str = PEOPLED) -> str:
        return self._create(name, f"TEMPLATE fd_{self.run}_{of} STRATEGY FILE_COPY")

    def _create(self, name: str, how: str) -> str:
        self.drop(name)
        self.made.add(name)
        with self._admin() as admin:
            admin.execute(f"CREATE DATABASE fd_{self.run}_{name} OWNER {self.role} {how}")
        return self._url(f"fd_{self.run}_{name}")

    def copy(self, name: str, to: str) -> str:
        made = f"fd_{self.run}_{to}"
        with self._admin() as admin:
            admin.execute(f"CREATE DATABASE {made} TEMPLATE fd_{self.run}_{name} OWNER {self.role} STRATEGY FILE_COPY")
        return self._url(made)

    def drop(self, name: str) -> None:
        with self._admin() as admin:
            admin.execute(f"DROP DATABASE IF EXISTS fd_{self.run}_{name} WITH (FORCE)")

    def close(self) -> None:
        for name in self.made:
            self.drop(name)
        if self.home is not None:
            self._control("stop", "-m", "immediate")
            shutil.rmtree(self.home, ignore_errors=True)

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://{self.role}@{self.place}/{name}"

    def _admin(self) -> "psycopg.Connection[tuple[object, ...]]":
        host, port = self.place.split(":")
        return psycopg.connect(host=host, port=int(port), user="postgres", dbname="postgres", autocommit=True)

    def _start(self) -> str:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        found = shutil.which("initdb") or (str(programs[-1]) if programs else None)
        if found is None:
            raise Unavailable("PostgreSQL's server programs are not installed")
        self.programs = Path(found).parent
        self.home = Path(tempfile.mkdtemp(prefix="frontdesk-pg-", dir=memory()))
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres")
        port = free_port()
        self._as_owner("initdb", "-D", str(self.home / "data"), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -k {self.home} -c fsync=off -c full_page_writes=off -c max_connections=200"
        self._control("start", "-o", options, "-l", str(self.home / "log"), "-w")
        return f"127.0.0.1:{port}"

    def _control(self, *arguments: str) -> None:
        self._as_owner("pg_ctl", "-D", str(self.home / "data"), *arguments)  # type: ignore[operator]

    def _as_owner(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        owner = {"user": "postgres"} if os.geteuid() == 0 else {}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **owner)  # type: ignore[call-overload]


def memory() -> str | None:
    """A folder in memory where there is room for a cluster: a copy of a database is 600 files, made 15 times as fast there."""
    shared = "/dev/shm"
    roomy = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2 << 30
    return shared if roomy else None


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
