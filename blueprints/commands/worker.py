"""`frontdesk worker`: what time does, workspace by workspace. `demo` runs one too.

Bookings are completed, holds and answers kept for repeats run out, timetables open their next classes, unused
registrations and dead signing keys go. Several workers may run: each act is a transaction that looks again.
"""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple

import click
from sqlalchemy import select

from blueprints.commands import schema
from blueprints.commands.application import application, operator_settings
from models.accounts import throttle
from models.accounts.workspace import Workspace
from models.activity import audit_event, confirmation, idempotency, undo
from models.base import db, enter, wal, writing
from models.base.planner import inform_planner
from models.bookings.sweep import sweep
from models.bookings.timetable import ClassSchedule
from models.customers import note
from models.insights import segment
from models.oauth import sweep as forgetting
from models.oauth.signing_key import SigningKey
from models.settings import Settings

log = logging.getLogger(__name__)
EVERY = 60.0
PLANNER_EVERY = 60
"""Rounds between two looks of SQLite's planner at the rows."""


@click.command()
@click.option("--once", is_flag=True, help="One round, then stop.")
def worker(once: bool) -> None:
    """Do what time does: once a minute, until a signal ends it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    rounds = -1
    with application(operator_settings(needs_secret=True)).app_context():
        schema.require_current()
        if once:
            click.echo(f"{work()} bookings changed.")
        while not once and not stop.is_set():
            work()
            _inform(rounds := rounds + 1)
            stop.wait(EVERY)


def beside(chosen: Settings, listener: socket.socket) -> int:
    """Fork a worker, without the caller's listener, that ends with the caller; returns its process id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    listener.close()
    stop, rounds = threading.Event(), -1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with application(chosen).app_context():
        while not stop.is_set() and os.getppid() == parent:
            work()
            _inform(rounds := rounds + 1)
            _wait(stop, parent)
    os._exit(0)


def work() -> int:
    """One round over every workspace; returns how many bookings changed. What fails in one workspace stops no other."""
    changed = 0
    for number in _live_workspaces():
        with _guarded(f"workspace {number}"):
            changed += _tend(number)
        db.session.remove()
    for purge in (forgetting.purge, SigningKey.forget_dead, throttle.sweep, audit_event.sweep):
        with _guarded(f"{purge.__module__}.{purge.__qualname__}"), writing():
            purge()
    with _guarded("the log of the database"):
        wal.empty()
    db.session.remove()
    return changed


@contextmanager
def _guarded(step: str) -> Iterator[None]:
    """A step that fails is logged, and the round goes on with the next."""
    try:
        yield
    except Exception:
        log.exception("the worker could not finish a step of its round: %s", step)


def _live_workspaces() -> list[int]:
    alive = Workspace.deleted_at.is_(None), Workspace.suspended_at.is_(None)
    numbers = list(db.session.scalars(select(Workspace.id).where(*alive).order_by(Workspace.id)))
    db.session.remove()
    return numbers


def _tend(number: int) -> int:
    """Do what is due in one workspace; returns how many bookings changed."""
    enter(number)
    workspace = db.session.get_one(Workspace, number)
    changed = 0
    with _guarded(f"bookings of workspace {number}"):
        changed = sum(astuple(sweep(workspace)))
    for purge in (confirmation.sweep, idempotency.sweep, undo.sweep, note.sweep):
        with _guarded(f"{purge.__module__} of workspace {number}"), writing():
            purge(workspace)
    with _guarded(f"segments of workspace {number}"):
        segment.recount(workspace)
    for entry_id in [entry.id for entry in ClassSchedule.running(workspace)]:
        with _guarded(f"timetable entry {entry_id} of workspace {number}"), writing():
            ClassSchedule.find(workspace, entry_id).open_sessions(workspace)
    return changed


def _inform(rounds: int) -> None:
    """Now and then; PostgreSQL looks by itself."""
    if rounds % PLANNER_EVERY == 0 and db.engine.dialect.name == "sqlite":
        inform_planner()
        db.session.remove()


def _wait(stop: threading.Event, parent: int) -> None:
    """Wait for the next round, but no longer than the parent lives."""
    for _ in range(int(EVERY)):
        if stop.wait(1.0) or os.getppid() != parent:
            return
