"""An app or a key made in Settings → API."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from blueprints.pages.form import Form, at_most, tidy
from models.oauth import served
from models.oauth.api_key import NAME_MAX as KEY_NAME_MAX
from models.oauth.client import NAME_MAX
from models.oauth.redirect_uri import MAX_URIS
from models.oauth.scope import DESTRUCTIVE, SCOPES, Kind, listed, possible
from models.oauth.token_format import TTL_MINUTES
from models.oauth.uri import MAX_LENGTH

LEAST, MOST = TTL_MINUTES


def offered(kind: Kind) -> list[str]:
    """The scopes that this kind can have and something serves, in the order of the table."""
    return [name for name in listed(served.pairs()) if name in possible(kind)]


class ScopesField(SelectMultipleField):
    """One box a scope; its value is the canonical scope."""

    widget: Any = ListWidget(prefix_label=False)
    option_widget: Any = CheckboxInput()

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)  # type: ignore[no-untyped-call]

    def offer(self, names: Collection[str]) -> None:
        """Offer these, each with its sentence."""
        self.choices = [SelectChoice(name, SCOPES[name].sentence) for name in names]


class ClientForm(Form):
    """A new app."""

    name = StringField(
        _("Name"),
        [DataRequired(_("Give the app a name.")), at_most(NAME_MAX, _("At most %(num)d characters.", num=NAME_MAX))],
        filters=[tidy],
        description=_("People see it when they allow the app."),
        render_kw={"maxlength": NAME_MAX, "autocomplete": "off"},
    )
    kind = RadioField(
        _("Type"),
        [InputRequired(_("Choose one."))],
        choices=[SelectChoice("confidential", _("Confidential")), SelectChoice("public", _("Public"))],
        default="confidential",
        description=_("Confidential: runs on a server and keeps a secret, like n8n. Public: runs on people’s own devices."),
    )
    redirect_uris = TextAreaField(
        _("Redirect URIs"),
        [Optional(), at_most(MAX_URIS * (MAX_LENGTH + 2), _("This is too long."))],
        description=_("One a line: where people return to after they allowed the app. Empty for a script without people."),
        render_kw={"rows": 3, "spellcheck": "false", "autocapitalize": "none", "autocomplete": "off"},
    )
    scopes = ScopesField(_("Scopes"), [InputRequired(_("Tick at least one scope."))])
    token_format = SelectField(
        _("Access token format"),
        [InputRequired()],
        choices=[SelectChoice("jwt", _("JWT")), SelectChoice("opaque", _("Opaque"))],
        description=_("JWT is right unless the app’s documentation asks for opaque tokens."),
    )
    token_minutes = IntegerField(
        _("Access token lifetime"),
        [Optional()],
        description=_("In minutes. Empty means 15, and 60 for opaque tokens of a confidential app."),
        render_kw={"min": LEAST, "max": MOST, "inputmode": "numeric"},
    )

    def validate_token_minutes(self, field: IntegerField) -> None:
        """Within what the model takes; compared as a whole number, since a very long one fits no float."""
        if field.data is not None and not LEAST <= field.data <= MOST:
            raise ValidationError(gettext("A lifetime is %(least)d to %(most)d minutes.", least=LEAST, most=MOST))

    @property
    def uris(self) -> list[str]:
        """The redirect URIs, one a line."""
        return [line.strip() for line in str(self.redirect_uris.data or "").splitlines() if line.strip()]


class KeyForm(Form):
    """A new API key."""

    name = StringField(
        _("Name"),
        [DataRequired(_("Give the key a name.")), at_most(KEY_NAME_MAX, _("At most %(num)d characters.", num=KEY_NAME_MAX))],
        filters=[tidy],
        description=_("For instance the script that will use it."),
        render_kw={"maxlength": KEY_NAME_MAX, "autocomplete": "off"},
    )
    scopes = ScopesField(_("Scopes"), [InputRequired(_("Tick at least one scope."))])


def client_form(**options: object) -> ClientForm:
    """The form with what is served now."""
    form = ClientForm(**options)
    form.scopes.offer(offered("created"))
    return form


def key_form(role: str, **options: object) -> KeyForm:
    """The same for a key; only an owner may tick `mcp.destructive`."""
    form = KeyForm(prefix="key", **options)
    form.scopes.offer([name for name in offered("key") if role == "owner" or name != DESTRUCTIVE])
    return form
