"""The customer whose act is taken back: held, and still the record that it was."""

from models.activity.undo import UndoStep
from models.customers.customer import Customer
from models.customers.here import Premises
from models.errors import Conflict


def held_as_itself(step: UndoStep) -> Customer:
    """The live customer that an undo step is about, locked. Raises Conflict.

    For a record that was merged away `hold` answers with the other one, which this act was not about.
    """
    customer = Customer.hold(Premises(step.workspace_id), step.entity_id)
    if customer.id != step.entity_id:
        raise Conflict("This record was merged into another one since; undo the merge first.")
    customer.refuse_unless_live()
    return customer
