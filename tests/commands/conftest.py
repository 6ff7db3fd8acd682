"""These tests look into a data directory and the SQLite file in it; what the demo writes into PostgreSQL, tests/demo reads."""

import pytest


@pytest.fixture(autouse=True)
def _sqlite_only(database: str) -> None:
    if database != "sqlite":
        pytest.skip("the data directory's own SQLite; once is enough")
