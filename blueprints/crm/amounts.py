"""Prices as people type them, and as the models keep them."""

from decimal import Decimal

from flask_babel import gettext

from blueprints.access import workspace
from models.base.money import to_minor
from models.errors import Invalid


def minor_of(price: Decimal) -> int:
    """A typed price in minor units of the workspace's currency. Raises Invalid for change that the currency does not have."""
    minor = to_minor(price, workspace().currency)
    if minor is None:
        raise Invalid(gettext("This currency has no such small change."), field="price_minor")
    return minor
