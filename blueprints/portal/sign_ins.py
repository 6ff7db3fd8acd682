"""Signing in and out, and giving the password once more before something that matters."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import safe_next, signed_in
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.portal import devices
from blueprints.portal.blueprint import bp
from blueprints.portal.forms.sign_in import PasswordAgainForm, SignInForm
from blueprints.portal.slowed_down import slowed_down
from models.accounts.sign_in import SignIn, confirm_password, try_password
from models.accounts.throttle import TooManyGuesses
from models.base import db, writing

SIGN_IN = "portal/sign_ins/new.html", "portal/sign_ins/_form.html"
CONFIRM = "portal/sign_ins/confirmation.html", "portal/sign_ins/_confirmation.html"


@bp.get("/login")
def login() -> ResponseReturnValue:
    """The sign-in form; whoever is signed in already goes on."""
    if access.is_signed_in():
        return go(_onward())
    return page_or_fragment(*SIGN_IN, form=SignInForm(), next=_next())


@bp.post("/login")
def sign_in() -> ResponseReturnValue:
    """Sign in. One sentence, one status and one duration for every wrong pair, whether or not the account exists."""
    form = SignInForm()
    if not form.validate():
        return unprocessable(*SIGN_IN, form=form, next=_next())
    email = str(form.email.data)
    try:
        token = try_password(
            email,
            str(form.password.data),
            access.actor(),
            known_devices=devices.marks(),
            user_agent=request.headers.get("User-Agent"),
        )
    except TooManyGuesses as spent:
        return slowed_down("sign_in", spent, form, lambda: page_or_fragment(*SIGN_IN, form=form, next=_next()))
    if token is None:
        form.say(gettext("E-mail or password is wrong."))
        return unprocessable(*SIGN_IN, form=form, next=_next())
    _end_row()
    devices.begin(token)
    return go(_onward())


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """End the sign-in: its row, so that a copied cookie is worth nothing, and the browser's."""
    _end_row()
    devices.end()
    flash(gettext("You are signed out."))
    onward = safe_next(request.values.get("next"), "")
    return go(url_for(".login", next=onward) if onward else url_for(".login"))


@bp.get("/login/confirmation")
@signed_in
def confirm_sign_in() -> ResponseReturnValue:
    """Ask for the password again."""
    return page_or_fragment(*CONFIRM, form=PasswordAgainForm(), next=_next())


@bp.post("/login/confirmation")
@signed_in
def confirm() -> ResponseReturnValue:
    """The sign-in counts as recent for another five minutes when the password is right."""
    form = PasswordAgainForm()
    if not form.validate():
        return unprocessable(*CONFIRM, form=form, next=_next())
    try:
        right = confirm_password(access.sign_in(), str(form.password.data), access.actor())
    except TooManyGuesses as spent:
        return slowed_down("confirm_sign_in", spent, form, lambda: page_or_fragment(*CONFIRM, form=form, next=_next()))
    if not right:
        form.say(gettext("The password is wrong."), "password")
        return unprocessable(*CONFIRM, form=form, next=_next())
    return go(_onward())


def ask_again(back: str) -> Response | None:
    """To the page that asks for the password, and on to `back`, unless it was given within five minutes (ASVS 7.5)."""
    return None if access.sign_in().recent else go(url_for(".confirm_sign_in", next=back))


def _end_row() -> None:
    if access.is_signed_in():
        row = access.sign_in().token_hash
        with writing():
            db.session.get_one(SignIn, row).end()


def _next() -> str | None:
    return safe_next(request.args.get("next"), "") or None


def _onward() -> str:
    return _next() or url_for(".workspaces")
