"""A database that the demo has seeded, read without the application: plain SQL, and dumps of whole tables."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, select, text

from app import load_tables
from models.base import Base
from models.base.columns import Instant
from tests.commands.program import frontdesk

PASSWORD = "the password of the demo"
load_tables()
SLUGS = ("lotus-spa", "peak-fitness", "harbour-tutoring")


class Seeded:
    """One seeded database."""

    def __init__(self, url: str, as_of: date) -> None:
        self.as_of = as_of
        self.engine = create_engine(url)
        self.workspaces = {row.slug: row.id for row in self.query("SELECT slug, id FROM workspace ORDER BY slug")}

    @classmethod
    def made(cls, url: str, as_of: date, data: Path, size: str = "salon") -> "Seeded":
        """Seed an empty database, as an operator would."""
        done = frontdesk(
            data, "demo", "--no-serve", "--as-of", as_of.isoformat(), "--size", size,
            database_url=url, demo_password=PASSWORD,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return cls(url, as_of)

    def query(self, sql: str, slug: str | None = None, **values: Any) -> list[Any]:
        """Rows of a statement; `:here` is the id of the workspace named, instants go in as datetimes."""
        with self.engine.connect() as connection:
            if slug is not None:
                values["here"] = self.workspaces[slug]
                self._enter(connection, values["here"])
            ready = {name: self._spelt(value, connection) for name, value in values.items()}
            return list(connection.execute(text(sql), ready))

    def lotus(self, sql: str, **values: Any) -> list[Any]:
        """Rows of a statement over Lotus Spa."""
        return self.query(sql, "lotus-spa", **values)

    def dump(self) -> Iterator[tuple[str, list[Any]]]:
        """Every row of every table in the order of its key, as values that both databases share; hashes are left out."""
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.c if not column.name.endswith("_hash")]
            rows = select(*columns).order_by(*table.primary_key.columns).execution_options(across_workspaces=True)
            for number in self.workspaces.values() if "workspace_id" in table.c else [None]:
                here = rows if number is None else rows.where(table.c.workspace_id == number)
                with self.engine.connect() as connection:
                    if number is not None:
                        self._enter(connection, number)
                    yield f"{table.name} {number}", [tuple(row) for row in connection.execute(here)]

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()

    @staticmethod
    def _spelt(value: Any, connection: Connection) -> Any:
        return Instant().process_bind_param(value, connection.dialect) if isinstance(value, datetime) else value

    @staticmethod
    def _enter(connection: Connection, number: int) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.workspace_id', :number, true)"), {"number": str(number)})
