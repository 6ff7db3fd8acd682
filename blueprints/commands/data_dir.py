"""What the demo keeps in the data directory: its secret, and the mark of what it made, which is all that `--fresh` deletes."""

import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from models.settings import SettingsError

SECRET = "secret_key"
MARK = "demo.json"
LOCK = ".demo.lock"


@dataclass(frozen=True, slots=True)
class DemoMark:
    """What the demo made: in which database, for which day and size, with which password, and whether it got to the end."""

    database: str
    base_url: str
    as_of: str
    size: str
    password: str
    finished: bool


class DataDir:
    """The data directory of FRONTDESK_DATA_DIR."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the directory where it is missing. Raises SettingsError."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"FRONTDESK_DATA_DIR cannot be made: {error.strerror}.") from None

    @property
    def secret(self) -> str | None:
        """The demo's secret, or None where it has not run."""
        file = self.path / SECRET
        return file.read_text().strip() if file.is_file() else None

    def make_secret(self) -> str:
        """The demo's secret, made at its first start; readable by its owner only."""
        if self.secret is None:
            self._write(SECRET, secrets.token_urlsafe(48))
        return self.secret or ""

    @property
    def mark(self) -> DemoMark | None:
        """What the demo made here, or None."""
        try:
            return DemoMark(**json.loads((self.path / MARK).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None  # an unreadable mark vouches for nothing, so nothing will be deleted by it

    def keep(self, mark: DemoMark) -> None:
        """Write down what the demo made."""
        self._write(MARK, json.dumps(asdict(mark), indent=1) + "\n")

    def forget(self) -> None:
        """Drop the mark and the secret, after what they stand for is gone."""
        for name in (MARK, SECRET):
            (self.path / name).unlink(missing_ok=True)

    def lock(self) -> "DemoLock":
        """Take the directory for a demo; see DemoLock."""
        self.make()
        return DemoLock(self.path / LOCK)

    def _write(self, name: str, text: str) -> None:
        """Replace a file in one step, never readable by others."""
        self.make()
        beside = self.path / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        beside.replace(self.path / name)


class DemoLock:
    """Who makes or deletes the data is alone with it; who serves it shares it. Ends with the process that holds it."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.alone = True
        except BlockingIOError:
            fcntl.flock(self._file, fcntl.LOCK_SH)  # waits while another demo is making the data
            self.alone = False

    def share(self) -> None:
        """The data is there: let others serve it too."""
        fcntl.flock(self._file, fcntl.LOCK_SH)
