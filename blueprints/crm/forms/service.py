"""A service: what it is, how long, who and what it takes, and its terms. Bounds are the model's."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from blueprints.crm.choices import RecordField, location_field
from blueprints.crm.forms.booking import VersionedForm
from blueprints.pages.fields import PriceField, ScaledField, day_field, name_field, number, text_area
from blueprints.pages.form import Form
from models.bookings.asset import Staff
from models.bookings.facts import NAME_MAX, REASON_MAX, TEXT_MAX
from models.bookings.service import BOUNDS
from models.bookings.service_team import NEED_BOUNDS
from models.bookings.timetable import BOUNDS as ENTRY_BOUNDS

NEEDS = range(6)
"""How many kinds of room or thing a service may need on the page."""
_AS_THEY_ARE = (
    "name", "description", "duration_min", "buffer_before_min", "buffer_after_min", "slot_step_min", "capacity", "staff_needed",
    "daily_limit", "assign_rule", "online",
)  # fmt: skip


def _percent(label: Any, name: str) -> ScaledField:
    return ScaledField(label, BOUNDS[name], 100, empty=_("Enter a number."), default=0, description=_("Per cent of the price."))


class ServiceForm(Form):
    """Everything about a service that can be changed."""

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))
    category = name_field(_("Category"), NAME_MAX, description=_("Such as Massage. Services of one stand together."))
    price_minor = PriceField(_("Price"), BOUNDS["price_minor"], default=0)
    duration_min = number(_("Length in minutes"), BOUNDS["duration_min"], 60)
    description = text_area(_("Description"), TEXT_MAX)
    capacity = number(_("Seats"), BOUNDS["capacity"], 1, _("How many people one booking or class can be for."))
    staff_needed = number(_("People it takes"), BOUNDS["staff_needed"], 1, _("Of those who do it, at once."))
    daily_limit = number(_("At most a day"), BOUNDS["daily_limit"], hint=_("Bookings. Empty: as many as there is time for."))
    cancel_cutoff_min = ScaledField(
        _("Free until"), BOUNDS["cancel_cutoff_min"], 60, empty=_("Enter a number."), default=0,
        description=_("Hours before the start."),
    )  # fmt: skip
    late_cancel_fee_bp = _percent(_("Later cancellation costs"), "late_cancel_fee_bp")
    no_show_fee_bp = _percent(_("Not coming costs"), "no_show_fee_bp")
    buffer_before_min = number(_("Minutes before"), BOUNDS["buffer_before_min"], 0, _("To prepare; nobody else is booked then."))
    buffer_after_min = number(_("Minutes after"), BOUNDS["buffer_after_min"], 0, _("To clean up."))
    slot_step_min = number(_("Starts every"), BOUNDS["slot_step_min"], 15, _("Minutes between the starts that are offered."))
    assign_rule = SelectField(
        _("Who gets it"),
        [InputRequired(_("Choose one."))],
        choices=[
            SelectChoice("least_busy", _("Whoever has least that day")),
            SelectChoice("round_robin", _("In turn")),
            SelectChoice("priority", _("By priority")),
            SelectChoice("customer_choice", _("Whom the customer chooses")),
        ],
        description=_("When several people are free."),
    )
    online = BooleanField(_("On the public booking page, once there is one"), default=True)

    def offer_needs(self, kinds: Iterable[str]) -> None:
        """The kinds of room and thing that there are."""
        offered = [SelectChoice("", _("Nothing")), *(SelectChoice(kind, kind) for kind in kinds)]
        for row in NEEDS:
            self[f"need_{row}"].choices = offered

    @property
    def facts(self) -> dict[str, Any]:
        """What was typed, as the model keeps it; only of a form that is valid."""
        scaled = {name: self[name].value for name in ("price_minor", "cancel_cutoff_min", "late_cancel_fee_bp", "no_show_fee_bp")}
        return {name: self[name].data for name in _AS_THEY_ARE} | scaled | {"category": self.category.data or None}

    @property
    def need_rows(self) -> list[tuple[Any, Any]]:
        """The kind and number of each row to show: those that say something, and one more."""
        rows = [(self[f"need_{row}"], self[f"quantity_{row}"]) for row in NEEDS]
        said = [bool(kind.data or kind.errors or quantity.errors) for kind, quantity in rows]
        spare = said.index(False) if False in said else len(rows)
        return [each for row, each in enumerate(rows) if said[row] or row == spare]

    @property
    def needs(self) -> Mapping[str, int]:
        """Units by kind of thing; a kind that stands twice counts once, with the larger number."""
        wanted: dict[str, int] = {}
        for row in NEEDS:
            kind, quantity = self[f"need_{row}"].data, self[f"quantity_{row}"].data or 1
            if kind:
                wanted[kind] = max(quantity, wanted.get(kind, 0))
        return wanted


for _row in NEEDS:
    setattr(
        ServiceForm, f"need_{_row}",
        SelectField(_("Room or thing"), [Optional()], invalid_choice_message=_("There is none of this kind any more.")),
    )  # fmt: skip
    setattr(ServiceForm, f"quantity_{_row}", number(_("How many"), NEED_BOUNDS["quantity"]))


class NewServiceForm(ServiceForm):
    """A service that is new, of a kind that stays, and who does it."""

    kind = RadioField(
        _("What kind"),
        choices=[
            SelectChoice("appointment", _("Appointment: wherever time is free")),
            SelectChoice("class", _("Class: at the times of its timetable")),
        ],
        default="appointment",
    )
    team = SelectMultipleField(
        _("Who does it"), widget=ListWidget(), option_widget=CheckboxInput(),
        invalid_choice_message=_("Somebody is not there any more. Choose again."),
    )  # fmt: skip


def _start_field() -> TimeField:
    said = _("Enter a time, such as 19:00.")
    return TimeField(_("Start"), [InputRequired(said)], invalid_value_message=said)


class TimetableForm(Form):
    """A class every week."""

    weekday = SelectField(_("Day"), [InputRequired(_("Choose a day."))], coerce=int)
    start = _start_field()
    valid_from = day_field(_("From"), required=_("Enter a day."))
    valid_to = day_field(_("Until"), hint=_("Empty: until it is ended."))
    staff = RecordField(_("Led by"), Staff, _("Nobody in particular"))
    location = location_field(_("At"), _("Anywhere"))
    capacity = number(_("Seats"), ENTRY_BOUNDS["capacity"], hint=_("Empty: as the class says."))


class ClassForm(Form):
    """A class on one date."""

    day = day_field(_("Day"), required=_("Enter a day."))
    start = _start_field()
    staff = RecordField(_("Led by"), Staff, _("Nobody in particular"))
    location = location_field(_("At"), _("Anywhere"))
    capacity = number(_("Seats"), ENTRY_BOUNDS["capacity"], hint=_("Empty: as the class says."))


class ClassChangeForm(VersionedForm):
    """What may be different about a date of a class."""

    day = day_field(_("Day"), required=_("Enter a day."))
    start = _start_field()
    staff = RecordField(_("Led by"), Staff, _("Nobody in particular"))
    capacity = number(_("Seats"), ENTRY_BOUNDS["capacity"], 1)


class EndForm(Form):
    """The last day of a weekly class, and whether the dates after it are cancelled."""

    last_day = day_field(_("Last day"), required=_("Enter a day."))
    cancel_later = BooleanField(_("Cancel the dates after it, with their bookings"))
    reason = name_field(_("Reason"), REASON_MAX, description=_("Kept with the bookings that are cancelled."))
