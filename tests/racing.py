"""The same act from several processes at once, over one database."""

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import create_app
from models.base import db
from models.errors import DomainError
from models.settings import Settings
from tests.forks import CONTEXT
from tests.servers import SECRET

PROCESSES = 4


def race(database_url: str, act: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> Counter[str]:
    """How the acts ended, counted: the code of a refusal, or what the act answered. They start together, four at a time."""
    with CONTEXT.Manager() as manager, CONTEXT.Pool(PROCESSES, _begin, (database_url, manager.Barrier(PROCESSES))) as pool:
        return Counter(pool.starmap(_attempt, [(act, each) for each in arguments], chunksize=1))


def _begin(database_url: str, barrier: Any) -> None:
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-race-"))
    app = create_app(
        Settings(base_url="http://localhost", secret_key=SECRET, database_url=database_url, data_dir=folder)
    )
    app.app_context().push()
    barrier.wait(30)


def _attempt(act: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    try:
        return str(act(*arguments))
    except DomainError as refused:
        return refused.code
    finally:
        db.session.remove()
