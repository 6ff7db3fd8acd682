"""Which services somebody does, set at once: with a length and a price of their own where these differ."""

from collections.abc import Mapping

from models.activity.actor import Actor
from models.bookings.asset import Staff
from models.bookings.service import Service
from models.bookings.service_team import Own, services_of
from models.customers.here import Here


def set_services(here: Here, person: Staff, wanted: Mapping[int, Own], by: Actor) -> None:
    """Let a person do exactly these of the services that are offered now, by their ids; their bookings stay. Raises Invalid.

    What is no longer offered is left as it is, so that they do it again once it is back.
    """
    does = services_of(person)
    for service in Service.active(here):
        own = wanted.get(service.id)
        if own is None and service.id in does:
            service.unassign(person, by)
        elif own is not None and does.get(service.id) != own:
            service.assign(person, by, duration_min=own.duration_min, price_minor=own.price_minor)
