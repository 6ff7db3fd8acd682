"""The states of a booking in words, each with the tone of its badge."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from blueprints.crm.blueprint import bp

STATES: Mapping[str, tuple[Any, str]] = {
    "held": (_("Held"), "warn"),
    "pending": (_("Pending"), "warn"),
    "confirmed": (_("Confirmed"), "info"),
    "checked_in": (_("Checked in"), "accent"),
    "completed": (_("Completed"), "good"),
    "no_show": (_("No-show"), "bad"),
    "cancelled": (_("Cancelled"), ""),
}


@bp.context_processor
def _for_templates() -> dict[str, Any]:
    return {"states": STATES}
