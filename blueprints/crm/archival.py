"""Putting away what bookings need, asked on a page first: closing a location, letting somebody go, stopping a service.

Whatever was put away stands in a list of its own and can be taken back from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.form import Form
from blueprints.pages.records import record
from models.bookings.asset import Asset, Resource, Staff
from models.bookings.left_behind import Ending, bookings_of, classes_of, left_behind
from models.bookings.location import Location
from models.bookings.package import Package
from models.bookings.service import Service

PAGE = "crm/archival/show.html", "crm/archival/_form.html"
LIST = "crm/archival/index.html", "crm/archival/_list.html"
SHOWN_MOST = 12


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be put away, where it stands, and how its pages speak. `%(name)s` in `question` is the record's."""

    noun: type[Any]
    page: str
    home: str
    homes_name: Any
    question: Any
    button: Any
    done: Any
    gone: Any
    back: Any
    is_back: Any


KINDS: Mapping[str, Kind] = {
    "locations": Kind(
        Location, ".location", ".places", _("Places and things"), _("Close %(name)s?"), _("Close location"),
        _("Closed. It stands under closed locations and can be opened again."), _("Closed locations"),
        _("Open again"), _("Open again."),
    ),
    "resources": Kind(
        Resource, ".resource", ".places", _("Places and things"), _("Take %(name)s away?"), _("Take it away"),
        _("Taken away. Past bookings keep it."), _("Rooms and things taken away"), _("Put back"), _("Back again."),
    ),
    "services": Kind(
        Service, ".service", ".services", _("Services"), _("Stop offering %(name)s?"), _("Stop offering"),
        _("No longer offered. What is booked stays booked."), _("Services no longer offered"), _("Offer again"),
        _("Offered again."),
    ),
    "staff": Kind(
        Staff, ".staff_member", ".staff", _("Staff"), _("%(name)s no longer works here?"), _("No longer works here"),
        _("They no longer work here. Past bookings keep their name."), _("Staff who no longer work here"), _("Take back"),
        _("Back again."),
    ),
    "packages": Kind(
        Package, ".package", ".packages", _("Packages"), _("Stop offering %(name)s?"), _("Stop offering"),
        _("No longer offered. Credits that were granted stay good."), _("Packages no longer offered"), _("Offer again"),
        _("Offered again."),
    ),
}  # fmt: skip
"""By the first part of their address."""

_ONE_OF_THEM = f"<any({', '.join(KINDS)}):kind>"


@bp.get(f"/archived/{_ONE_OF_THEM}")
@needs("bookings", "read")
def archived(slug: str, kind: str) -> ResponseReturnValue:
    """What was put away, the latest first, each with its way back."""
    return page_or_fragment(*LIST, kind=kind, words=KINDS[kind], rows=KINDS[kind].noun.archived(workspace()))


@bp.get(f"/{_ONE_OF_THEM}/<shown_id>/archival")
@needs("bookings", "destructive")
def confirm_archival(slug: str, kind: str, shown_id: str) -> ResponseReturnValue:
    """What would be left behind, and the button; where bookings to come need it, they stand here instead."""
    return page_or_fragment(*PAGE, form=Form(), **_shown(kind, record(KINDS[kind].noun, shown_id)))


@bp.post(f"/{_ONE_OF_THEM}/<shown_id>/archival")
@needs("bookings", "destructive")
def archive(slug: str, kind: str, shown_id: str) -> ResponseReturnValue:
    """Put it away, or say why that cannot be."""
    words, form, by = KINDS[kind], Form(), access.actor()
    record(words.noun, shown_id)
    if not form.accepted(lambda: record(words.noun, shown_id).archive(by)):
        return unprocessable(*PAGE, form=form, **_shown(kind, record(words.noun, shown_id)))
    flash(str(words.done))
    return go(url_for(words.home))


@bp.post(f"/{_ONE_OF_THEM}/<shown_id>/restoration")
@needs("bookings", "destructive")
def restore(slug: str, kind: str, shown_id: str) -> ResponseReturnValue:
    """Take it back."""
    words, form, by = KINDS[kind], Form(), access.actor()
    record(words.noun, shown_id)
    if not form.accepted(lambda: record(words.noun, shown_id).restore(by)):
        return unprocessable(*LIST, form=form, kind=kind, words=words, rows=words.noun.archived(workspace()))
    flash(str(words.is_back))
    return go(url_for(words.page, shown_id=shown_id))


def _shown(kind: str, found: Ending) -> dict[str, Any]:
    words, left = KINDS[kind], left_behind(workspace(), found)
    needed = found if isinstance(found, Location | Asset) and (left.bookings or left.classes) else None
    return {
        "kind": kind,
        "words": words,
        "found": found,
        "question": str(words.question) % {"name": found.name},
        "back_to": url_for(words.page, shown_id=found.shown_id),
        "left": left,
        "in_the_way": needed is not None,
        "bookings": bookings_of(needed).all(workspace(), SHOWN_MOST) if needed is not None else [],
        "classes": classes_of(needed, SHOWN_MOST) if needed is not None else [],
    }
