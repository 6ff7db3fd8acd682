"""Real servers: gunicorn processes over the test's database, for races, browsers and MCP clients."""

import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.databases import free_port
from tests.forks import ROOT, Forked, environment

SECRET = "a secret of the tests, long enough to be one"
logs: list[Path] = []
"""Where the servers of this test wrote to."""


def gunicorn(arguments: list[str]) -> None:
    """The `gunicorn` command."""
    from gunicorn.app.wsgiapp import run

    sys.argv = ["gunicorn", *arguments]
    run()


@dataclass
class Server:
    """One gunicorn master on a loopback port."""

    database_url: str
    workers: int = 1
    threads: int = 8
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    application: str = "wsgi:app"
    process: Forked | None = None
    log: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="frontdesk-server-")) / "log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Server":
        ours = environment(database_url=self.database_url, base_url=self.url, secret_key=SECRET)
        arguments = [self.application, "--config", "python:blueprints.commands.edge", "--bind", f"127.0.0.1:{self.port}"]
        arguments += ["--workers", str(self.workers), "--threads", str(self.threads)]
        arguments += ["--keep-alive", "5", "--graceful-timeout", "3"]
        logs.append(self.log)
        self.process = Forked(gunicorn, arguments, {**ours, **self.environment}, ROOT, stdout=self.log, stderr=self.log).start()
        try:
            self._wait_until_ready()
        except RuntimeError:
            self.kill()
            raise
        return self

    @property
    def said(self) -> str:
        """What it wrote to its standard output and error so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + 40
        while time.monotonic() < until:
            if self.process is not None and self.process.returncode is not None:
                raise RuntimeError(f"gunicorn ended with {self.process.returncode}: {self.said[-2000:]}")
            try:
                urlopen(f"{self.url}/healthz", timeout=2).close()
            except HTTPError:
                return
            except (URLError, OSError):
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("gunicorn did not answer within 40 s")

    def stop(self) -> None:
        """End it gently."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """kill −9 of the master and every worker."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=20)
