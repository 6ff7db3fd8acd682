"""A new account."""

from flask_babel import lazy_gettext as _
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from blueprints.pages.form import Form, at_most, tidy
from blueprints.portal.forms.sign_in import email_field
from models.accounts.user import NAME_MAX, PASSWORD_MAX, PASSWORD_MIN
from models.accounts.workspace import NAME_MAX as BUSINESS_NAME_MAX

TOO_LONG = _("At most %(num)d characters.", num=NAME_MAX)


def new_password_field(label: str) -> PasswordField:
    """A password that is being chosen."""
    allowed = _("A password has %(least)d to %(most)d characters.", least=PASSWORD_MIN, most=PASSWORD_MAX)
    return PasswordField(
        label,
        [InputRequired(_("Choose a password.")), Length(PASSWORD_MIN, PASSWORD_MAX, allowed)],
        description=_("At least %(least)d characters. A few words in a row are easy to remember.", least=PASSWORD_MIN),
        render_kw={"autocomplete": "new-password", "minlength": PASSWORD_MIN, "maxlength": PASSWORD_MAX},
    )


def business_name_field(description: str = "") -> StringField:
    """What a workspace is called."""
    return StringField(
        _("Business name"),
        [
            DataRequired(_("Enter the name of your business.")),
            at_most(BUSINESS_NAME_MAX, _("At most %(num)d characters.", num=BUSINESS_NAME_MAX)),
        ],
        filters=[tidy],
        description=description,
        render_kw={"autocomplete": "organization", "maxlength": BUSINESS_NAME_MAX},
    )


def person_name_field() -> StringField:
    """What a person is called."""
    return StringField(
        _("Name"),
        [DataRequired(_("Enter your name.")), at_most(NAME_MAX, TOO_LONG)],
        filters=[tidy],
        render_kw={"autocomplete": "name", "maxlength": NAME_MAX},
    )


class SignUpForm(Form):
    """The four facts that an account and its first workspace need."""

    name = person_name_field()
    email = email_field()
    password = new_password_field(_("Password"))
    business_name = business_name_field(_("Your first workspace is called this. You can add more later."))
