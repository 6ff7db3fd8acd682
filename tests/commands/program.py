"""The `frontdesk` program as an operator runs it: a process of its own, with an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALL = "from blueprints.commands import main; main()"


def environment(data: Path, **settings: str) -> dict[str, str]:
    """This environment without the settings of ours that it may hold, and with those given (`database_url="…"`)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    given = {f"FRONTDESK_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), "FRONTDESK_DATA_DIR": str(data), **given}


def frontdesk(data: Path, *arguments: str, stdin: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-c", CALL, *arguments], env=environment(data, **settings), cwd=data.parent,
        input=stdin, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def start(data: Path, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Start a command that goes on, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", CALL, *arguments], env=environment(data, **settings), cwd=data.parent,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
