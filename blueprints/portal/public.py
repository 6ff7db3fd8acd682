"""Pages that need no account."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from blueprints.access import is_signed_in
from blueprints.htmx import go
from blueprints.portal.blueprint import bp


@bp.get("/")
def index() -> ResponseReturnValue:
    """What Frontdesk is, to a visitor; whoever is signed in goes to work."""
    return go(url_for(".workspaces")) if is_signed_in() else render_template("portal/public/index.html")


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept, and who sees it."""
    return render_template("portal/public/privacy.html")


@bp.get("/terms")
def terms() -> ResponseReturnValue:
    """How the software expects to be used."""
    return render_template("portal/public/terms.html")


@bp.get("/support")
def support() -> ResponseReturnValue:
    """Help, without being signed in."""
    return render_template("portal/public/support.html")
