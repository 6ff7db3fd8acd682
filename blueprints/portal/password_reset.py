"""A forgotten password: ask for a link, follow it, choose another. The same page answers whether or not there is an account."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints.access import actor
from blueprints.errors import note_refusal
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.portal import devices
from blueprints.portal.blueprint import bp
from blueprints.portal.forms.password import ForgottenForm, NewPasswordForm
from blueprints.portal.slowed_down import slowed_down
from models.accounts import mail
from models.accounts.throttle import TooManyGuesses
from models.accounts.user import hash_password
from models.base import writing
from models.oauth import new_password
from models.oauth.new_password import DeadLink, ResetLink

ASK = "portal/password_reset/new.html", "portal/password_reset/_form.html"
CHOOSE = "portal/password_reset/edit.html", "portal/password_reset/_new_password.html"


@bp.get("/password-reset")
def password_reset() -> ResponseReturnValue:
    """Ask for a link."""
    return page_or_fragment(*ASK, form=ForgottenForm())


@bp.post("/password-reset")
def ask_for_link() -> ResponseReturnValue:
    """Send one, if there is an account; say the same thing either way, in the same time."""
    form = ForgottenForm()
    if not form.validate():
        return unprocessable(*ASK, form=form)
    try:
        link = new_password.ask(str(form.email.data), actor())
    except TooManyGuesses as spent:
        return slowed_down("ask_password_reset", spent, form, lambda: page_or_fragment(*ASK, form=form))
    if link is not None:
        mail.post(_letter(link))
    return page_or_fragment("portal/password_reset/sent.html", "portal/password_reset/_sent.html")


@bp.get("/password-reset/<token>")
def choose_password(token: str) -> ResponseReturnValue:
    """Choose the new password; a link that is spent, old or made up is a 400."""
    return page_or_fragment(*CHOOSE, form=NewPasswordForm(), token=token) if new_password.is_good(token) else _dead_link()


@bp.post("/password-reset/<token>")
def set_password(token: str) -> ResponseReturnValue:
    """Set it: every browser and every app of this person has to come in anew."""
    form = NewPasswordForm()
    if not new_password.is_good(token):
        return _dead_link()
    if not form.validate():
        return unprocessable(*CHOOSE, form=form, token=token)
    stored = hash_password(str(form.password.data))
    by = actor()
    try:
        with writing():
            mark = new_password.reset(token, stored, by).device_mark
    except DeadLink:
        return _dead_link()
    devices.end()
    devices.know(mark)
    flash(gettext("The password is changed. Sign in with the new one."))
    return go(url_for(".login"))


def _dead_link() -> Response:
    note_refusal("reset_password", error="dead_link")
    response = page_or_fragment("portal/password_reset/dead_link.html", "portal/password_reset/_dead_link.html")
    response.status_code = 400
    return response


def _letter(link: ResetLink) -> mail.Letter:
    text = gettext(
        "Hello %(name)s,\n\n"
        "somebody, hopefully you, asked for a new password for your Frontdesk account. Choose it here, within an hour:\n\n"
        "%(url)s\n\n"
        "The link works once. All browsers and connected apps will then have to sign in again.\n"
        "If it was not you, do nothing: your password stays as it is.\n",
        name=link.name,
        url=link.url,
    )
    return mail.Letter(link.email, gettext("Choose a new password"), text)
