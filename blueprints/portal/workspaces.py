"""The workspaces of whoever is signed in: pick one, or open a new one."""

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import signed_in
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.portal.blueprint import bp
from blueprints.portal.forms.workspace import WorkspaceForm
from blueprints.portal.names import ROLES
from blueprints.portal.region import likely_place
from models.accounts.founding import Place, open_workspace
from models.accounts.seat import Seat
from models.accounts.user import User
from models.base import db, writing
from models.errors import Invalid

NEW = "portal/workspaces/new.html", "portal/workspaces/_form.html"


@bp.get("/workspaces")
@signed_in
def workspaces() -> ResponseReturnValue:
    """Every workspace in which the user has a seat."""
    seats = Seat.all_of(access.user())
    return page_or_fragment("portal/workspaces/index.html", "portal/workspaces/_list.html", seats=seats, roles=ROLES)


@bp.get("/workspaces/new")
@signed_in
def new_workspace() -> ResponseReturnValue:
    """The form for another one, filled in with where the visitor probably is."""
    place = likely_place()
    return page_or_fragment(*NEW, form=WorkspaceForm(data={"timezone": place.timezone, "currency": place.currency}))


@bp.post("/workspaces")
@signed_in
def create_workspace() -> ResponseReturnValue:
    """Open it; whoever does owns it."""
    form, by, person, likely = WorkspaceForm(), access.actor(), access.user().id, likely_place()
    if not form.validate():
        return unprocessable(*NEW, form=form)
    place = Place(str(form.timezone.data), str(form.currency.data), likely.locale, likely.phone_region)
    name = str(form.business_name.data)
    try:
        with writing():
            slug = open_workspace(db.session.get_one(User, person), name, place, by).slug
    except Invalid as error:
        form.refuse(error, name="business_name")
        return unprocessable(*NEW, form=form)
    flash(gettext("The workspace is ready."))
    return go(home_of(slug))


def home_of(slug: str) -> str:
    """The dashboard of a workspace, which is a page of the CRM."""
    return f"/w/{slug}/"
