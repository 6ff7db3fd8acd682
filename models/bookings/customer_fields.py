"""The filter fields over customers that bookings declare: service, staff, package."""

from collections.abc import Sequence

from sqlalchemy import false, or_, select
from sqlalchemy.sql.elements import ColumnElement

from models.base import db, show
from models.base.words import fold
from models.bookings import record
from models.bookings.asset import Staff
from models.bookings.booking import Booking
from models.bookings.package import Package, PackageCredit
from models.bookings.service import Service
from models.customers.filter import Asking, Leaf, declare
from models.customers.filter.driving import some_row
from models.customers.filter.tree import BadFilter
from models.errors import Invalid


def had_service(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Had, or will have, a booking of a service, by its name or id."""
    ids = _meant(Service, leaf, asking)
    return some_row(Booking.customer_id, *_booked(asking), Booking.service_id.in_(ids)) if ids else false()


def saw_staff(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Had, or will have, a booking led by somebody, by their name or id."""
    ids = _meant(Staff, leaf, asking)
    return some_row(Booking.customer_id, *_booked(asking), Booking.staff_id.in_(ids)) if ids else false()


def holds_package(leaf: Leaf, asking: Asking) -> ColumnElement[bool]:
    """Holds credits of a package that can still be redeemed."""
    ids = _meant(Package, leaf, asking)
    lots = (
        PackageCredit.workspace_id == asking.here.id,
        PackageCredit.package_id.in_(ids),
        PackageCredit.used < PackageCredit.granted,
        or_(PackageCredit.expires_at.is_(None), PackageCredit.expires_at > asking.now),
        PackageCredit.revoked_at.is_(None),
    )
    return some_row(PackageCredit.customer_id, *lots) if ids else false()


def _booked(asking: Asking) -> tuple[ColumnElement[bool], ...]:
    return Booking.workspace_id == asking.here.id, Booking.status.in_(record.COUNTED)


def _meant(noun: type[Service] | type[Staff] | type[Package], leaf: Leaf, asking: Asking) -> Sequence[int]:
    """The ids of what a name or id means; several where a name is used twice. Invalid where it means nothing."""
    if leaf.op != "is":
        raise BadFilter(
            "The filter field %(asked)s takes a colon and the name or id of a %(noun)s.", asked=leaf.field, noun=noun.noun
        )
    said = fold(leaf.value)
    rows = db.session.execute(select(noun.id, noun.name).where(noun.workspace_id == asking.here.id))
    ids = [number for number, name in rows if said in (fold(name), show(noun.prefix, number))]
    if not ids and asking.strict:
        raise Invalid("There is no %(noun)s “%(asked)s”.", field="filter", noun=noun.noun, asked=leaf.value)
    return ids


declare("service", had_service)
declare("staff", saw_staff)
declare("package", holds_package)
