"""Where the business works, and the rooms and things that a service needs."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField

from blueprints.crm.choices import location_field
from blueprints.pages.fields import name_field, number
from blueprints.pages.form import Form
from models.bookings.asset import BOUNDS
from models.bookings.facts import NAME_MAX


class LocationForm(Form):
    """A branch, with a time zone of its own where it has one."""

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))
    timezone = name_field(
        _("Time zone"), NAME_MAX, description=_("Such as Asia/Hong_Kong. Empty: that of the workspace.")
    )


class ResourceForm(Form):
    """One room, chair or court, and where it stands."""

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))
    location = location_field(_("At"), _("Everywhere"))
    daily_limit = number(_("At most a day"), BOUNDS["daily_limit"], hint=_("Bookings. Empty: as many as there is time for."))
    bookable = BooleanField(_("Can be booked"), default=True)


class NewResourceForm(ResourceForm):
    """A unit that is new, of a kind that stays."""

    resource_type = name_field(
        _("Kind"), NAME_MAX, _("Enter a kind, such as room."),
        description=_("Such as room. A service needs so many of a kind, whichever are free."),
    )  # fmt: skip
