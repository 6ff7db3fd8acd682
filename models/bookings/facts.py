"""What people may enter about locations, staff, services and the like: bounds said once, for form, tool, model and CHECK."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CheckConstraint

from models.base.wall_clock import zone_named
from models.base.words import clean, named
from models.errors import Invalid

NAME_MAX = 120
TEXT_MAX = 2_000
REASON_MAX = 500
PARTY_MAX = 100
CAPACITY_MAX = 1_000
PRICE_MAX = 10**12
"""Minor units of one seat; with a full party still far from what a 63-bit integer holds."""
YEAR_MIN = 525_600

Bounds = Mapping[str, tuple[int, int]]


def bounded(bounds: Bounds) -> tuple[CheckConstraint, ...]:
    """Return the CHECKs that keep a table's numbers inside their bounds; NULL passes."""
    return tuple(
        CheckConstraint(f"{column} BETWEEN {least} AND {most}", name=column) for column, (least, most) in bounds.items()
    )


def check_numbers(bounds: Bounds, facts: Mapping[str, Any]) -> None:
    """Raise Invalid for the first number outside its bounds; whole numbers only, and neither true nor false."""
    for name, value in facts.items():
        if name not in bounds or value is None:
            continue
        least, most = bounds[name]
        if type(value) is not int or not least <= value <= most:
            raise Invalid("Give a whole number from %(least)d to %(most)d.", field=name, least=least, most=most)


def refuse_unknown(facts: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raise Invalid for the first fact that a record does not have, or that is not changed in this way."""
    for name in facts:
        if name not in known:
            raise Invalid("This cannot be set here.", field=name)


def checked_word(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    """Return the one of a few words that was given, or raise Invalid."""
    if value not in allowed:
        raise Invalid("Choose one of these: %(allowed)s.", field=name, allowed=", ".join(allowed))
    return str(value)


def checked_name(name: str, field: str = "name") -> str:
    """Return a name without spaces around it, or raise Invalid."""
    return named(name, NAME_MAX, field=field)


def checked_text(text: str | None, field: str, most: int = TEXT_MAX) -> str | None:
    """Return free text without spaces around it (None when nothing is left), or raise Invalid."""
    text = clean(text or "").strip()
    if len(text) > most:
        raise Invalid("Write at most %(most)d characters.", field=field, most=most)
    return text or None


def checked_zone(zone: str | None) -> str | None:
    """Return an IANA name, or None for the workspace's own zone; raise Invalid for anything else."""
    return None if zone is None else zone_named(zone)
