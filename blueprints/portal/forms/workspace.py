"""A workspace: a new one, and its settings."""

from zoneinfo import available_timezones

from babel.numbers import get_currency_name
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from blueprints.pages.form import Form
from blueprints.portal.forms.account import business_name_field
from models.accounts.currency import CURRENCIES

OLD_NAMES = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Mexico/", "Chile/")
ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(OLD_NAMES))
LANGUAGES = (SelectChoice("en_HK", "English"), SelectChoice("zh_Hant_HK", "繁體中文"))
"""Each in its own name."""


def _currency(code: str) -> str:
    return str(get_currency_name(code, locale=get_locale() or "en"))


def _regions() -> list[SelectChoice]:
    locale = get_locale()
    names = locale.territories if locale is not None else {}
    named = [(str(names.get(code, code)), code) for code in SUPPORTED_REGIONS]
    return [SelectChoice(code, f"{name} +{country_code_for_region(code)}") for name, code in sorted(named)]


class WorkspaceForm(Form):
    """Name, time zone and currency of a business."""

    business_name = business_name_field()
    timezone = SelectField(
        _("Time zone"),
        [InputRequired()],
        choices=[SelectChoice("UTC", "UTC"), *(SelectChoice(name, name.replace("_", " ")) for name in ZONES)],
        description=_("Bookings, days and months follow this clock."),
    )
    currency = SelectField(
        _("Currency"),
        [InputRequired()],
        choices=lambda: [SelectChoice(code, f"{code} – {_currency(code)}") for code in CURRENCIES],
    )


class WorkspaceSettingsForm(WorkspaceForm):
    """All of what a workspace's settings hold."""

    phone_region = SelectField(
        _("Country of phone numbers"),
        [InputRequired()],
        choices=_regions,
        description=_("A number that is written without a country code is taken to be from here."),
    )
    locale = SelectField(
        _("Language"),
        [InputRequired()],
        choices=LANGUAGES,
        description=_("Of what Frontdesk writes for this business. Everybody reads its pages in their own."),
    )
    complete_bookings = BooleanField(
        _("Complete past bookings"),
        description=_("A confirmed booking that nobody touched counts as completed a day after it ended."),
    )
