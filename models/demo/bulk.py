"""Writing many rows: collected by table, written a batch a transaction, parents before children.

SQLAlchemy builds the parameters of each row anew, which took half of the time; so a table's processors are taken once,
run down its columns, and the driver is handed finished tuples.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Dialect, Table, bindparam, text

from models.base import Base, db, enter, writing

BATCH: Final = 100_000
Row = Mapping[str, Any]


class Bulk:
    """A buffer over the tables of one workspace. Memory is bounded by the batch; a batch is one transaction."""

    def __init__(self, workspace_id: int) -> None:
        self.workspace_id = workspace_id
        self._order = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
        self._rows: dict[str, list[Row]] = {}
        self._waiting = 0

    def add(self, table: str, **values: Any) -> None:
        """One row; `workspace_id` is filled in. Rows of a table must all name the same columns."""
        values["workspace_id"] = self.workspace_id
        rows = self._rows.get(table)
        if rows is None:
            rows = self._rows[table] = []
        rows.append(values)
        self._waiting += 1

    def flush_if_full(self) -> None:
        """Write when a batch has come together; call it between rows that belong together."""
        if self._waiting >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting, in the order of the foreign keys."""
        if not self._waiting:
            return
        enter(self.workspace_id)
        with writing(relaxed=True), _triggers_aside(self._rows):
            for name in sorted(self._rows, key=self._order.__getitem__):
                _insert(table_named(name), self._rows[name])
        self._rows.clear()
        self._waiting = 0


@contextmanager
def _triggers_aside(tables: Iterable[str]) -> Iterator[None]:
    """SQLite keeps a copy of every page that a statement with a trigger changes, which took a third of the time. So within
    a batch's transaction they are gone; what they would refuse, the seed never makes, and a test lets them look at it.
    """
    connection = db.session.connection()
    triggers: Sequence[Any] = []
    if connection.dialect.name == "sqlite":
        triggers = connection.execute(_TRIGGERS, {"tables": list(tables)}).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


_TRIGGERS: Final = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN :tables").bindparams(
    bindparam("tables", expanding=True)
)


def _insert(table: Table, rows: Sequence[Row]) -> None:
    connection = db.session.connection()
    dialect = connection.dialect
    names = list(rows[0])
    ready = [_processed(table, name, [row[name] for row in rows], dialect) for name in names]
    mark = "?" if dialect.name == "sqlite" else "%s"
    places = ", ".join([mark] * len(names))
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"
    connection.exec_driver_sql(statement, list(zip(*ready, strict=True)))


def _processed(table: Table, name: str, values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """The values of one column as the driver takes them."""
    kind = table.c[name].type
    process: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return values if process is None else list(map(process, values))


def make_room() -> None:
    """SQLite: keep the upper pages of the indexes in memory, and fold the log into the file less often, while much is written."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-262144")
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint=100000")


def table_named(name: str) -> Table:
    """A mapped table by its name."""
    return Base.metadata.tables[name]


def in_batches(rows: Iterable[Row], size: int = BATCH) -> Iterable[list[Row]]:
    """Cut a stream of rows into lists."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
