"""Node, where it is: other people's MCP and OAuth programs, installed once and talked to.

A machine without them skips these tests aloud. `NODE=required` installs what `package-lock.json` pins (`npm ci`) and makes
a missing npm a failure. The programs run on the Node 22 that the npm package `node` brings, whatever the machine has.
"""

import fcntl
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import pytest

HOME = Path(__file__).resolve().parent
MODULES = HOME / "node_modules"
NODE = MODULES / "node" / "bin" / "node"


@cache
def missing() -> str | None:
    """Why the programs cannot run, or None; the first question installs them where that is asked for."""
    required = os.environ.get("NODE") == "required"
    with (HOME / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs must not install over each other
        absent = _absent()
        if absent and required:
            if shutil.which("npm") is None:
                return "npm is not installed"
            install = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(install, cwd=HOME, check=True, stdout=subprocess.DEVNULL)
            absent = _absent()
    if not absent:
        return None
    return f"{', '.join(absent)} not in tests/clients/node_modules (NODE=required installs)"


def _absent() -> list[str]:
    """Pinned packages that are not there in their pinned version."""
    pinned: dict[str, str] = json.loads((HOME / "package.json").read_text())["dependencies"]
    absent = []
    for name, version in pinned.items():
        manifest = MODULES / name / "package.json"
        if not manifest.exists() or json.loads(manifest.read_text())["version"] != version:
            absent.append(f"{name}@{version}")
    if not absent and not NODE.exists():
        absent.append("the binary of node")
    return absent


def need_node() -> None:
    """Skip the calling test where the programs are missing; fail it where they were required."""
    why = missing()
    if why is None:
        return
    if os.environ.get("NODE") == "required":
        pytest.fail(f"NODE=required, but {why}")
    pytest.skip(why)


def command(program: str, *arguments: str) -> list[str]:
    """The command line of a script here, or of an installed package's program (`.bin/…`)."""
    need_node()
    path = MODULES / program if program.startswith(".bin/") else HOME / program
    return [str(NODE), str(path), *arguments]


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which programs keep their files in `home` and find Node 22 first."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    return {**kept, "PATH": f"{NODE.parent}:{kept.get('PATH', '')}", "HOME": str(home), "NO_COLOR": "1", **more}


def run(arguments: list[str], variables: dict[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(arguments, env=variables, cwd=HOME, capture_output=True, text=True, timeout=timeout, check=False)


class Program:
    """A running program; by default one that speaks JSON, one object a line each way."""

    def __init__(self, program: str, *arguments: str, home: Path | None = None, **variables: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="frontdesk-node-")
        self._command = command(program, *arguments)
        self._environment = environment(home or Path(self._folder.name), **variables)
        self._printed: queue.Queue[str | None] = queue.Queue()
        self.complaints: list[str] = []
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self._environment, cwd=HOME
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self._printed.put), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stderr, self._complain), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _read(self, stream: IO[str], keep: Callable[[str | None], None]) -> None:
        for line in stream:
            keep(line)
            self.notice(line)
        keep(None)

    def _complain(self, line: str | None) -> None:
        if line is not None:
            self.complaints.append(line.rstrip())

    def notice(self, line: str) -> None:
        """A line was printed, on either stream."""

    def tell(self, **order: Any) -> None:
        """Send one object."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def hear(self, *names: str, timeout: float = 30) -> dict[str, Any]:
        """The next object, which has all these members."""
        try:
            line = self._printed.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(self.story(f"said nothing for {timeout} s")) from None
        if line is None:
            self._readers[1].join(timeout=5)
            raise AssertionError(self.story(f"ended with {self._process.wait(timeout=5)}"))
        said: dict[str, Any] = json.loads(line)
        assert all(name in said for name in names), self.story(f"was to say {names}, and said {line}")
        return said

    def ask(self, *names: str, **order: Any) -> dict[str, Any]:
        """Send one object and hear the next."""
        self.tell(**order)
        return self.hear(*names)

    def output(self, timeout: float = 60) -> str:
        """All it prints until it ends well."""
        lines: list[str] = []
        try:
            while (line := self._printed.get(timeout=timeout)) is not None:
                lines.append(line)
        except queue.Empty:
            raise AssertionError(self.story(f"said nothing for {timeout} s")) from None
        ended = self._process.wait(timeout=5)
        self._readers[1].join(timeout=5)
        assert ended == 0, self.story(f"ended with {ended}\n{''.join(lines)}")
        return "".join(lines)

    def story(self, what: str) -> str:
        """What happened, and what the program said of it."""
        return f"{Path(self._command[1]).name} {what}\n" + "\n".join(self.complaints[-40:])
