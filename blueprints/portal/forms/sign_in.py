"""Signing in, and giving the password once more."""

from flask_babel import lazy_gettext as _
from wtforms import EmailField, PasswordField
from wtforms.validators import DataRequired, InputRequired

from blueprints.pages.form import Form, at_most
from models.accounts.user import EMAIL_MAX, PASSWORD_MAX


def email_field() -> EmailField:
    """The address that somebody signs in with."""
    return EmailField(
        _("Email"),
        [DataRequired(_("Enter your e-mail address.")), at_most(EMAIL_MAX, _("This is too long for an e-mail address."))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": EMAIL_MAX},
    )


def password_field(label: str) -> PasswordField:
    """A password that exists already."""
    return PasswordField(
        label,
        [InputRequired(_("Enter your password.")), at_most(PASSWORD_MAX, _("This is too long for a password."))],
        render_kw={"autocomplete": "current-password", "maxlength": PASSWORD_MAX},
    )


class SignInForm(Form):
    """E-mail and password. Nothing here tells whether an account exists."""

    email = email_field()
    password = password_field(_("Password"))


class PasswordAgainForm(Form):
    """The password of the person who is signed in, before something that matters."""

    password = password_field(_("Password"))
