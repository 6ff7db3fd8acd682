"""People who serve customers: who they are, and how bookings find them."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField

from blueprints.crm.choices import location_field
from blueprints.pages.fields import name_field, number
from blueprints.pages.form import Form
from models.bookings.asset import BOUNDS
from models.bookings.facts import NAME_MAX


class StaffForm(Form):
    """Who it is, and how bookings find them."""

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))
    location = location_field(_("Works at"), _("Everywhere"))
    bookable = BooleanField(_("Can be booked"), default=True)
    priority = number(
        _("Priority"), BOUNDS["priority"], 0, hint=_("Higher comes first where a service goes by priority.")
    )
    daily_limit = number(_("At most a day"), BOUNDS["daily_limit"], hint=_("Bookings. Empty: as many as there is time for."))
