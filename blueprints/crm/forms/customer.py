"""What is known of a customer: a new one, and changes; custom fields stand under the common ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, EmailField, Field, HiddenField, IntegerField, SelectField, TelField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from blueprints.access import workspace
from blueprints.crm.forms.answers import PREFIX, answer_field
from blueprints.crm.forms.birthday import BirthdayField
from blueprints.pages.fields import name_field, read_by
from blueprints.pages.form import Form, at_most
from blueprints.pages.formats import language_name
from models.base.words import fold
from models.customers.contact_point import EMAIL_MAX, PHONE_MAX, key_of
from models.customers.custom_field import CustomField
from models.customers.customer import COMPANY_MAX, NAME_MAX, StaleCustomer
from models.customers.enrolment import PossibleDuplicate
from models.errors import DomainError

LANGUAGES = (
    "en", "zh-HK", "zh-TW", "zh-CN", "ja", "ko", "ar", "de", "es", "fil", "fr", "hi", "id", "it", "ms", "ne", "nl", "pt", "ru",
    "th", "ur", "vi",
)  # fmt: skip
"""Those offered; whoever has another keeps it."""


class CustomerForm(Form):
    """The facts that a customer has in common with every other. `stands` is what the record holds, by the names of inputs."""

    stands: Mapping[str, Any]

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))
    native_name = name_field(_("Name in their own script"), NAME_MAX)
    phone = TelField(
        _("Phone"),
        [at_most(PHONE_MAX), read_by(lambda raw: key_of("phone", raw, workspace().phone_region))],
        description=_("With the country code unless it is a local number."),
        render_kw={"maxlength": PHONE_MAX, "autocomplete": "off"},
    )
    email = EmailField(
        _("Email"),
        [at_most(EMAIL_MAX), read_by(lambda raw: key_of("email", raw, ""))],
        render_kw={"maxlength": EMAIL_MAX, "autocomplete": "off", "spellcheck": "false"},
    )
    birthday = BirthdayField(_("Birthday"))  # type: ignore[no-untyped-call]
    company = name_field(_("Company"), COMPANY_MAX)
    preferred_channel = SelectField(
        _("Likes to be reached by"),
        choices=[
            SelectChoice("", _("Not known")),
            SelectChoice("whatsapp", _("WhatsApp")),
            SelectChoice("sms", _("SMS")),
            SelectChoice("email", _("Email")),
        ],
    )
    locale = SelectField(_("Language"))

    def __init__(self, stands: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.stands = stands or {}
        super().__init__(data=stands, **options)
        spoken = {tag: language_name(tag) for tag in (*LANGUAGES, self.stands.get("locale")) if tag}
        self.locale.choices = [SelectChoice("", gettext("Not known"))]
        self.locale.choices += [SelectChoice(tag, said) for tag, said in sorted(spoken.items(), key=lambda each: fold(each[1]))]

    def facts(self) -> dict[str, Any]:
        """What was typed under the common fields, by name."""
        return {name: self[name].data for name in COMMON}

    def custom_values(self) -> dict[str, Any]:
        """What was typed under the custom fields, by key."""
        return {field.name.removeprefix(PREFIX): field.data for field in self.custom_inputs()}

    def custom_inputs(self) -> list[Field]:
        """The inputs of the custom fields."""
        return [field for name, field in self._fields.items() if name.startswith(PREFIX)]

    def refuse(self, error: DomainError, **renamed: str) -> None:
        """Custom fields are called `custom.size` by the models and `custom_size` here."""
        said = str(error.details.get("field", ""))
        if said.startswith("custom."):
            renamed[said] = f"{PREFIX}{said.removeprefix('custom.')}"
        super().refuse(error, **renamed)


COMMON = ("name", "native_name", "phone", "email", "birthday", "company", "preferred_channel", "locale")


class NewCustomerForm(CustomerForm):
    """Somebody who walks in. `candidates` are those on record whom it may be; `known` names the one that it is."""

    candidates: Sequence[Mapping[str, str]] = ()

    enrol = BooleanField(_("Member"), description=_("Counts as a member from today."))
    allow_shared = BooleanField(_("This is somebody else, who shares the phone or e-mail"))
    next = HiddenField()

    @property
    def is_known(self) -> bool:
        """Whether the very name that was typed is on record with this phone or e-mail."""
        return any(fold(each["name"]) == fold(self.name.data or "") for each in self.candidates)

    def refuse(self, error: DomainError, **renamed: str) -> None:
        """Somebody who may be the same person is no mistake in a field: the form shows who it is and what can be done."""
        if isinstance(error, PossibleDuplicate):
            self.candidates = error.details.get("candidates", ())
        else:
            super().refuse(error, **renamed)


class EditCustomerForm(CustomerForm):
    """Changes; `version` says which state they were made from."""

    is_stale = False

    version = IntegerField(_("Version"), [InputRequired()], widget=HiddenInput())

    def refuse(self, error: DomainError, **renamed: str) -> None:
        """A record that moved on since is said over the form; what stands now is shown beside what was typed."""
        self.is_stale = self.is_stale or isinstance(error, StaleCustomer)
        if isinstance(error, StaleCustomer):
            self.say(gettext("Somebody else changed this customer while the form was open."))
        else:
            super().refuse(error, **renamed)

    def changes(self) -> dict[str, Any]:
        """What was typed, as the verb takes it; custom values that nobody touched are not read again."""
        typed = {key: value for key, value in self.custom_values().items() if not untouched(self, f"{PREFIX}{key}", value)}
        return self.facts() | {"custom": typed}


def untouched(form: CustomerForm, name: str, typed: Any) -> bool:
    """Whether an input still says what the record held when the form was made."""
    return bool(typed == form.stands.get(name, [] if isinstance(typed, list) else ""))


def with_custom_fields(form: type[CustomerForm], fields: Sequence[CustomField], stands: Mapping[str, Any]) -> type[Any]:
    """The form with one input for each custom field in use."""
    inputs = {f"{PREFIX}{field.key}": answer_field(field, stands.get(f"{PREFIX}{field.key}")) for field in fields}
    return type(form.__name__, (form,), inputs)
