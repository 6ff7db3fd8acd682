"""The tools that are served against PRODUCT §4, transcribed here: what they take, what they answer, what they belong to.

Left out is what is not real yet: tiers, spend, points, orders, messages, payments, and `notify`.
"""

from typing import Any

import pytest

import blueprints.mcp.tools
from blueprints.mcp.registry import Tool, tools_in
from models.customers.listing import SORTS

SERVED = list(tools_in(blueprints.mcp.tools))
EVERY = pytest.mark.parametrize("tool", SERVED, ids=lambda tool: tool.name)
LISTS = "limit? cursor?"
WRITES = {"read": "", "write": "idempotency_key? dry_run?", "destructive": "idempotency_key? dry_run? confirm_token?"}

# name: capability, access, input
TAKES = {
    "search_members": (
        "customers", "read",
        "query? tags_any? tags_all? segment_id? inactive_days? last_booking_before? last_booking_after? filter? sort? " + LISTS,
    ),
    "get_member_profile": ("customers", "read", "member_id include?"),
    "list_contacts": ("customers", "read", "kind? updated_since? " + LISTS),
    "list_tags": ("customers", "read", "prefix? " + LISTS),
    "enrol_member": (
        "customers", "write", "member_id? name? phone? email? native_name? tags? opt_ins? preferred_channel? allow_shared?",
    ),
    "attach_tags": ("customers", "write", "member_ids tags create_missing?"),
    "add_note": ("customers", "write", "member_id booking_id? body kind?"),
    "delete_contact": ("customers", "destructive", "member_id mode"),
    "list_services": ("bookings", "read", "category? staff_id? location_id? " + LISTS),
    "list_bookings": ("bookings", "read", "from? to? status? member_id? service_id? staff_id? location_id? " + LISTS),
    "get_booking_detail": ("bookings", "read", "booking_id"),
    "get_available_slots": ("bookings", "read", "service_id from to staff_id? location_id? party_size? exclude_booking_id?"),
    "create_booking": (
        "bookings", "write", "member_id service_id starts_at staff_id? location_id? party_size? package_id? note?",
    ),
    "reschedule_booking": ("bookings", "write", "booking_id starts_at staff_id? expected_version?"),
    "cancel_booking": ("bookings", "destructive", "booking_id reason cancelled_for? waive_fee? expected_version?"),
    "get_dashboard_stats": ("insights", "read", "period from? to?"),
    "list_segments": ("insights", "read", LISTS),
}  # fmt: skip

CUSTOMER = "id kind name native_name phone email tags locale birthday enrolled_at last_booking_at next_booking no_shows"
BOOKING = "id ref status starts_at ends_at service member staff location party_size price version"
NAMED = "id name"
PAGE = {"": "items next_cursor"}
# name: the members of each object of its result, by the path that leads to it
ANSWERS: dict[str, dict[str, str]] = {
    "search_members": PAGE | {"items": CUSTOMER + " matched_in", "items.next_booking": "id starts_at service"},
    "get_member_profile": {
        "": CUSTOMER + " opt_ins packages timeline notes bookings custom omitted", "opt_ins": "channel purpose status",
        "packages": "package_id name service_id left expires_at", "timeline": "at actor app what", "bookings": BOOKING,
    },
    "list_contacts": PAGE | {"items": CUSTOMER},
    "list_tags": PAGE | {"items": "id name count"},
    "enrol_member": {"": "customer", "customer": CUSTOMER},
    "attach_tags": {"": "customers", "customers": NAMED},
    "add_note": {"": "note", "note": "id body kind"},
    "delete_contact": {"": "customer kept", "customer": NAMED},
    "list_services": PAGE | {
        "items": "id kind name duration_min price capacity staff locations", "items.price": "minor currency display",
        "items.staff": NAMED,
    },
    "list_bookings": PAGE | {
        "items": BOOKING, "items.service": NAMED, "items.member": NAMED, "items.staff": NAMED,
        "items.price": "minor currency display",
    },
    "get_booking_detail": {
        "": BOOKING + " timeline allowed_actions fee_if_cancelled_now", "timeline": "at actor app what",
        "fee_if_cancelled_now": "minor currency display",
    },
    "get_available_slots": {"": "slots reason", "slots": "starts_at ends_at staff seats_left", "slots.staff": NAMED},
    "create_booking": {"": "booking", "booking": BOOKING},
    "reschedule_booking": {"": "booking", "booking": BOOKING},
    "cancel_booking": {"": "booking", "booking": BOOKING},
    "get_dashboard_stats": {
        "": "figures period previous_period", "figures": "key value previous change_pct", "period": "from to",
        "previous_period": "from to",
    },
    "list_segments": PAGE | {"items": "id name filter count counted_at"},
}  # fmt: skip
EVERY_WRITE = "status audit_id undo_until repeated summary confirm_token expires_at approval_url"


