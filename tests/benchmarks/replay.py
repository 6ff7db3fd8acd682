"""Record what SQL some work sends, then send it again from a bare loop: no framework, no ORM, no HTTP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Recording:
    """Statements with their parameters, commits and rollbacks, in their order."""

    steps: list[tuple[str, Any, Any]] = field(default_factory=list)

    @contextmanager
    def of(self, engine: Engine) -> Iterator["Recording"]:
        """Record all that the engine sends."""

        def execute(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
            self.steps.append(("many" if many else "execute", statement, (parameters, cursor.rowcount)))

        def commit(connection: Any) -> None:
            self.steps.append(("commit", None, None))

        def rollback(connection: Any) -> None:
            self.steps.append(("rollback", None, None))

        heard = {"after_cursor_execute": execute, "commit": commit, "rollback": rollback}
        for name, listener in heard.items():
            event.listen(engine, name, listener)
        try:
            yield self
        finally:
            for name, listener in heard.items():
                event.remove(engine, name, listener)

    def statements(self) -> list[str]:
        """The statements alone."""
        return [statement for kind, statement, _ in self.steps if kind in ("execute", "many")]

    def replay(self, engine: Engine) -> float:
        """Seconds it takes on one plain driver connection, opened as the app opens its own. Every write must hit as many
        rows as when it was recorded."""
        pooled = engine.raw_connection()
        connection: Any = pooled.driver_connection
        cursor = connection.cursor()
        started = time.perf_counter()
        for kind, statement, detail in self.steps:
            if kind == "commit":
                connection.commit()
            elif kind == "rollback":
                connection.rollback()
            elif kind == "many":
                cursor.executemany(statement, detail[0])
            else:
                cursor.execute(statement, detail[0])
                if cursor.description is not None:
                    cursor.fetchall()
                else:
                    assert cursor.rowcount == detail[1], statement
        took = time.perf_counter() - started
        pooled.close()
        return took
