"""`frontdesk serve`: the production server, gunicorn with threaded workers.

Nothing is preloaded: each worker builds its own application, so no database connection or id counter crosses a fork.
"""

import os
import socket
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from blueprints.commands import edge
from blueprints.commands.application import application, serving_settings
from blueprints.commands.schema import require_current
from models.settings import Settings

THREADS = 8


def gunicorn_options(bind: str, workers: int, threads: int = THREADS) -> dict[str, Any]:
    """How gunicorn serves Frontdesk."""
    return {**edge.SETTINGS, "bind": bind, "workers": workers, "threads": threads}


class Server(BaseApplication):
    """gunicorn over the application of the settings given; blocks until it is told to stop."""

    def __init__(self, chosen: Settings, options: dict[str, Any]) -> None:
        self.chosen = chosen
        self.options = options
        super().__init__()  # type: ignore[no-untyped-call]

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)  # type: ignore[union-attr]

    def load(self) -> Flask:
        """Called in each worker, after the fork."""
        return application(self.chosen)


def bound(host: str, port: int) -> socket.socket:
    """Take the port before anything else is done; OSError when it is taken. Port 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(512)
    except OSError:
        taken.close()
        raise
    return taken


def run(chosen: Settings, listener: socket.socket, workers: int, threads: int = THREADS) -> None:
    """Serve on a listening socket until a signal ends it."""
    listener.set_inheritable(True)
    Server(chosen, gunicorn_options(f"fd://{listener.detach()}", workers, threads)).run()  # type: ignore[no-untyped-call]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on, behind your reverse proxy.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=min(4, os.cpu_count() or 1), show_default="one a core, at most 4", type=click.IntRange(1, 64))
@click.option("--threads", default=THREADS, show_default=True, type=click.IntRange(1, 64), help="Threads a worker.")
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve in production. Needs FRONTDESK_BASE_URL, FRONTDESK_SECRET_KEY and a current database."""
    chosen = serving_settings()
    with application(chosen).app_context():
        require_current()
    try:
        listener = bound(host, port)
    except OSError as error:
        raise click.ClickException(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    click.echo(f"Frontdesk serves {chosen.base_url} from {host}:{listener.getsockname()[1]}. Stop with Ctrl-C.")
    run(chosen, listener, workers, threads)
