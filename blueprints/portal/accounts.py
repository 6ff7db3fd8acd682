"""Signing up: an account, its first workspace and a sign-in, at one go."""

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.portal import devices
from blueprints.portal.blueprint import bp
from blueprints.portal.forms.account import SignUpForm
from blueprints.portal.region import likely_place
from blueprints.portal.workspaces import home_of
from models.accounts import throttle
from models.accounts.founding import sign_up
from models.accounts.user import hash_password
from models.base import writing
from models.errors import Conflict, Invalid

PAGE = "portal/accounts/new.html", "portal/accounts/_form.html"


@bp.get("/signup")
def signup() -> ResponseReturnValue:
    """The form for a new account; whoever has one goes on."""
    if access.is_signed_in():
        return go(url_for(".workspaces"))
    return page_or_fragment(*PAGE, form=SignUpForm())


@bp.post("/signup")
def create_account() -> ResponseReturnValue:
    """Make the account. Addresses that are taken count as guesses: a few an hour show nobody who has an account here."""
    form, by = SignUpForm(), access.actor()
    if not form.validate():
        return unprocessable(*PAGE, form=form)
    throttle.check("sign_up", by.address)
    stored = hash_password(str(form.password.data))
    email, name, business = str(form.email.data), str(form.name.data), str(form.business_name.data)
    agent = request.headers.get("User-Agent")
    try:
        with writing():
            made = sign_up(email, name, stored, business, likely_place(), by, user_agent=agent)
    except Conflict:
        with writing():
            throttle.count("sign_up", by.address)
        form.say(gettext("This address cannot be used for a new account. If it is yours, sign in instead."), "email")
        return unprocessable(*PAGE, form=form)
    except Invalid as error:
        form.refuse(error)
        return unprocessable(*PAGE, form=form)
    devices.begin(made.token)
    flash(gettext("Welcome. Your workspace is ready."))
    return go(home_of(made.slug))
