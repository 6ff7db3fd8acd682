"""A filter tried out before it is saved: how many it means now, and the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from models import clock
from models.customers.filter import Asking, Node, conditions_of
from models.customers.here import Here
from models.customers.listing import CustomerRow, count_of, page_of

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """Whom a filter means now: the count, and the first few by last visit."""

    count: int
    first: Sequence[CustomerRow]


def trial(here: Here, node: Node) -> Trial:
    """Ask a filter. Raises Invalid for a field, tag or value that is not there."""
    conditions = conditions_of(node, Asking(here, clock.now()))
    return Trial(count_of(here, *conditions), page_of(here, *conditions, limit=SHOWN).items)
