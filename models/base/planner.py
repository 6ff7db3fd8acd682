"""What the query planner knows. Every key begins with the workspace, and a planner that has never looked at the rows takes
that for selective: at two million bookings a list then took 190 ms instead of 4. PostgreSQL looks by itself, a little later.
"""

from typing import Final

from models.base.database import db
from models.base.transactions import writing

SAMPLE: Final = 1000
"""Rows that SQLite reads of each index; so it takes milliseconds, however large the table."""


def inform_planner() -> None:
    """Let the planner look at the rows now; opens its own transaction."""
    with writing(relaxed=True):
        connection = db.session.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA analysis_limit={SAMPLE}")
        connection.exec_driver_sql("ANALYZE")
