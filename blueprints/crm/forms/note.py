"""A note about a customer."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from blueprints.pages.fields import text_area
from blueprints.pages.form import Form
from models.customers.note import BODY_MAX


class NoteForm(Form):
    """What was said or seen, and whether search may find it."""

    body = text_area(_("Note"), BODY_MAX, _("Write something first."), render_kw={"rows": 3})
    kind = SelectField(
        _("Kind"),
        choices=[SelectChoice("note", _("Note")), SelectChoice("call", _("Call")), SelectChoice("meeting", _("Meeting"))],
        default="note",
    )
    sensitive = BooleanField(_("Sensitive"), description=_("Search does not find it."))
