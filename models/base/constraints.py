"""Rules that the database keeps, said once for both databases, and what a refusal of theirs means."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from models.base.database import db
from models.base.transactions import savepoint
from models.errors import DomainError

_UNIQUE_VIOLATION = "23505"


def one_of(column: str, values: Sequence[str], name: str) -> CheckConstraint:
    """A CHECK that a text column holds one of a few words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=name)


def partial_index(name: str, where: str, *columns: Any, unique: bool = False) -> Index:
    """An index over the rows that meet a condition, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


def insert_if_new(table: Any) -> Any:
    """An INSERT that leaves alone what is there already: `insert_if_new(Note).values(…).returning(…)`."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


@contextmanager
def refused_when_taken(refusal: DomainError) -> Iterator[None]:
    """Raise `refusal` where what the block changes is unique and somebody else has it, also since a moment ago.

    A look beforehand sees only what is committed: of two at once on PostgreSQL both would pass it. The rest of the open
    transaction stands.
    """
    try:
        with savepoint():
            yield
            db.session.flush()
    except IntegrityError as error:
        if not _is_unique(error):
            raise
        raise refusal from None


def _is_unique(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _UNIQUE_VIOLATION or str(error.orig).startswith("UNIQUE")
