"""Amounts that customers have under fields of the workspace's own: they settle its currency (models/accounts/currency.py)."""

from typing import Any

from sqlalchemy import Select, Text, cast, false, or_, select

from models.accounts.currency import priced
from models.base import InWorkspace, db
from models.customers.custom_field import CustomField
from models.customers.customer import Customer


@priced
def _under_money_fields(workspace: InWorkspace) -> Select[Any]:
    """Customers who have something under a money field; that another value holds the same letters does no harm."""
    fields = CustomField.workspace_id == workspace.id, CustomField.type == "money"
    keys = db.session.scalars(select(CustomField.key).where(*fields))
    has_one = [cast(Customer.custom, Text).contains(f'"{key}":', autoescape=True) for key in keys]
    return Customer.within(workspace).where(or_(false(), *has_one))
