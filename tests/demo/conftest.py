"""A seeded demo for each day that the tests look at."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.demo.database import Seeded

DAYS = (date(2026, 11, 21), date(2027, 2, 9), date(2028, 3, 1))
"""An ordinary day, one just after the shops were shut for the lunar new year, and one that looks back on a leap day."""


@pytest.fixture(scope="session")
def seed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Seeded]]:
    """Seed an empty database for a day: `seed(day)`; once a run for each name."""
    made: dict[str, Seeded] = {}

    def of(day: date, name: str = "demo", url: str | None = None) -> Seeded:
        key = f"{name}_{day:%Y%m%d}"
        if key not in made:
            folder: Path = tmp_path_factory.mktemp(key)
            made[key] = Seeded.made(url or databases.empty(key), day, folder / "var")
        return made[key]

    yield of
    for seeded in made.values():
        seeded.close()


@pytest.fixture(scope="session", params=DAYS, ids=str)
def demo(request: pytest.FixtureRequest, seed: Callable[..., Seeded]) -> Seeded:
    """The demo of each of the days."""
    return seed(request.param)
