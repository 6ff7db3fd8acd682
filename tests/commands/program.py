"""The `frontdesk` program as an operator runs it: a process of its own, with an environment of its own."""

import subprocess
import sys
import tempfile
from pathlib import Path

from blueprints.commands import main
from tests import forks
from tests.forks import Forked

CALL = "from blueprints.commands import main; main()"


def environment(data: Path, **settings: str) -> dict[str, str]:
    """That of a command over a data directory, with these settings."""
    return forks.environment(data_dir=str(data), **settings)


def frontdesk(data: Path, *arguments: str, stdin: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-command-") as folder:
        given, out, err = (Path(folder) / name for name in ("stdin", "stdout", "stderr"))
        given.write_text(stdin or "")
        forked = Forked(call, list(arguments), environment(data, **settings), data.parent, out, err, stdin=given).start()
        code = forked.wait(timeout=120)
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


def call(arguments: list[str]) -> None:
    """The `frontdesk` command."""
    main(arguments, prog_name="frontdesk")


def start(data: Path, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Start a command that goes on, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", CALL, *arguments], env=environment(data, **settings), cwd=data.parent,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
