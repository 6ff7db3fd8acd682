"""The bearer check in microseconds a call, beside a bare loop of the statements that the check of a JWT sends.

    pytest tests/benchmarks/bench_bearer.py -s [--database postgresql]

A JWT seen before; a JWT in a process that has just started, which reads and decrypts its key too; an opaque token; an API key.
In one process and one thread, each check in a transaction of its own; rounds in turn, the figure is the median.
"""

import statistics
import time
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from models.base import db
from models.base.database import engine_options
from models.oauth import access_token, signature
from tests.benchmarks.replay import Recording
from tests.cast import Cast
from tests.oauth.flow import App, connect
from tests.oauth.made import created, key

ROUNDS, CALLS = 7, 400


def test_a_bearer_check_in_microseconds(app: Flask, cast: Cast, alice: FlaskClient, database: str, database_url: str) -> None:
    claude = App(app.test_client())
    claude.register()
    jwt = connect(claude, alice)["access_token"]
    opaque = created(app, cast.lotus, cast.alice, token_format="opaque").token({"grant_type": "client_credentials"})
    asked = {"JWT": jwt, "JWT, new process": jwt, "opaque token": opaque.json["access_token"]}
    asked["API key"] = key(app, cast.lotus, cast.alice)
    took: dict[str, list[float]] = {name: [] for name in (*asked, "bare SQL")}
    with app.app_context():
        for token in asked.values():
            check(token)
        with Recording().of(db.engine) as recording:
            for _ in range(CALLS):
                check(jwt)
        bare = create_engine(database_url, **engine_options(database_url))
        for _ in range(ROUNDS):
            for name, token in asked.items():
                took[name].append(microseconds(token, before=signature.forget if "new" in name else None))
            took["bare SQL"].append(recording.replay(bare) / CALLS * 1e6)
        bare.dispose()
    figures = {name: statistics.median(each) for name, each in took.items()}

    print()
    for name, figure in figures.items():
        print(f"{database:10} {name:15} {figure:7.0f} µs a check   {figure / figures['bare SQL']:5.2f} times the bare statements")


def check(token: str) -> None:
    """As the doors do at every call."""
    assert access_token.stands(token, address="127.0.0.1", request_id=None) is not None
    db.session.rollback()


def microseconds(token: str, before: Callable[[], None] | None) -> float:
    """One check's time, the mean of some; `before` each, not counted."""
    spent = 0.0
    for _ in range(CALLS):
        if before is not None:
            before()
        started = time.perf_counter()
        check(token)
        spent += time.perf_counter() - started
    return spent / CALLS * 1e6
