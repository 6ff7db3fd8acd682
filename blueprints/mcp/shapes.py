"""Shapes that the tools of every capability take and answer with, in the words of PRODUCT §4."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated

from babel.core import Locale, UnknownLocaleError
from babel.numbers import format_currency
from pydantic import BaseModel, Field

from blueprints.mcp.call import Call
from models.base import show
from models.base.money import from_minor
from models.customers.timeline import Timeline
from models.oauth.standing import WorkspaceFacts

RecordId = Annotated[str, Field(max_length=40)]
When = Annotated[str, Field(min_length=1, max_length=40)]
Day = Annotated[str, Field(min_length=1, max_length=10)]


class Named(BaseModel):
    """A record by its id and name."""

    id: str
    name: str


class Happened(BaseModel):
    """One line of a timeline."""

    at: datetime
    actor: str
    app: str | None
    what: str


class Money(BaseModel):
    """An amount: minor units for machines, and as people of the workspace read it."""

    minor: int
    currency: str
    display: str


def named(prefix: str, rows: Iterable[tuple[int, str]]) -> list[Named]:
    """Names with their ids as people see them."""
    return [Named(id=show(prefix, number), name=name) for number, name in rows]


def local(call: Call, at: datetime) -> datetime:
    """An instant with the workspace's offset, to the second."""
    return at.astimezone(call.workspace.zone).replace(microsecond=0)


def local_or_none(call: Call, at: datetime | None) -> datetime | None:
    """The same for what may not have happened."""
    return local(call, at) if at is not None else None


def happened(call: Call, lines: Iterable[Timeline], apps: Mapping[str, str]) -> list[Happened]:
    """Lines of a timeline; `apps` has the names of apps by client id."""
    return [
        Happened(at=local(call, line.at), actor=line.actor, app=apps.get(line.client_id or ""), what=line.summary)
        for line in lines
    ]


def money(workspace: WorkspaceFacts, minor: int, currency: str) -> Money:
    """An amount in minor units (JPY has none, KWD a thousandth)."""
    shown = format_currency(from_minor(minor, currency), currency, locale=_locale(workspace.locale))
    return Money(minor=minor, currency=currency, display=shown)


@cache
def _locale(name: str) -> Locale:
    """How a workspace writes numbers; English where its locale is one that nobody has described."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
