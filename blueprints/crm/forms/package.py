"""A package: what it is called, what it costs, and how many credits of which services it holds."""

from flask_babel import lazy_gettext as _
from wtforms import DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from blueprints.pages.form import Form, at_most, tidy
from models.bookings.facts import NAME_MAX
from models.bookings.package import BOUNDS

ROWS = range(1, 4)
"""How many services one package may hold when it is made on the page."""
QUANTITY_MAX = 1_000


class PackageForm(Form):
    """A package that is new. Each row is a service and its credits; a row without a service is left out."""

    name = StringField(
        _("Name"), [DataRequired(_("Enter a name.")), at_most(NAME_MAX, _("A name has at most 120 characters."))],
        filters=[tidy], render_kw={"maxlength": NAME_MAX, "autocomplete": "off"},
    )  # fmt: skip
    price = DecimalField(
        _("Price"), [InputRequired(_("Enter a price.")), NumberRange(0, 10_000_000, _("From 0 to 10,000,000."))], default=0,
        places=None, render_kw={"inputmode": "decimal"},
    )  # fmt: skip
    valid_days = IntegerField(
        _("Days it lasts"), [Optional(), NumberRange(*BOUNDS["valid_days"], _("From 1 to 3,650 days."))],
        description=_("Empty: for ever."), render_kw={"min": 1, "max": 3_650},
    )  # fmt: skip

    @property
    def contents(self) -> dict[str, int]:
        """Credits by the shown id of their service; the same service twice is added up."""
        held: dict[str, int] = {}
        for row in ROWS:
            service, credits = self[f"service_{row}"].data, self[f"credits_{row}"].data
            if service:
                held[service] = held.get(service, 0) + (credits or 1)
        return held


for _row in ROWS:
    setattr(PackageForm, f"service_{_row}", SelectField(_("Service"), [Optional()], validate_choice=False))
    setattr(
        PackageForm,
        f"credits_{_row}",
        IntegerField(
            _("Credits"), [Optional(), NumberRange(1, QUANTITY_MAX, _("From 1 to 1,000."))],
            render_kw={"min": 1, "max": QUANTITY_MAX},
        ),
    )  # fmt: skip
