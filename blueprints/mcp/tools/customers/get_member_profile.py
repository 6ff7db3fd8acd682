"""get_member_profile: everything about one customer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import Happened, RecordId, happened, local, local_or_none, money
from blueprints.mcp.tools.bookings._shapes import BookingOut, shown_row
from blueprints.mcp.tools.customers._rows import CustomerOut, NoteOut, note_out, one_customer
from models.base import show
from models.bookings.listing import BookingFilter
from models.bookings.package import Package, PackageCredit
from models.bookings.service import Service
from models.customers.custom_field import FieldType
from models.customers.customer import Channel, Customer
from models.customers.note import notes_of
from models.customers.opt_in import Purpose, Status, opt_ins_of
from models.customers.profile import CustomAnswer, answers_of
from models.customers.timeline import apps_of, latest_of


class OptInOut(BaseModel):
    """What the customer said about one kind of message."""

    channel: Channel
    purpose: Purpose
    status: Status
    at: datetime


class CustomOut(BaseModel):
    """A custom field and its value."""

    key: str
    label: str
    type: FieldType
    value: Any


class PackageOut(BaseModel):
    """What is left of a package for one service."""

    package_id: str
    name: str
    service_id: str
    left: int
    expires_at: datetime | None


class ProfileOut(CustomerOut):
    """A customer, what they said about messages, what they hold, what happened, and what was asked for."""

    opt_ins: list[OptInOut]
    packages: list[PackageOut] | None
    timeline: list[Happened]
    notes: list[NoteOut] | None = None
    bookings: list[BookingOut] | None = None
    custom: list[CustomOut] | None = None
    omitted: list[str] = []


@tool(title="Get member profile", capability="customers", access="read", idempotent=True, open_world=False)
def get_member_profile(
    call: Call,
    member_id: RecordId,
    include: Annotated[list[Literal["notes", "bookings", "custom"]] | None, Field(max_length=3)] = None,
) -> ProfileOut:
    """Get one customer with opt-ins, packages and recent history; and notes, last bookings, custom fields where included."""
    here, asked = call.workspace, include or ()
    customer = Customer.find(here, member_id)
    may_see_bookings = call.may("bookings")
    return ProfileOut(
        **one_customer(call, customer.id).__dict__,
        opt_ins=[
            OptInOut(channel=each.channel, purpose=each.purpose, status=each.status, at=local(call, each.at))
            for each in opt_ins_of(here, customer.id)
        ],
        packages=_packages(call, customer.id) if may_see_bookings else None,
        timeline=_timeline(call, customer.id),
        notes=[note_out(call, note) for note in notes_of(here, customer.id)] if "notes" in asked else None,
        custom=[_custom_out(call, each) for each in answers_of(here, customer)] if "custom" in asked else None,
        bookings=_bookings(call, customer.id) if "bookings" in asked and may_see_bookings else None,
        omitted=[] if may_see_bookings else ["packages", "bookings"],
    )


def _packages(call: Call, customer_id: int) -> list[PackageOut]:
    return [
        PackageOut(
            package_id=show(Package.prefix, each.package_id), name=each.name, service_id=show(Service.prefix, each.service_id),
            left=each.left, expires_at=local_or_none(call, each.expires_at),
        )
        for each in PackageCredit.balances(call.workspace, customer_id)
    ]  # fmt: skip


def _bookings(call: Call, customer_id: int) -> list[BookingOut]:
    """The latest ones; all of them are behind list_bookings."""
    page = BookingFilter(customer_id=customer_id).page(call.workspace)
    return [shown_row(call, row) for row in page.items]


def _timeline(call: Call, customer_id: int) -> list[Happened]:
    lines = latest_of(call.workspace, customer_id)
    return happened(call, lines, apps_of(lines))


def _custom_out(call: Call, answer: CustomAnswer) -> CustomOut:
    value = answer.value
    if answer.field.type == "money":
        value = money(call.workspace, value["minor"], value["currency"])
    return CustomOut(key=answer.field.key, label=answer.field.label, type=answer.field.type, value=value)
