"""A workspace's currency, and when it is settled: once there is an amount, all stay in the currency they are kept in.

Nouns above register what they hold: `priced(lambda workspace: …)` for rows with an amount, and `@denominated` over a class
whose rows have a `price_minor` and the `currency` of it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from babel.core import get_global
from babel.numbers import get_territory_currencies
from sqlalchemy import Select, select, update

from models.base import InWorkspace, db
from models.errors import Conflict, Invalid

CURRENCIES = tuple(sorted({code for place in get_global("territory_currencies") for code in get_territory_currencies(place)}))
"""ISO 4217 codes that some place pays with today."""

Noun = TypeVar("Noun")
Amounts = Callable[[InWorkspace], Select[Any]]
_amounts: list[Amounts] = []
_denominated: list[Any] = []


class CurrencySettled(Conflict):
    """There are amounts in the currency that would change under them."""

    def __init__(self) -> None:
        super().__init__(
            "The currency stays, since prices or other amounts are kept in it. Open another workspace for another currency.",
            field="currency",
        )


def priced(amounts: Amounts) -> Amounts:
    """Register the rows of a noun that hold an amount in the workspace's currency."""
    _amounts.append(amounts)
    return amounts


def denominated(noun: type[Noun]) -> type[Noun]:
    """Register a noun with `price_minor` and `currency`: a price settles the currency, a row that costs nothing follows it."""
    table: Any = noun
    _amounts.append(lambda workspace: table.within(workspace).where(table.price_minor > 0))
    _denominated.append(table)
    return noun


def is_settled(workspace: InWorkspace) -> bool:
    """Whether any amount is kept in the workspace's currency."""
    return any(db.session.scalar(select(amounts(workspace).exists())) for amounts in _amounts)


def restate(workspace: InWorkspace, code: str) -> None:
    """Let what costs nothing be counted in another currency. Raises CurrencySettled where something has a price.

    The rows are written before they are looked at, so that a price being set on one of them is waited for and seen.
    """
    for table in _denominated:
        db.session.execute(
            update(table).where(table.workspace_id == workspace.id, table.price_minor == 0).values(currency=code)
        )
    if is_settled(workspace):
        raise CurrencySettled


def checked(code: str) -> str:
    """The code, or raise Invalid."""
    if code not in CURRENCIES:
        raise Invalid("The currency must be a code such as HKD.", field="currency")
    return code
