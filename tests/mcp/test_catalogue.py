"""The tools that are really served: their names, hints, schemas and size, as clients and reviewers see them.

A snapshot each, so that a change of a public schema is seen: `UPDATE_SNAPSHOTS=1 pytest tests/mcp/test_catalogue.py`.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import blueprints.mcp.tools
from blueprints.mcp.arguments import EXTRAS
from blueprints.mcp.registry import CURATED, NAME_MAX, Catalogue, Tool, tools_in

SNAPSHOTS = Path(__file__).parent / "snapshots"
TOKENS_MAX = 7_000
CHARACTERS_A_TOKEN = 4

# name: access, then read-only, destructive, idempotent, open-world (PRODUCT §4)
PRODUCT = {
    "search_members": ("read", "TFTF"),
    "get_member_profile": ("read", "TFTF"),
    "list_contacts": ("read", "TFTF"),
    "list_tags": ("read", "TFTF"),
    "enrol_member": ("write", "FFTF"),
    "attach_tags": ("write", "FFTF"),
    "add_note": ("write", "FFFF"),
    "delete_contact": ("destructive", "FTTF"),
    "list_services": ("read", "TFTF"),
    "list_bookings": ("read", "TFTF"),
    "get_booking_detail": ("read", "TFTF"),
    "get_available_slots": ("read", "TFTF"),
    "create_booking": ("write", "FFTT"),
    "reschedule_booking": ("write", "FTTT"),
    "cancel_booking": ("destructive", "FTTT"),
    "list_tiers": ("read", "TFTF"),
    "get_membership_tier": ("read", "TFTF"),
    "get_loyalty_balance": ("read", "TFTF"),
    "list_promotions": ("read", "TFTF"),
    "list_invoices": ("read", "TFTF"),
    "create_payment_link": ("write", "FFFT"),
    "refund_payment": ("destructive", "FTFT"),
    "list_message_templates": ("read", "TFTF"),
    "draft_message": ("write", "FFFF"),
    "send_whatsapp_message": ("write", "FFFT"),
    "get_dashboard_stats": ("read", "TFTF"),
    "list_segments": ("read", "TFTF"),
    "validate_promotion": ("read", "TFTF"),
}

SERVED: Catalogue = tools_in(blueprints.mcp.tools)
EVERY = pytest.mark.parametrize("each", list(SERVED), ids=lambda each: each.name)


def objects_in(schema: Any) -> list[dict[str, Any]]:
    """Every object schema of a schema, itself included."""
    if isinstance(schema, list):
        return [found for part in schema for found in objects_in(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for part in schema.values() for found in objects_in(part)]


def test_the_order_is_the_products_and_holds_no_other_tool() -> None:
    assert tuple(PRODUCT) == CURATED
    names = [each.name for each in SERVED]
    assert names == [name for name in CURATED if name in names]


@EVERY
def test_access_and_hints_are_the_products(each: Tool) -> None:
    access, hints = PRODUCT[each.name]
    told = each.public["annotations"]
    spelled = "".join(
        "T" if told[hint] else "F" for hint in ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    )
    assert (each.access, spelled) == (access, hints)


@EVERY
def test_names_titles_and_descriptions_are_short_and_say_what_the_tool_does(each: Tool) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", each.name)
    assert len(each.name) <= NAME_MAX
    assert each.title
    assert 20 <= len(each.description) <= 300
    assert not re.search(r"\b(you (must|should)|always|never call|assistant|please)\b", each.description, re.IGNORECASE)


@EVERY
def test_the_input_schema_is_closed_and_self_contained(each: Tool) -> None:
    Draft202012Validator.check_schema(each.input_schema)
    for schema in objects_in(each.input_schema):
        assert schema.get("additionalProperties") is False, f"{each.name}: {schema}"
    said = json.dumps(each.input_schema)
    assert "$ref" not in said
    assert "$defs" not in said
    assert "workspace" not in each.input_schema["properties"]


@EVERY
def test_writes_take_what_every_write_takes_and_reads_do_not(each: Tool) -> None:
    properties = each.input_schema["properties"]
    for name in EXTRAS["destructive"]:
        assert (name in properties) == (name in EXTRAS[each.access])


@EVERY
def test_the_output_schema_admits_every_outcome(each: Tool) -> None:
    Draft202012Validator.check_schema(each.output_schema)
    required = each.output_schema["required"]
    if each.access == "read":
        assert {"workspace", "as_of"} <= set(required)
        return
    assert required == ["status"]
    for status in ("done", "dry_run", "needs_confirmation", "needs_approval"):
        Draft202012Validator(each.output_schema).validate({"status": status})


@EVERY
def test_lists_are_bounded_and_go_on(each: Tool) -> None:
    if "items" not in each.output_schema["properties"]:
        return
    assert each.output_schema["properties"]["items"]["items"]["properties"]["id"] == {"type": "string"}
    assert "next_cursor" in each.output_schema["properties"]
    limit = each.input_schema["properties"]["limit"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 25)


def test_without_output_schemas_the_list_fits_its_budget() -> None:
    """Clients send the list with every conversation; what is not served yet gets its even share of the room."""
    sizes = [
        len(json.dumps({k: v for k, v in each.public.items() if k != "outputSchema"}, separators=(",", ":"))) for each in SERVED
    ]
    assert sum(sizes) / CHARACTERS_A_TOKEN <= TOKENS_MAX * len(SERVED) / len(CURATED)


@EVERY
def test_the_public_form_is_the_one_last_agreed_on(each: Tool) -> None:
    kept = SNAPSHOTS / f"{each.name}.json"
    now = json.dumps(each.public, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        kept.write_text(now)
    assert kept.read_text() == now


def test_every_snapshot_is_of_a_tool_that_is_served() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.json")} == {each.name for each in SERVED}
