"""Records that may be of one person, and merging two of them; Activity takes a merge apart again for 30 days."""

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.blueprint import bp
from blueprints.crm.looking import Looked
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import record
from blueprints.pages.sentences import sentence_of
from models.base import writing
from models.customers.customer import Customer
from models.customers.duplicates import duplicates as alike
from models.customers.listing import CustomerRow, rows_of
from models.customers.merge import merge
from models.errors import Conflict, Invalid

MERGE = "crm/merges/new.html", "crm/merges/_form.html"
OFFERED = 10


@bp.get("/customers/duplicates")
@needs("customers", "read")
def duplicates(slug: str) -> ResponseReturnValue:
    """Groups of records that share a number, an address or a name."""
    return page_or_fragment("crm/merges/index.html", "crm/merges/_groups.html", groups=alike(workspace()))


@bp.get("/customers/<shown_id>/merge")
@needs("customers", "destructive")
def new_merge(slug: str, shown_id: str) -> ResponseReturnValue:
    """Look for the other record, then see both side by side."""
    survivor = record(Customer, shown_id)
    other = record(Customer, request.args["other"]) if request.args.get("other") else None
    if other is not None and other.id == survivor.id:
        return _refused(survivor, _same())
    query = request.args.get("query", "").strip()
    looked = Looked.of(query, OFFERED + 1, sort="name") if query else Looked("")
    offered = [row for row in looked.matches if row.id != survivor.id]
    return looked.answer(*MERGE, survivor=_row(survivor), other=_row(other) if other else None, offered=offered, problem="")


@bp.post("/customers/<shown_id>/merge")
@needs("customers", "destructive")
def create_merge(slug: str, shown_id: str) -> ResponseReturnValue:
    """Merge the other record into this one."""
    survivor, other, by = record(Customer, shown_id), record(Customer, request.form.get("other", "")), access.actor()
    here, first, second = workspace(), survivor.shown_id, other.shown_id
    try:
        with writing():
            merge(here, first, second, by)
    except (Invalid, Conflict) as error:
        return _refused(record(Customer, first), sentence_of(error))
    flash(gettext("Merged. Activity can take the two apart again for 30 days."))
    return go(url_for(".customer", shown_id=first))


def _row(customer: Customer) -> CustomerRow:
    return rows_of(workspace(), [customer.id])[0]


def _refused(survivor: Customer, problem: str) -> ResponseReturnValue:
    return unprocessable(*MERGE, survivor=_row(survivor), other=None, offered=[], looked=Looked(""), problem=problem)


def _same() -> str:
    return str(gettext("These are the same customer already."))
