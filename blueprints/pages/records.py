"""Records by the id in an address: one that is malformed, missing or another workspace's is the same 404."""

from typing import TypeVar

from blueprints.access import workspace
from models.base import Tenant
from models.customers.customer import Customer
from models.errors import Invalid

Noun = TypeVar("Noun", bound=Tenant)


def record(noun: type[Noun], shown_id: str, *, live: bool = False) -> Noun:
    """The record that the address names, in the workspace of the page; `live`: not archived or revoked. Raises NotFound."""
    try:
        found = noun.find(workspace(), shown_id)
    except Invalid:
        raise noun.not_found() from None
    if live and any(getattr(found, ended, None) is not None for ended in ("archived_at", "revoked_at")):
        raise noun.not_found()
    return found


def held_customer(shown_id: str, expected_version: int | None = None) -> Customer:
    """The customer that the address names, locked for a change. Raises NotFound, StaleCustomer."""
    return Customer.hold(workspace(), record(Customer, shown_id).id, expected_version=expected_version)
