"""What a new workspace still has to do before an assistant can run it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import exists, select

from models.base import InWorkspace, db
from models.bookings.asset import Asset
from models.bookings.hours import WorkingHours
from models.bookings.service import Service
from models.customers.customer import Customer
from models.oauth.consent import Consent

StepName = Literal["services", "staff", "hours", "customers", "connect", "call"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and whether it was done."""

    name: StepName
    done: bool


def steps_of(workspace: InWorkspace) -> Sequence[Step]:
    """The steps in their order, in one query; the page shows them until all are done."""
    allowed = (Consent.workspace_id == workspace.id, Consent.withdrawn_at.is_(None))
    facts: dict[StepName, object] = {
        "services": exists().where(Service.workspace_id == workspace.id),
        "staff": exists().where(Asset.workspace_id == workspace.id, Asset.kind == "staff"),
        "hours": exists().where(WorkingHours.workspace_id == workspace.id),
        "customers": exists().where(Customer.workspace_id == workspace.id),
        "connect": exists().where(*allowed),
        "call": exists().where(*allowed, Consent.last_used_at.is_not(None)),
    }
    row = db.session.execute(select(*facts.values())).one()  # type: ignore[call-overload]
    return [Step(name, bool(done)) for name, done in zip(facts, row, strict=True)]
