"""Somebody new at the desk: a name, and a phone where they give one."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, TelField
from wtforms.validators import Optional

from blueprints.pages.fields import name_field
from blueprints.pages.form import Form, at_most
from models.customers.contact_point import PHONE_MAX
from models.customers.customer import NAME_MAX
from models.customers.enrolment import PossibleDuplicate
from models.errors import DomainError


class NewcomerForm(Form):
    """What is written down. `candidates` are those on record with this phone."""

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))
    phone = TelField(_("Phone"), [Optional(), at_most(PHONE_MAX)], render_kw={"maxlength": PHONE_MAX, "autocomplete": "off"})
    allow_shared = BooleanField(_("Somebody else: they share the phone"))
    candidates: Sequence[dict[str, Any]] = ()

    @classmethod
    def of(cls, query: str) -> "NewcomerForm":
        """With what was looked for in vain: a phone where it looks like one, else a name."""
        phone = any(letter.isdigit() for letter in query)
        return cls(formdata=None, data={"phone" if phone else "name": query})

    def refuse(self, error: DomainError, **renamed: str) -> None:
        """Somebody who is on record is offered."""
        if isinstance(error, PossibleDuplicate):
            self.candidates = error.details.get("candidates", ())
        super().refuse(error, **renamed)
