"""The blueprint that the pages of a workspace hang their routes on; every address begins with /w/<slug>/."""

from typing import Any

import phonenumbers
from flask import Blueprint, g

from blueprints.crm import told, words
from models.base import show
from models.customers.filter import Leaf, write

bp = Blueprint("crm", __name__, url_prefix="/w/<slug>")


@bp.url_defaults
def _stay_in_this_workspace(endpoint: str, values: dict[str, Any]) -> None:
    """`url_for("crm.customers")` is that of the workspace of the page, unless another is named."""
    seat = g.get("seat")
    if seat is not None:
        values.setdefault("slug", seat.workspace.slug)


@bp.context_processor
def _for_templates() -> dict[str, Any]:
    """`shown("mem", 7)`: an id; `test_of("tag", "vip")`: a filter; `spaced("+85291234567")`: a phone as people write it."""
    return {
        "shown": show,
        "spaced": _spaced,
        "words": words,
        "act_told": told.act_told,
        "line_told": told.line_told,
        "test_of": lambda field, value: write(Leaf(field=field, value=value)),
    }


def _spaced(number: str | None) -> str | None:
    if not number or not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
