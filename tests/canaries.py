"""After every test: no secret stands in what was logged, in the answers that refuse something, or in the database's file.

Secrets are known by their shape (models/opaque.py, a signed JWT) and the people's password by itself, so those that real
servers make are looked for too. The file is read whole, free pages and write-ahead log included; on PostgreSQL
tests/oauth/test_canaries.py asks table by table.
"""

import logging
import re
from pathlib import Path

from flask import Flask, Response

from tests.cast import PASSWORD
from tests.databases import Databases, SQLiteFiles

_OPAQUE = re.compile(rb"crm(?:ac|ak|ar|at|cs|rg|rt|si|ut)_(?:[0-9a-z]{13}_)?[A-Za-z0-9_-]{43}")
_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{64,}")
_PASSWORD = re.compile(re.escape(PASSWORD.encode()))
_HASH = re.compile(rb"[0-9a-f]+")
"""In a file a key's first letters, which may be kept, stand right beside its hash."""
_LEADS_BACK = (b"crmar_", b"crmut_")
"""What a refused form may carry in its own address: the request it answers, the link it was opened by."""


def secrets_in(text: bytes) -> list[bytes]:
    """Every secret in a text, as far as its first letters tell which it is."""
    found = (each[0] for shape in (_OPAQUE, _JWT, _PASSWORD) for each in shape.finditer(text))
    return [each[:20] for each in found if not _HASH.fullmatch(each[-36:])]


class Watch(logging.Handler):
    """Keeps what one test logs and what its app refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.logged: list[str] = []
        self.refused: list[bytes] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.logged.append(self.format(record))

    def look_at(self, response: Response) -> Response:
        """Keep the answer if it refuses; the last of the app's `after_request`."""
        if response.status_code >= 400 and not response.direct_passthrough:
            self.refused.append(response.get_data())
        return response

    def follow(self, app: Flask) -> None:
        """See every answer of an app that has not answered anything yet."""
        app.after_request_funcs.setdefault(None, []).insert(0, self.look_at)

    def leaks(self, databases: Databases | None, server_logs: list[Path]) -> dict[str, list[bytes]]:
        """Where secrets stand, and how they begin; and forget what was seen."""
        said = "\n".join(self.logged).encode("utf-8", "replace")
        refusals = [each for each in secrets_in(b"\n".join(self.refused)) if not each.startswith(_LEADS_BACK)]
        places = {"log": secrets_in(said), "refusals": refusals}
        for log in server_logs:
            places[str(log)] = secrets_in(log.read_bytes()) if log.exists() else []
        for file in files_of(databases):
            places[file.name] = secrets_in(file.read_bytes())
        self.logged.clear()
        self.refused.clear()
        server_logs.clear()
        return {place: found for place, found in places.items() if found}


def files_of(databases: Databases | None) -> list[Path]:
    """The files that a test may have written to."""
    if not isinstance(databases, SQLiteFiles):
        return []
    names = (f"{name}.sqlite3{suffix}" for name in ("app", "demo") for suffix in ("", "-wal"))
    return [databases.folder / name for name in names if (databases.folder / name).exists()]
