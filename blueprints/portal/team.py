"""Settings → Team: who works here, in which role; owners and managers change it."""

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints.access import acting, needs, seat, workspace
from blueprints.htmx import changed, go, page_or_fragment
from blueprints.portal.blueprint import bp
from blueprints.portal.names import ROLE_SENTENCES, ROLES
from models.accounts import team as people

ROOT = "/w/<slug>/settings/team"
NAMES = {"roles": ROLES, "sentences": ROLE_SENTENCES, "shown_id": people.shown_id}


@bp.get(ROOT)
@needs("team", "write")
def team(slug: str) -> ResponseReturnValue:
    """Everybody with a seat."""
    return page_or_fragment("portal/team/index.html", "portal/team/_list.html", **_listed())


@bp.post(f"{ROOT}/<user_id>/role")
@needs("team", "write")
def change_role(slug: str, user_id: str) -> ResponseReturnValue:
    """Another role; apps that this person allowed are bound by it from their next call."""
    found = people.find(workspace(), user_id)
    name, role = found.user.name, request.form.get("role", "")
    with acting() as by:
        people.change_role(seat(), people.find(workspace(), user_id), role, by)
    flash(gettext("%(name)s is now: %(role)s.", name=name, role=ROLES[role]))
    return changed("portal/team/_list.html", back_to=url_for(".team", slug=slug), **_listed())


@bp.get(f"{ROOT}/<user_id>/removal")
@needs("team", "write")
def confirm_removal(slug: str, user_id: str) -> ResponseReturnValue:
    """What ends when this person leaves."""
    found = people.find(workspace(), user_id)
    return page_or_fragment("portal/team/removal.html", "portal/team/_removal.html", person=found, **NAMES)


@bp.post(f"{ROOT}/<user_id>/removal")
@needs("team", "write")
def remove_person(slug: str, user_id: str) -> ResponseReturnValue:
    """Take the seat away, and the apps this person allowed here."""
    name = people.find(workspace(), user_id).user.name
    with acting() as by:
        people.remove(seat(), people.find(workspace(), user_id), by)
    flash(gettext("%(name)s has no seat here any more.", name=name))
    return go(url_for(".team", slug=slug))


def _listed() -> dict[str, object]:
    return {"seats": people.seats_of(workspace()), "own": seat(), "given": people.roles_given_by(seat()), **NAMES}
