"""The services that somebody does: a box each, and minutes and a price where theirs differ."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField

from blueprints.pages.fields import PriceField, number
from blueprints.pages.form import Form
from models.bookings.service import Service
from models.bookings.service_team import OWN_BOUNDS, Own


class ServicesForm(Form):
    """Made for the services of a workspace by `services_form`."""

    services: Sequence[Service] = ()

    @property
    def rows(self) -> list[tuple[Service, Any, Any, Any]]:
        """Each service with its box, its minutes and its price."""
        return [
            (each, self[f"does-{each.shown_id}"], self[f"minutes-{each.shown_id}"], self[f"price-{each.shown_id}"])
            for each in self.services
        ]  # fmt: skip

    @property
    def wanted(self) -> Mapping[int, Own]:
        """What is ticked, by the id of the service; only of a form that is valid."""
        return {
            service.id: Own(minutes.data, price.minor if price.data else None)
            for service, does, minutes, price in self.rows
            if does.data
        }


def services_form(services: Sequence[Service], does: Mapping[int, Own]) -> ServicesForm:
    """The form over these services; filled in with what somebody does."""
    fields: dict[str, Any] = {"services": services}
    data: dict[str, Any] = {}
    for each in services:
        own = does.get(each.id, Own())
        fields[f"does-{each.shown_id}"] = BooleanField(each.name)
        fields[f"minutes-{each.shown_id}"] = number(_("Minutes for %(name)s", name=each.name), OWN_BOUNDS["duration_min"])
        fields[f"price-{each.shown_id}"] = PriceField(
            _("Price of %(name)s", name=each.name), OWN_BOUNDS["price_minor"], required=False
        )
        data |= {
            f"does-{each.shown_id}": each.id in does, f"minutes-{each.shown_id}": own.duration_min,
            f"price-{each.shown_id}": own.price_minor,
        }  # fmt: skip
    made: type[ServicesForm] = type("ServicesFormHere", (ServicesForm,), fields)
    return made(data=data)
