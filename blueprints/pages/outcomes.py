"""What became of an act or a call, as pages say it."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

OUTCOMES: Mapping[str, tuple[object, str]] = {
    "done": (_("Done"), "good"),
    "dry_run": (_("Tried out"), "info"),
    "asked": (_("Asked first"), "info"),
    "refused": (_("Refused"), "warn"),
    "not_found": (_("Not found"), "warn"),
    "conflict": (_("Conflict"), "warn"),
    "error": (_("Failed"), "bad"),
}
"""Word and tone of the badge."""
