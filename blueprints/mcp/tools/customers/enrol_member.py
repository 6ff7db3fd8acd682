"""enrol_member: take somebody in, or enrol who is on record."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from blueprints.mcp.call import Call
from blueprints.mcp.registry import tool
from blueprints.mcp.shapes import RecordId
from blueprints.mcp.tools.customers._rows import CustomerOut, one_customer
from models.customers.contact_point import EMAIL_MAX, PHONE_MAX
from models.customers.customer import NAME_MAX, Channel
from models.customers.enrolment import Enrolled, Person, take_in
from models.customers.enrolment import enrol_member as enrol
from models.customers.opt_in import NotGrantedFor, Purpose
from models.customers.tag import NAME_MAX as TAG_MAX
from models.errors import Invalid


class OptInGiven(BaseModel):
    """A yes to messages."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    purpose: Purpose


class OptInRefused(BaseModel):
    """A yes that was not recorded: the customer, or somebody with the same number or address, had said no."""

    channel: Channel
    purpose: Purpose
    reason: NotGrantedFor


class MemberEnrolled(BaseModel):
    """Who it is, whether the record is new, whether they were enrolled just now, and what was given and not taken over."""

    customer: CustomerOut
    created: bool
    enrolled: bool
    not_taken: list[str] = []
    opt_ins_refused: list[OptInRefused] = []


@tool(title="Enrol member", capability="customers", access="write", idempotent=True, open_world=False)
def enrol_member(
    call: Call,
    member_id: Annotated[RecordId | None, Field(description="Enrols who is on record; instead of a name")] = None,
    name: Annotated[str | None, Field(min_length=1, max_length=NAME_MAX)] = None,
    phone: Annotated[str | None, Field(min_length=1, max_length=PHONE_MAX)] = None,
    email: Annotated[str | None, Field(min_length=1, max_length=EMAIL_MAX)] = None,
    native_name: Annotated[str | None, Field(min_length=1, max_length=NAME_MAX)] = None,
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=TAG_MAX)]] | None, Field(max_length=20)] = None,
    opt_ins: Annotated[list[OptInGiven] | None, Field(max_length=6)] = None,
    preferred_channel: Channel | None = None,
    allow_shared: Annotated[bool, Field(description="Two people share this phone or e-mail")] = False,
) -> MemberEnrolled:
    """Create a contact enrolled in loyalty, or enrol one by member_id. Who is known by phone or e-mail is not made twice:
    what their record lacks is added, and not_taken names what stands otherwise there."""
    given = {"name": name, "phone": phone, "email": email, "native_name": native_name}
    person = Person(
        name=name or "", phone=phone, email=email, native_name=native_name, tags=tags or (),
        opt_ins=[(each.channel, each.purpose) for each in opt_ins or ()], preferred_channel=preferred_channel, source="app",
    )  # fmt: skip
    if member_id is not None:
        extra = [field for field, value in given.items() if value is not None]
        if extra:
            raise Invalid(
                "Either somebody on record is enrolled, or somebody new is taken in, not both.",
                field=extra[0], for_apps="Leave out member_id, or name, phone, email and native_name.",
            )  # fmt: skip
        return _shown(call, enrol(call.workspace, member_id, call.actor, person=person))
    if name is None:
        raise Invalid("Who is enrolled has a name, or is on record.", field="name", for_apps="Give name or member_id.")
    return _shown(call, take_in(call.workspace, person, call.actor, enrol=True, allow_shared=allow_shared))


def _shown(call: Call, done: Enrolled) -> MemberEnrolled:
    refused = [OptInRefused(channel=each.channel, purpose=each.purpose, reason=each.reason) for each in done.not_granted]
    return MemberEnrolled(
        customer=one_customer(call, done.customer.id), created=done.created, enrolled=done.enrolled,
        not_taken=list(done.not_taken), opt_ins_refused=refused,
    )  # fmt: skip
