"""Many at once: processes of their own, several threads in each, let go together, round after round."""

import queue
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Thread
from typing import Any

from app import create_app
from models import clock
from models.base import db, enter, writing
from models.errors import DomainError
from models.settings import Settings
from tests.bookings import race_jobs
from tests.bookings.salon import hk
from tests.forks import CONTEXT
from tests.servers import SECRET

PROCESSES = 5
Contender = tuple[str, dict[str, Any]]
"""The name of a job in `race_jobs`, or `module:job` of another one, and what it is called with."""


def race(database_url: str, folder: Path, now: str, rounds: Sequence[Sequence[Contender]]) -> list[Counter[str]]:
    """How often each outcome came, round by round: what the job answered, an error's code, or a fault."""
    gate = CONTEXT.Barrier(PROCESSES)
    outcomes = CONTEXT.Queue()
    runners = [
        CONTEXT.Process(
            target=_run,
            args=(database_url, str(folder), now, [contenders[number::PROCESSES] for contenders in rounds], gate, outcomes),
        )
        for number in range(PROCESSES)
    ]
    for runner in runners:
        runner.start()
    counted: list[Counter[str]] = [Counter() for _ in rounds]
    for _ in runners:
        for number, found in enumerate(_next(outcomes, runners)):
            counted[number].update(found)
    for runner in runners:
        runner.join(timeout=20)
    return counted


def _next(outcomes: Any, runners: Sequence[Any]) -> list[list[str]]:
    """What the next process found; ends at once when one of them has died."""
    while True:
        try:
            found: list[list[str]] = outcomes.get(timeout=1)
        except queue.Empty:
            died = [runner.exitcode for runner in runners if runner.exitcode]
            if died:
                raise RuntimeError(f"A contender's process ended with {died[0]}.") from None
        else:
            return found


def _run(database_url: str, folder: str, now: str, rounds: list[list[Contender]], gate: Barrier, outcomes: Any) -> None:
    app = create_app(
        Settings(base_url="http://localhost", secret_key=SECRET, database_url=database_url, data_dir=Path(folder))  # type: ignore[arg-type]
    )
    found: list[list[str]] = [[] for _ in rounds]
    with clock.stopped(hk(now)):
        for number, contenders in enumerate(rounds):
            threads = [Thread(target=_attempt, args=(app, contender, found[number])) for contender in contenders]
            gate.wait(timeout=120)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    outcomes.put(found)


def _attempt(app: Any, contender: Contender, found: list[str]) -> None:
    place, arguments = contender
    module, _, name = place.rpartition(":")
    jobs: Any = import_module(module) if module else race_jobs
    job = getattr(jobs, name)
    with app.app_context():
        enter(arguments["workspace_id"])
        try:
            if name in jobs.OWN_TRANSACTION:
                found.append(job(**arguments))
            else:
                with writing():
                    outcome = job(**arguments)
                found.append(outcome)
        except DomainError as refused:
            found.append(refused.code)
        except Exception as fault:  # noqa: BLE001 - a fault is an outcome too, and the test names it
            found.append(f"{type(fault).__name__}: {str(fault)[:200]}")
        finally:
            db.session.remove()
