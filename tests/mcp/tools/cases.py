"""Good and bad arguments of every tool, and a salon with one of everything that they name."""

from dataclasses import dataclass
from typing import Any

from models.base import new_id, show, writing
from models.bookings.class_session import add_class
from models.bookings.location import Location
from models.bookings.package import Package
from models.customers.custom_field import CustomField
from models.customers.custom_value import set_values
from models.customers.customer import Customer
from models.customers.filter import parse
from models.customers.note import Note
from models.insights.segment import Segment
from tests.bookings.salon import Salon, hk
from tests.cast import Place
from tests.customers.desk import ALICE, facts, person

Ids = dict[str, str]


@dataclass(frozen=True)
class Case:
    """How a tool is called: `good` arguments, in which a word of `Ids` stands for an id, and what makes them `bad`."""

    good: dict[str, Any]
    bad: dict[str, Any]
    ids: tuple[str, ...] = ()
    """The arguments that take ids."""


CASES: dict[str, Case] = {
    "search_members": Case(
        {"query": "customer", "segment_id": "seg", "filter": "kind:contact"}, {"filter": "colour:red"}, ("segment_id",),
    ),
    "get_member_profile": Case(
        {"member_id": "mem", "include": ["notes", "bookings", "custom"]}, {"include": ["orders"]}, ("member_id",),
    ),
    "list_contacts": Case({"kind": "contact", "updated_since": "-1d"}, {"updated_since": "1026-01-01"}),
    "list_tags": Case({"prefix": "v"}, {"limit": 101}),
    "enrol_member": Case({"member_id": "mem", "tags": ["vip"]}, {"tags": ["no such tag"]}, ("member_id",)),
    "attach_tags": Case({"member_ids": ["mem", "who"], "tags": ["new"], "create_missing": True}, {"tags": []}, ("member_ids",)),
    "add_note": Case({"member_id": "mem", "booking_id": "bkg", "body": "called"}, {"body": ""}, ("member_id", "booking_id")),
    "delete_contact": Case({"member_id": "who", "mode": "archive"}, {"mode": "delete"}, ("member_id",)),
    "list_services": Case({"staff_id": "stf", "location_id": "loc"}, {"limit": 0}, ("staff_id", "location_id")),
    "list_bookings": Case(
        {"from": "today", "to": "+7d", "member_id": "mem", "service_id": "svc", "staff_id": "stf", "location_id": "loc"},
        {"status": "lost"}, ("member_id", "service_id", "staff_id", "location_id"),
    ),
    "get_booking_detail": Case({"booking_id": "bkg"}, {"booking_id": "mem"}, ("booking_id",)),
    "get_available_slots": Case(
        {"service_id": "svc", "from": "today", "to": "+3d", "staff_id": "stf", "location_id": "loc", "exclude_booking_id": "bkg"},
        {"to": "+40d"}, ("service_id", "staff_id", "location_id", "exclude_booking_id"),
    ),
    "create_booking": Case(
        {"member_id": "mem", "service_id": "svc", "starts_at": "+3d 10:00", "staff_id": "stf", "location_id": "loc",
         "package_id": "pkg"},
        {"starts_at": "yesterday 14:00"}, ("member_id", "service_id", "staff_id", "location_id", "package_id"),
    ),
    "reschedule_booking": Case(
        {"booking_id": "bkg", "starts_at": "+4d 11:00", "staff_id": "stf"}, {"starts_at": "soon"}, ("booking_id", "staff_id"),
    ),
    "cancel_booking": Case({"booking_id": "other", "reason": "ill"}, {"reason": ""}, ("booking_id",)),
    "get_dashboard_stats": Case({"period": "custom", "from": "-7d", "to": "today"}, {"period": "century"}),
    "list_segments": Case({}, {"limit": 0}),
}  # fmt: skip
"""By name, in no order; `who` is a customer without bookings, `other` a booking that nothing else names."""

PREFIXES = {"who": "mem", "other": "bkg"}


def furnish(place: Place, tomorrow: str) -> Ids:
    """One of everything in a workspace, with bookings on a day (`2026-05-06`)."""
    salon = Salon.open(place.id)
    who = person(place, "Tagged Customer", tags=("vip",))
    with writing():
        location = Location.add(salon.workspace, "Central", ALICE).shown_id
        package = Package.add(salon.workspace, "Ten", 1, {salon.service(): 10}, ALICE)
        package.grant(salon.customers[0], ALICE)
        shown_package = package.shown_id
        segment = Segment.create(facts(place), "Everybody", parse(""), ALICE).shown_id
        CustomField.create(facts(place), "shoe", "Shoe", "number", ALICE, filterable=True)
        customer = Customer.hold(salon.workspace, salon.customers[0])
        set_values(facts(place), customer, {"shoe": 38}, ALICE)
        Note.add(customer, "likes tea", ALICE)
        add_class(salon.service("yoga"), hk(f"{tomorrow} 18:00"), [salon.person("Ann")], ALICE)
    with writing():
        booking = salon.book(f"{tomorrow} 10:00", staff="Bea").shown_id
        other = salon.book(f"{tomorrow} 15:00", staff="Bea", who=1).shown_id
    return {
        "mem": show("mem", salon.customers[0]), "who": who, "bkg": booking, "other": other, "seg": segment, "loc": location,
        "pkg": shown_package, "svc": show("svc", salon.services["massage"]), "stf": show("stf", salon.staff["Bea"]),
    }  # fmt: skip


def nobodys(word: str) -> str:
    """An id that no record has."""
    return show(PREFIXES.get(word, word), new_id())


def with_ids(value: Any, ids: Ids) -> Any:
    """The arguments with real ids in place of words."""
    if isinstance(value, dict):
        return {name: with_ids(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [with_ids(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


def strangers(case: Case, name: str, mine: Ids, put: Any) -> list[dict[str, Any]]:
    """Good arguments in which one id, at each place of a list in turn, is what `put` makes of its word."""
    given, word = with_ids(case.good, mine), case.good[name]
    if isinstance(word, list):
        return [
            {**given, name: [*given[name][:place], put(each), *given[name][place + 1 :]]} for place, each in enumerate(word)
        ]
    return [{**given, name: put(word)}]

