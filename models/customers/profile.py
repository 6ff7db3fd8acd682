"""What the profile of one customer shows beside their row."""

from dataclasses import dataclass
from typing import Any

from models.customers.custom_field import CustomField, fields_of
from models.customers.customer import Customer
from models.customers.here import Here


@dataclass(frozen=True, slots=True)
class CustomAnswer:
    """A custom field and what this customer has under it; money is {minor, currency}."""

    field: CustomField
    value: Any


def answers_of(here: Here, customer: Customer) -> list[CustomAnswer]:
    """The custom fields in use, in their order, with this customer's values; those without one are left out."""
    return [
        CustomAnswer(field, customer.custom[field.key]) for field in fields_of(here) if field.key in customer.custom
    ]
