"""What the consent page offers: workspaces with why not, scopes with what locks them (PRODUCT §7, PORTAL §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext

from blueprints.oauth.checks.authorization import Asked
from blueprints.pages.formats import wall
from blueprints.pages.words_of_time import length_of
from models.accounts.seat import Seat, role_may
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.oauth.client import Client
from models.oauth.consent import Consent, first_seen
from models.oauth.quarantine import unlocks_at
from models.oauth.scope import DESTRUCTIVE, OFFLINE, SCOPES, Scope, pairs_of
from models.oauth.token_family import DESTRUCTIVE_FOR

_READS = {"mcp.write": "mcp.read", "crm.write": "crm.read"}
"""What is offered beside a scope that is locked: looking stays possible."""


@dataclass(frozen=True, slots=True)
class WorkspaceChoice:
    """One radio button."""

    id: int
    slug: str
    name: str
    role: str
    why_not: str | None
    locks: Mapping[str, str]
    """Scope → why it cannot be had in this workspace."""
    preselected: bool = False


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """One checkbox."""

    name: str
    sentence: str
    ticked: bool
    locked: str | None
    lasts: str | None
    """For how long it holds, where that is less than the connection."""
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """The choices of one page."""

    workspaces: tuple[WorkspaceChoice, ...]
    scopes: tuple[ScopeChoice, ...]
    bound_to: str | None
    """The slug that the request fixes, known or not."""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def possible(self) -> bool:
        """Whether there is anything to authorize; else only Deny is offered."""
        return any(choice.why_not is None for choice in self.workspaces)

    def workspace(self, slug: str | None) -> WorkspaceChoice | None:
        """The eligible workspace of a slug."""
        found = (choice for choice in self.workspaces if choice.slug == slug and choice.why_not is None)
        return next(found, None)


def offer_of(asked: Asked, client: Client, user: User, chosen: Mapping[str, Any] | None = None) -> Offer:
    """What this user may give this client now. `chosen`: what an earlier try of the same page had picked."""
    last = Consent.last_of(user.id, client.id)
    seats = Seat.all_of(user)
    scopes = set(asked.scopes)
    choices = [_workspace(seat, asked, client, scopes) for seat in seats]
    if asked.slug is not None:
        choices = [choice for choice in choices if choice.slug == asked.slug]
    eligible = [choice for choice in choices if choice.why_not is None]
    scopes |= {read for name, read in _READS.items() if name in scopes and any(name in choice.locks for choice in eligible)}
    picked = chosen.get("workspace") if chosen is not None else None
    preferred = _preferred(eligible, last, picked if isinstance(picked, str) else None)
    unticked = set(last.unticked.split()) if last is not None else set()
    if chosen is not None:
        unticked = scopes - set(chosen["scopes"])
    return Offer(
        workspaces=tuple(_marked(choice, preferred) for choice in choices),
        scopes=tuple(_scope(SCOPES[name], eligible, unticked) for name in SCOPES if name in scopes),
        bound_to=asked.slug,
        problems=chosen["problems"] if chosen is not None else {},
    )


def _workspace(seat: Seat, asked: Asked, client: Client, scopes: set[str]) -> WorkspaceChoice:
    place = seat.workspace
    locks = {} if _why_not(place, client) else _locks(seat, client, scopes)
    return WorkspaceChoice(place.id, place.slug, place.name, seat.role, _why_not(place, client), locks)


def _why_not(place: Workspace, client: Client) -> str | None:
    if not place.live:
        return str(gettext("This workspace is suspended."))
    if client.workspace_id is not None and client.workspace_id != place.id:
        return str(gettext("This app was made in another workspace and works only there."))
    return None


def _locks(seat: Seat, client: Client, scopes: set[str]) -> dict[str, str]:
    ends = unlocks_at(client.quarantined, first_seen(seat.workspace_id, client.fingerprint))
    until = ends.astimezone(seat.workspace.zone) if ends is not None else None
    return {name: why for name in scopes if (why := _lock(SCOPES[name], seat.role, until)) is not None}


def _lock(scope: Scope, role: str, until: datetime | None) -> str | None:
    if not scope.changes:
        return None
    if not any(role_may(role, capability, access) for capability, access in scope.own if access != "read"):
        return str(gettext("Your role in this workspace, %(role)s, does not allow this.", role=role))
    if until is not None:
        when = wall(until)
        return str(gettext("New apps only look for their first day. This unlocks %(time)s.", time=when))
    return None


def _preferred(eligible: list[WorkspaceChoice], last: Consent | None, picked: str | None) -> str | None:
    """The one picked before, else that of the last consent, else one they own, else the first."""
    slugs = [choice.slug for choice in eligible]
    if picked in slugs:
        return picked
    before = [choice.slug for choice in eligible if last is not None and choice.id == last.workspace_id]
    owned = [choice.slug for choice in eligible if choice.role == "owner"]
    return next(iter([*before, *owned, *slugs]), None)


def _marked(choice: WorkspaceChoice, preferred: str | None) -> WorkspaceChoice:
    return WorkspaceChoice(
        choice.id, choice.slug, choice.name, choice.role, choice.why_not, choice.locks, choice.slug == preferred
    )


def _scope(scope: Scope, eligible: list[WorkspaceChoice], unticked: set[str]) -> ScopeChoice:
    """Locked on the page only if every workspace that could be chosen locks it."""
    reasons = [choice.locks.get(scope.name) for choice in eligible]
    locked = reasons[0] if reasons and all(reasons) else None
    ticked = locked is None and scope.name not in unticked
    quarter = _minutes(DESTRUCTIVE_FOR) if scope.name == DESTRUCTIVE else None
    return ScopeChoice(scope.name, gettext(scope.sentence), ticked, locked, quarter, _tools_of(scope))


def _minutes(span: timedelta) -> str:
    return str(gettext("for %(time)s", time=length_of(int(span.total_seconds() // 60))))


def _tools_of(scope: Scope) -> tuple[str, ...]:
    """The titles of the tools behind a scope, for whoever wants to look closer."""
    if scope.name == OFFLINE:
        return ()
    catalogue = current_app.extensions["mcp"].catalogue
    pairs = scope.own or pairs_of(scope.implies)
    return tuple(tool.title for tool in catalogue if tool.pair in pairs)
