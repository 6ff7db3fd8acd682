"""What contenders do in a race over customers; each says how it ended."""

from typing import Any

import blueprints.mcp.tools
from blueprints.mcp import pipeline
from blueprints.mcp.registry import tools_in
from blueprints.mcp.writes import Form
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM, Actor
from models.activity.undo import undo_of
from models.base import db
from models.customers import archive, merge
from models.customers.anonymise import anonymise as forget
from models.customers.custom_field import CustomField
from models.customers.enrolment import Person, take_in
from models.customers.filter import parse
from models.customers.tag import Tag
from models.customers.tagging import attach_tags, detach_tags
from models.insights.segment import Segment
from models.oauth.scope import pairs_of
from models.oauth.standing import Standing, WorkspaceFacts

OWN_TRANSACTION = ("call",)
SCOPES = ("mcp.read", "mcp.write")


def _here(workspace_id: int) -> Workspace:
    return db.session.get_one(Workspace, workspace_id)


def enrol(workspace_id: int, name: str, phone: str) -> str:
    done = take_in(_here(workspace_id), Person(name, phone=phone), SYSTEM, enrol=True)
    return f"{'made' if done.created else 'found'} {done.customer.shown_id}"


def put_away(workspace_id: int, shown: str) -> str:
    archive.archive(_here(workspace_id), shown, SYSTEM)
    return "archived"


def bring_back(workspace_id: int, shown: str) -> str:
    archive.restore(_here(workspace_id), shown, SYSTEM)
    return "restored"


def anonymise(workspace_id: int, shown: str) -> str:
    forget(_here(workspace_id), shown, SYSTEM)
    return "anonymised"


def combine(workspace_id: int, survivor: str, merged: str) -> str:
    merge.merge(_here(workspace_id), survivor, merged, SYSTEM)
    return "merged"


def undo(workspace_id: int, audit: int) -> str:
    undo_of(_here(workspace_id), audit).undo(SYSTEM)
    return "undone"


def tag(workspace_id: int, who: list[str], names: list[str]) -> str:
    attach_tags(_here(workspace_id), who, names, SYSTEM, create_missing=True)
    return "tagged"


def untag(workspace_id: int, who: list[str], names: list[str]) -> str:
    detach_tags(_here(workspace_id), who, names, SYSTEM)
    return "untagged"


def make_tag(workspace_id: int, name: str) -> str:
    Tag.create(_here(workspace_id), name, SYSTEM)
    return "made"


def rename_tag(workspace_id: int, shown: str, name: str) -> str:
    Tag.find(_here(workspace_id), shown).rename(name, SYSTEM)
    return "renamed"


def make_segment(workspace_id: int, name: str) -> str:
    Segment.create(_here(workspace_id), name, parse("kind:member"), SYSTEM)
    return "made"


def make_field(workspace_id: int, key: str) -> str:
    CustomField.create(_here(workspace_id), key, key, "text", SYSTEM)
    return "made"


def call(workspace_id: int, tool: str, arguments: dict[str, Any]) -> str:
    """The whole tool call, as the endpoint makes it: `done`, `repeated`, or the code of its refusal."""
    here = _here(workspace_id)
    facts = WorkspaceFacts(here.id, here.slug, here.name, here.timezone, here.plan_code, here.currency)
    standing = Standing(facts, Actor("app", consent_id=7, client_id="crm_race"), " ".join(SCOPES), pairs_of(SCOPES), "owner")
    found = tools_in(blueprints.mcp.tools).get(tool)
    assert found is not None
    result = pipeline.serve(found, arguments, standing, Form())
    if result.get("isError"):
        return str(result["content"][0]["text"])[:200]
    return "repeated" if result["structuredContent"].get("repeated") else "done"
