"""Packages: credits of services that customers hold. They are granted without money for now."""

from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from blueprints import access
from blueprints.access import needs, workspace
from blueprints.crm.amounts import minor_of
from blueprints.crm.blueprint import bp
from blueprints.crm.forms.package import ROWS, PackageForm
from blueprints.crm.looking import Looked
from blueprints.htmx import go, page_or_fragment, unprocessable
from blueprints.pages.records import held_customer, record
from blueprints.pages.sentences import sentence_of
from models.base import db, writing
from models.bookings.package import Balance, Package, PackageCredit
from models.bookings.service import Service
from models.customers.customer import Customer
from models.errors import Conflict, Invalid

NEW = "crm/packages/new.html", "crm/packages/_form.html"
MATCHES = 8


@bp.get("/packages")
@needs("bookings", "read")
def packages(slug: str) -> ResponseReturnValue:
    """What is offered now, with the credits that each holds."""
    offered = Package.within(workspace()).where(Package.archived_at.is_(None)).order_by(Package.name, Package.id)
    rows = [(each, _contents(each)) for each in db.session.scalars(offered)]
    archived = len(Package.archived(workspace()))
    return page_or_fragment("crm/packages/index.html", "crm/packages/_list.html", rows=rows, archived=archived)


@bp.get("/packages/new")
@needs("bookings", "write")
def new_package(slug: str) -> ResponseReturnValue:
    """The empty form."""
    return page_or_fragment(*NEW, form=_form())


@bp.post("/packages")
@needs("bookings", "write")
def create_package(slug: str) -> ResponseReturnValue:
    """Offer a new package."""
    form, by = _form(), access.actor()
    if not form.validate():
        return unprocessable(*NEW, form=form)
    try:
        price = minor_of(form.price.data)
        with writing():
            items = {record(Service, shown_id): number for shown_id, number in form.contents.items()}
            made = Package.add(workspace(), form.name.data, price, items, by, valid_days=form.valid_days.data).shown_id
    except Invalid as error:
        form.refuse(error, price_minor="price", items="service_1", quantity="credits_1")
        return unprocessable(*NEW, form=form)
    flash(gettext("Now it can be granted."))
    return go(url_for(".package", shown_id=made))


@bp.get("/packages/<shown_id>")
@needs("bookings", "read")
def package(slug: str, shown_id: str) -> ResponseReturnValue:
    """One package, and whom to grant it to."""
    found, query = record(Package, shown_id), request.args.get("q", "").strip()
    looked = Looked.of(query, MATCHES) if query else Looked("")
    return looked.answer("crm/packages/show.html", "crm/packages/_details.html", package=found, contents=_contents(found))


@bp.post("/packages/<shown_id>/grants")
@needs("bookings", "write")
def grant_package(slug: str, shown_id: str) -> ResponseReturnValue:
    """Give a customer the package's credits."""
    record(Package, shown_id)
    customer, by = record(Customer, request.form.get("customer", "")), access.actor()
    try:
        with writing():
            held = held_customer(customer.shown_id)
            held.refuse_unless_live()
            name = held.name
            granted = sum(lot.granted for lot in record(Package, shown_id).grant(held.id, by))
    except Conflict as error:
        flash(sentence_of(error), "error")
    else:
        flash(gettext("%(name)s has %(number)s credits more.", name=name, number=granted))
    return go(url_for(".package", shown_id=shown_id))


def credits_of(customer: Customer) -> list[tuple[Balance, str]]:
    """What a customer holds and can still use, with the service that each pays for."""
    held = PackageCredit.balances(workspace(), customer.id)
    names = _service_names() if held else {}
    return [(balance, names[balance.service_id]) for balance in held]


def _service_names() -> dict[int, str]:
    """By id, archived services too: credits outlive them."""
    rows = db.session.execute(select(Service.id, Service.name).where(Service.workspace_id == workspace().id))
    return {row.id: row.name for row in rows}


def _contents(found: Package) -> list[tuple[str, int]]:
    """(service, credits) of a package."""
    names = _service_names()
    return [(names[item.service_id], item.quantity) for item in found.items]


def _form() -> PackageForm:
    form = PackageForm()
    choices: list[Any] = [(each.shown_id, each.name) for each in Service.active(workspace())]
    for row in ROWS:
        form[f"service_{row}"].choices = [("", gettext("Choose…") if row == 1 else gettext("None")), *choices]
    return form
