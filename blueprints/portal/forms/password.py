"""Forms about passwords: a forgotten one, a new one, another one."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField

from blueprints.pages.form import Form
from blueprints.portal.forms.account import new_password_field, person_name_field
from blueprints.portal.forms.sign_in import email_field, password_field


class ForgottenForm(Form):
    """Whose password it is."""

    email = email_field()


class NewPasswordForm(Form):
    """A password that is chosen by the link of a mail."""

    password = new_password_field(_("New password"))


class ChangePasswordForm(Form):
    """The password one has, and the one to have."""

    current = password_field(_("Current password"))
    password = new_password_field(_("New password"))
    disconnect_apps = BooleanField(
        _("Also disconnect apps"),
        default=True,
        description=_("Leave this ticked if somebody may know your old password: each app then asks you again."),
    )


class NameForm(Form):
    """What a person is called."""

    name = person_name_field()
