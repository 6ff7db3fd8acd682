"""Booking, moving and cancelling. What the model refuses stands beside the field that it names."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from blueprints.access import workspace
from blueprints.crm.choices import RecordField, location_field
from blueprints.crm.days import today
from blueprints.crm.states import STATES
from blueprints.pages.fields import day_field, name_field, number, text_area
from blueprints.pages.form import Form, at_most, tidy
from blueprints.pages.sentences import sentence_of
from models import clock
from models.bookings.asset import Staff
from models.bookings.facts import PARTY_MAX, REASON_MAX
from models.bookings.moments import start_of
from models.bookings.refusals import SlotTaken
from models.bookings.reservation import NOTE_MAX
from models.bookings.service import Service
from models.errors import DomainError, Invalid

TIME_MAX, QUERY_MAX = 40, 200
NOW = "now"
"""What a walk-in's time is called until the form is sent."""


_RENAMED = {"service_id": "service", "package_id": "package", "staff_id": "staff", "location_id": "location"}


class TimeForm(Form):
    """A start: one of the day's free times, which stand as radio buttons under the name `starts_at` (`now` for somebody who is
    here), or another time of that day. `alternatives` are others, where the chosen one was taken.
    """

    starts_at = StringField(_("Time"), [at_most(TIME_MAX, _("This is no time."))], filters=[tidy])
    other_time = TimeField(
        _("Another time that day"), [Optional()], invalid_value_message=_("Enter a time, such as 14:00.")
    )
    alternatives: Sequence[tuple[str, datetime]] = ()

    def start(self, day: date) -> datetime:
        """The instant that is meant. Raises Invalid where there is none that day."""
        if self.other_time.data:
            return start_of(f"{day.isoformat()} {self.other_time.data:%H:%M}", workspace())
        if self.starts_at.data == NOW:
            return clock.now().replace(second=0, microsecond=0)
        if not self.starts_at.data:
            raise Invalid("Choose a time.", field="starts_at")
        return start_of(self.starts_at.data, workspace())

    def refuse(self, error: DomainError, **renamed: str) -> None:
        """A refused time stands beside the control that it was given with."""
        control = "other_time" if self.other_time.data else "starts_at"
        if isinstance(error, SlotTaken):
            others = [each["starts_at"] for each in error.details["alternatives"]]
            self.alternatives = [(value, datetime.fromisoformat(value)) for value in others]
            self.say(sentence_of(error), control)
        else:
            super().refuse(error, **{"starts_at": control, **_RENAMED, **renamed})


class VersionedForm(Form):
    """A form that says which state of its record was looked at."""

    version = IntegerField(_("Version"), [InputRequired()], widget=HiddenInput())

    def catch_up(self, version: int) -> None:
        """Count from how the record stands now, which the page shows beside what was refused."""
        self.version.process_data(version)
        self.version.raw_data = None

    @property
    def first_problem(self) -> str:
        """Why it was not done, for the status line of a button that has no field to say it beside."""
        return next((str(errors[0]) for errors in self.errors.values()), "")


class StepForm(VersionedForm):
    """A step that needs no more than a button."""

    step = SelectField(
        _("Step"), [InputRequired()], choices=[SelectChoice(name, name) for name in ("confirm", "check_in", "complete", "reopen")]
    )

class BookingFilterForm(Form):
    """Which bookings a list shows; it stands in the address."""

    class Meta:
        csrf = False

    q = StringField(_("Customer or ref"), [Optional(), at_most(QUERY_MAX, _("This is too long."))], filters=[tidy])
    status = SelectField(
        _("State"), [Optional()],
        choices=[SelectChoice("", _("Any")), *(SelectChoice(state, words[0]) for state, words in STATES.items())],
    )  # fmt: skip
    staff = RecordField(_("With"), Staff, _("Anybody"), archived_too=True)
    service = RecordField(_("Service"), Service, _("Any"), archived_too=True)
    location = location_field(_("At"), _("Everywhere"), archived_too=True)

    def validate(self, extra_validators: Any = None) -> bool:
        """The last day does not come before the first."""
        valid = super().validate(extra_validators)
        first, last = self["from"].data, self["to"].data
        if valid and first and last and last < first:
            self.say(gettext("The last day comes before the first."), "to")
            return False
        return valid


setattr(BookingFilterForm, "from", day_field(_("From"), default=today))
BookingFilterForm.to = day_field(_("To"))


class BookingForm(TimeForm):
    """A seat for a customer: what, with whom, where, when, and how it is paid."""

    service = RecordField(_("Service"), Service, _("Choose…"), required=_("Choose a service."))
    staff = RecordField(_("With"), Staff, _("Anybody"))
    location = location_field(_("At"), _("Anywhere"))
    party_size = number(_("People"), (1, PARTY_MAX), 1)
    day = day_field(_("Day"), required=_("Choose a day."), default=today)
    package = SelectField(_("Paid with"), [Optional()], invalid_choice_message=_("This is used up. Choose again."))
    note = text_area(_("Note"), NOTE_MAX)

    CHOICES = "service", "staff", "location", "party_size", "day"
    """What must be known before free times can be shown."""

    def look(self) -> None:
        """Check what the address asks, without missing what it does not."""
        _look(self, *self.CHOICES)
        self._they_do_it()

    def validate(self, extra_validators: Any = None) -> bool:
        """Whoever is asked for does the service."""
        valid = super().validate(extra_validators)
        return self._they_do_it() and valid

    def _they_do_it(self) -> bool:
        service, staff = self.service.record, self.staff.record
        if service is None or staff is None or service.kind == "class" or staff.id in service.doers:
            return True
        self.say(gettext("%(name)s does not do this service. Choose somebody else.", name=staff.name), "staff")
        return False


class MoveForm(TimeForm, VersionedForm):
    """Another time for a booking."""

    staff = RecordField(_("With"), Staff, _("Whoever is free"))
    day = day_field(_("Day"), required=_("Choose a day."))

    def look(self) -> None:
        """Check what the address asks for."""
        _look(self, "staff", "day")


def _look(form: Form, *names: str) -> None:
    for name in names:
        if form[name].raw_data and form[name].raw_data[0]:
            form[name].validate(form)


class ReasonForm(Form):
    """Why."""

    reason = name_field(_("Reason"), REASON_MAX)


class CancellationForm(ReasonForm, VersionedForm):
    """Why, for whom, and whether the fee is waived."""

    cancelled_for = RadioField(
        _("Cancelled for"),
        choices=[SelectChoice("customer", _("The customer")), SelectChoice("business", _("The business; then nothing is due"))],
        default="customer",
    )
    waive_fee = BooleanField(_("Waive the fee"))


class DetailsForm(VersionedForm):
    """What may be said differently about a booking that stays where it is."""

    party_size = number(_("People"), (1, PARTY_MAX), 1)
    note = text_area(_("Note"), NOTE_MAX)


class NoShowForm(VersionedForm):
    """Whether a customer who did not come is let off."""

    waive_fee = BooleanField(_("Waive the fee"))