def words(said: str) -> set[str]:
    return set(said.split())


def at(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """The members of the object that a path leads to, through lists and what may be null."""
    for part in filter(None, path.split(".")):
        schema = schema["properties"][part]
        while "properties" not in schema:
            options = [schema["items"]] if "items" in schema else schema["anyOf"]
            schema = next(each for each in options if each.get("type") != "null")
    members: dict[str, Any] = schema["properties"]
    return members


def test_nothing_is_served_that_is_not_transcribed_here() -> None:
    assert {each.name for each in SERVED} == set(TAKES) == set(ANSWERS)


@EVERY
def test_it_belongs_to_the_products_capability_and_access(tool: Tool) -> None:
    assert (tool.capability, tool.access) == TAKES[tool.name][:2]


@EVERY
def test_it_takes_what_the_product_says_and_nothing_else(tool: Tool) -> None:
    said = words(f"{TAKES[tool.name][2]} {WRITES[tool.access]}")
    schema = tool.input_schema
    assert set(schema["properties"]) == {each.removesuffix("?") for each in said}
    assert set(schema.get("required", ())) == {each for each in said if not each.endswith("?")}


@EVERY
def test_it_answers_all_that_the_product_says(tool: Tool) -> None:
    schema = tool.output_schema
    for path, said in ANSWERS[tool.name].items():
        assert words(said) <= set(at(schema, path)), path
    assert {"workspace", "as_of"} <= set(schema["properties"])
    if tool.access != "read":
        assert words(EVERY_WRITE) <= set(schema["properties"])


@EVERY
def test_nothing_is_announced_that_is_not_real_yet(tool: Tool) -> None:
    unreal = {"tier", "tier_id", "notify", "spend", "points", "payments", "orders", "messages", "loyalty"}
    said = f"{tool.input_schema} {tool.output_schema}"
    assert not {word for word in unreal if f"'{word}'" in said}


def test_the_words_that_may_be_chosen_are_the_products() -> None:
    chosen = {
        ("search_members", "sort"): {
            sign + name for name in ("name", "last_booking", "created", "birthday") for sign in ("", "-")
        },
        ("list_contacts", "kind"): {"contact", "member"},
        ("add_note", "kind"): {"note", "call", "meeting"},
        ("delete_contact", "mode"): {"archive", "anonymise"},
        ("list_bookings", "status"): {"held", "pending", "confirmed", "checked_in", "completed", "cancelled", "no_show"},
        ("cancel_booking", "cancelled_for"): {"customer", "business"},
        ("get_dashboard_stats", "period"): {"today", "7d", "30d", "mtd", "last_month", "custom"},
        ("enrol_member", "preferred_channel"): {"email", "sms", "whatsapp"},
    }  # fmt: skip
    told = {each.name: each.input_schema["properties"] for each in SERVED}
    assert {key: set(told[key[0]][key[1]]["enum"]) for key in chosen} == chosen
    assert set(told["get_member_profile"]["include"]["items"]["enum"]) == {"notes", "bookings", "custom"}
    assert {"name", "last_booking", "created", "birthday"} <= set(SORTS)


def test_the_bounds_are_the_products() -> None:
    told = {each.name: each.input_schema["properties"] for each in SERVED}
    assert (told["attach_tags"]["member_ids"]["minItems"], told["attach_tags"]["member_ids"]["maxItems"]) == (1, 100)
    for properties in told.values():
        if "limit" in properties:
            assert {name: properties["limit"][name] for name in ("minimum", "maximum", "default")} == {
                "minimum": 1, "maximum": 100, "default": 25,
            }  # fmt: skip
        if "idempotency_key" in properties:
            assert (properties["idempotency_key"]["minLength"], properties["idempotency_key"]["maxLength"]) == (8, 64)
