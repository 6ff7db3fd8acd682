"""Processes of the tests that start at once: forked from a clean one that has imported the application and nothing else done.

A server or a command of ours spends seconds on imports and a moment on the rest. No connection, thread or application
crosses the fork. That the programs start by themselves too, tests/commands shows with processes of their own.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import chdir, suppress
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CONTEXT: Final = multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Start the clean process, from the root of the tree and before any test has changed anything about this one."""
    CONTEXT.set_forkserver_preload(["tests.preloaded"])
    with chdir(ROOT):
        forkserver.ensure_running()


def environment(**settings: str) -> dict[str, str]:
    """This environment without the settings of ours that it may hold, and with those given (`database_url="…"`)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    given = {f"FRONTDESK_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), **given}


@dataclass
class Forked:
    """A program in a session of its own, with an environment and streams of its own; started by `start()`."""

    program: Callable[[list[str]], None]
    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    stdout: Path
    stderr: Path
    stdin: Path = Path(os.devnull)
    process: BaseProcess = field(init=False)

    def start(self) -> "Forked":
        self.process = CONTEXT.Process(target=self._run, daemon=True)
        self.process.start()
        return self

    def _run(self) -> None:
        os.setsid()
        os.environ.clear()
        os.environ.update(self.environment)
        os.chdir(self.folder)
        appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(self.stdin, os.O_RDONLY), 0)
        os.dup2(os.open(self.stdout, appending), 1)
        os.dup2(os.open(self.stderr, appending), 2)
        sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
        self.program(self.arguments)

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """What it ended with; None while it runs."""
        return self.process.exitcode

    def wait(self, timeout: float) -> int:
        """What it ended with. Raises TimeoutError, and ends it, after so many seconds."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            with suppress(ProcessLookupError):  # it ended just now
                os.killpg(self.pid, signal.SIGKILL)
            self.process.join(10)
            raise TimeoutError(f"{self.arguments} did not end within {timeout} s: {self.stderr.read_text()[-2000:]}")
        return self.process.exitcode
