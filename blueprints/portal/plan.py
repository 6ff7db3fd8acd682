"""Settings → Plan: what the plan allows, what is used of it, and when the month's counters start anew."""

from datetime import datetime

from flask import render_template
from flask.typing import ResponseReturnValue

from blueprints.access import needs, workspace
from blueprints.portal.blueprint import bp
from models.accounts import usage
from models.accounts.plan import Plan
from models.base import db


@bp.get("/w/<slug>/settings/plan")
@needs("plan", "read")
def plan(slug: str) -> ResponseReturnValue:
    """The plan and its use."""
    here = workspace()
    return render_template(
        "portal/plan/index.html",
        plan=db.session.get_one(Plan, here.plan_code),
        uses=usage.uses_of(here.id, here.plan_code, here.timezone),
        resets_at=datetime.fromisoformat(usage.resets_at(here.timezone)),
    )
