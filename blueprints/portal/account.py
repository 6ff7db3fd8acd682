"""One's own account: name, password, and the browsers that are signed in."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import signed_in
from blueprints.htmx import go, page_or_fragment
from blueprints.portal import devices
from blueprints.portal.blueprint import bp
from blueprints.portal.browsers import in_words
from blueprints.portal.forms.password import ChangePasswordForm, NameForm
from blueprints.portal.slowed_down import slowed_down
from models.accounts.sign_in import SignIn, confirm_password
from models.accounts.throttle import TooManyGuesses
from models.accounts.user import User, hash_password
from models.base import db, writing
from models.errors import Invalid
from models.oauth import new_password


@bp.get("/account")
@signed_in
def account() -> ResponseReturnValue:
    """Everything about the person who is signed in."""
    return _page()


@bp.post("/account/name")
@signed_in
def rename() -> ResponseReturnValue:
    """Change what one is called."""
    form, person = NameForm(), access.user().id
    if not form.validate():
        return _page(name_form=form, status=422)
    try:
        with writing():
            db.session.get_one(User, person).rename(str(form.name.data))
    except Invalid as error:
        form.refuse(error)
        return _page(name_form=form, status=422)
    flash(gettext("The name is changed."))
    return go(url_for(".account"))


@bp.post("/account/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Change the password; other browsers are signed out, and apps too unless that was unticked."""
    form, by, row, person = ChangePasswordForm(), access.actor(), access.sign_in(), access.user().id
    if not form.validate():
        return _page(password_form=form, status=422)
    try:
        right = confirm_password(row, str(form.current.data), by)
    except TooManyGuesses as spent:
        return slowed_down("confirm_sign_in", spent, form, lambda: _page(password_form=form))
    if not right:
        form.say(gettext("This is not your current password."), "current")
        return _page(password_form=form, status=422)
    own, stored, apps = row.token_hash, hash_password(str(form.password.data)), bool(form.disconnect_apps.data)
    with writing():
        new_password.change(db.session.get_one(User, person), stored, by, keep=own, disconnect_apps=apps)
    devices.know(access.user().device_mark)
    said = gettext("The password is changed. Other browsers and all apps have to sign in again.")
    flash(said if apps else gettext("The password is changed. Other browsers have to sign in again; apps keep their access."))
    return go(url_for(".account"))


@bp.post("/account/sign-ins/ending")
@signed_in
def end_other_sign_ins() -> ResponseReturnValue:
    """Sign out every browser but this one."""
    person, own = access.user().id, access.sign_in().token_hash
    with writing():
        SignIn.end_all_of(person, but=own)
    flash(gettext("All other browsers are signed out."))
    return go(url_for(".account"))


def _page(*, name_form: NameForm | None = None, password_form: ChangePasswordForm | None = None, status: int = 200) -> Response:
    row = access.sign_in()
    response = page_or_fragment(
        "portal/account/show.html",
        "portal/account/_forms.html",
        name_form=name_form or NameForm(formdata=None, data={"name": row.user.name}),
        password_form=password_form or ChangePasswordForm(formdata=None),
        sign_ins=SignIn.live_of(row.user_id),
        own=row.token_hash,
        in_words=in_words,
    )
    response.status_code = status
    return response
