"""One size of the desk in one process: fill the database if it is empty, ask the tools, print the times as JSON.

    python -m tests.benchmarks.desk_questions SIZE AS_OF ROUNDS        (see bench_desk.py, which starts this)
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, cast

import click
from flask_migrate import upgrade
from sqlalchemy import func, select

from app import create_app
from blueprints.commands.edge import spare_the_collector
from blueprints.mcp import tools as package
from blueprints.mcp.arguments import validated
from blueprints.mcp.call import Call
from blueprints.mcp.registry import Catalogue, tools_in
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, page, writing
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.service import Service
from models.demo import people
from models.demo.seed import seed
from models.demo.sizes import SIZES, SizeName
from models.oauth.scope import pairs_of
from models.oauth.standing import Standing, WorkspaceFacts

TEAM = 20
TEAM_SERVICE = "Twenty people of two places"


def main() -> None:
    """Fill, ask, tell."""
    size, as_of, rounds = cast("SizeName", sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3])
    app = create_app()
    with app.app_context():
        upgrade()
        rate = None if people.is_seeded() else _fill(size, as_of)
        desk = Desk(tools_in(package))
        spare_the_collector()
        times = {question: desk.timed(arguments, rounds) for question, arguments in desk.questions().items()}
        print(json.dumps({"bookings": SIZES[size].bookings, "rate": rate, "times": times}))


def _fill(size: SizeName, as_of: date) -> float:
    """Seed, with a bar; bookings a second from the first to the last one of the chain itself."""
    marks: list[float] = []
    with click.progressbar(length=SIZES[size].bookings, label=size, file=sys.stderr) as bar:

        def report(made: int) -> None:
            marks.append(time.perf_counter())
            bar.update(made)

        seed(as_of, SIZES[size], "the password of the benchmarks", report)
    return SIZES[size].bookings / (marks[-1] - marks[0])


def size_of(answer: Any) -> int:
    """How much an answer tells: the rows of a page, the free starts with who is free at each, or what its figures counted."""
    if hasattr(answer, "items"):
        return len(answer.items)
    if hasattr(answer, "slots"):
        return sum(len(slot.staff) for slot in answer.slots)
    return sum(figure.value for figure in answer.figures)


class Desk:
    """Lotus Spa through its tools, as an app with every scope sees it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        row = Workspace.named("lotus-spa")
        self.workspace = WorkspaceFacts(row.id, row.slug, row.name, row.timezone, row.plan_code, row.currency)
        standing = Standing(self.workspace, SYSTEM, "mcp.read", pairs_of(["mcp.read"]), "owner")
        self.call = Call(standing)
        enter(self.workspace.id)
        self.service = self._team()
        self.deep = self._deep_cursor()

    def questions(self) -> dict[str, Callable[[int], tuple[str, dict[str, Any]]]]:
        """What is asked, each time a little different."""
        names = ("志明", "嘉欣", "大文", "美玲", "家豪", "詠詩", "俊傑")
        return {
            "search_members: a tag and 60 days without a booking": lambda number: (
                "search_members", {"tags_all": ["vip"], "inactive_days": 60 + number % 7},
            ),
            "search_members: two Chinese characters": lambda number: ("search_members", {"query": names[number % len(names)]}),
            "get_available_slots: 20 people, 31 days": lambda number: (
                "get_available_slots", {"service_id": self.service, "from": "today", "to": "+30d"},
            ),
            "list_bookings: a page deep in the list": lambda number: ("list_bookings", {"limit": 25, "cursor": self.deep}),
            "get_dashboard_stats: 30 days": lambda number: ("get_dashboard_stats", {"period": "30d"}),
        }  # fmt: skip

    def timed(self, question: Callable[[int], tuple[str, dict[str, Any]]], rounds: int) -> dict[str, float]:
        """p50 and p95 in milliseconds, after a few rounds to warm up; and how much the answers told, on average."""
        taken: list[float] = []
        told: list[int] = []
        for number in range(rounds + 5):
            name, arguments = question(number)
            tool = self.catalogue.get(name)
            if tool is None:
                raise LookupError(name)
            begun = time.perf_counter()
            answer = tool(self.call, **validated(tool.arguments, arguments).__dict__)
            taken.append((time.perf_counter() - begun) * 1000)
            told.append(size_of(answer))
            db.session.rollback()
        cuts = statistics.quantiles(taken[5:], n=20)
        return {"p50": cuts[9], "p95": cuts[18], "told": statistics.mean(told[5:])}

    def _team(self) -> str:
        """A service that twenty people do, made at the first run; all there are where there are fewer."""
        found = db.session.scalar(Service.within(self.workspace).where(Service.name == TEAM_SERVICE))
        if found is None:
            with writing():
                found = Service.add(self.workspace, TEAM_SERVICE, 60, SYSTEM, price_minor=50_000)
                for person in sorted(Staff.active(self.workspace), key=lambda person: (person.location_id, person.id))[:TEAM]:
                    found.assign(person, SYSTEM)
        return found.shown_id

    def _deep_cursor(self) -> str:
        """The cursor of the place three quarters down the list, as the list itself would seal it."""
        here = Booking.workspace_id == self.workspace.id
        count = db.session.scalar(select(func.count()).select_from(Booking).where(here)) or 0
        newest_first = select(Booking.starts_at, Booking.id).where(here).order_by(Booking.starts_at.desc(), Booking.id.desc())
        place = db.session.execute(newest_first.offset(count * 3 // 4).limit(1)).one()
        with _asked() as asked:
            self.catalogue.get("list_bookings")(self.call, limit=1)  # type: ignore[misc]
        return page._seal_cursor(tuple(place), asked[0])


@contextmanager
def _asked() -> Iterator[list[Any]]:
    """What a list says it was asked, which its cursors are bound to."""
    seen: list[Any] = []
    real = page.Page.of.__func__  # type: ignore[attr-defined]

    def of(cls: Any, *arguments: Any, asked: Any = None, **others: Any) -> Any:
        seen.append(asked)
        return real(cls, *arguments, asked=asked, **others)

    page.Page.of = classmethod(of)  # type: ignore[method-assign,assignment]
    try:
        yield seen
    finally:
        page.Page.of = classmethod(real)  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
