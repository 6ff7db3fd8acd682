"""A row of Connected apps: a consent or an API key with what it may do, how it is used, and what went wrong with it.

Connected apps spans workspaces: consents are read across them, their families and calls workspace by workspace.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from models import clock
from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity.audit_event import AuditEvent
from models.base import InWorkspace, Page, PageOrder, db, inside
from models.base.ids import COUNTER_BITS
from models.base.instants import to_ms
from models.oauth.api_key import ApiKey
from models.oauth.client import Client
from models.oauth.consent import Consent
from models.oauth.quarantine import is_trusted
from models.oauth.redirect_uri import Destination, destination
from models.oauth.scope import DESTRUCTIVE, canonical_order
from models.oauth.token_family import TokenFamily, holds_now

COUNTED = timedelta(days=30)
UNUSED = timedelta(days=60)
_STOLEN = ("reuse", "code_reuse")

Standing = Literal["verified", "published", "registered", "created", "static", "key"]
"""How far its name can be believed: trusted host, other host, nobody checked it; made here, by the operator, a key."""


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """What the page shows of one consent or key."""

    id: str
    kind: Literal["consent", "key"]
    name: str
    """As it was called when it was allowed."""
    publisher: str | None
    """The host that speaks for a published identity."""
    returns_to: tuple[Destination, ...]
    """Where the answers went of all its live families, else of the last one; none where no browser was in between."""
    standing: Standing
    user_name: str | None
    """Who allowed it; None where no person stands behind it."""
    own: bool
    workspace_id: int
    workspace_name: str
    workspace_slug: str
    timezone: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    calls: int
    """In the last 30 days."""
    connected: bool
    """Whether a family is live, so that the app can call without asking again."""
    blocked: bool
    """Whether the app itself was revoked or blocked."""
    unlocks_at: datetime | None = None
    destructive_until: datetime | None = None
    incident_at: datetime | None = None
    """When a refresh token or code of it was presented twice, if nobody has connected it anew since."""
    ended_at: datetime | None = None

    @property
    def unused(self) -> bool:
        """Whether it has not called for 60 days."""
        return (self.last_used_at or self.created_at) < clock.now() - UNUSED


def for_user(user: User, cursor: str | None = None, limit: int = 25) -> Page[ConnectedApp]:
    """The apps that this user allowed, in any workspace, and all apps of the workspaces they manage; newest first."""
    managed = _managed_by(user)
    mine = or_(Consent.user_id == user.id, Consent.workspace_id.in_(managed))
    shown = select(Consent).where(mine, Consent.withdrawn_at.is_(None)).options(*_WITH)
    page: Page[Consent] = Page.of(
        shown, [PageOrder(Consent.id, descending=True)], cursor, limit, asked=["connected-apps", user.id, sorted(managed)]
    )
    return Page(_rows(page.items, user), page.next_cursor)


def of_consent(consent: Consent, user: User) -> ConnectedApp:
    """One row, withdrawn ones too."""
    return _rows([consent], user)[0]


def keys_managed_by(user: User) -> list[ConnectedApp]:
    """The live API keys of the workspaces that this user manages."""
    found: list[ConnectedApp] = []
    for workspace in db.session.scalars(select(Workspace).where(Workspace.id.in_(_managed_by(user))).order_by(Workspace.name)):
        with inside(workspace.id):
            keys = db.session.scalars(ApiKey.newest_first(workspace).where(ApiKey.revoked_at.is_(None))).all()
            calls = _calls_of_keys(workspace, keys)
            found += [_of_key(key, workspace, calls[key.id]) for key in keys]
    return found


def places_of(consent: Consent, user: User) -> list[str]:
    """The workspaces in which this user allows this app; none for a consent of somebody else's."""
    if consent.user_id != user.id:
        return []
    mine = Consent.user_id == user.id, Consent.client_id == consent.client_id, Consent.withdrawn_at.is_(None)
    names = select(Workspace.name).join(Consent, Consent.workspace_id == Workspace.id).where(*mine)
    return list(db.session.scalars(names.order_by(Workspace.name)))


@dataclass(frozen=True, slots=True)
class LastCall:
    """Who called a workspace last, and when."""

    name: str
    at: datetime


def last_call(workspace: InWorkspace) -> LastCall | None:
    """The latest call of any app or key in a workspace; None while nothing has called. In the workspace entered."""
    app = select(Consent.app_name, Consent.last_used_at)
    app = app.where(Consent.workspace_id == workspace.id, Consent.last_used_at.is_not(None)).order_by(Consent.last_used_at.desc())
    key = select(ApiKey.name, ApiKey.last_used_at).where(ApiKey.workspace_id == workspace.id, ApiKey.last_used_at.is_not(None))
    rows = [db.session.execute(each.limit(1)).first() for each in (app, key.order_by(ApiKey.last_used_at.desc()))]
    calls = [LastCall(row[0], row[1]) for row in rows if row is not None and row[1] is not None]
    return max(calls, key=lambda call: call.at, default=None)


def names_of(workspace: InWorkspace, client_ids: Collection[str]) -> dict[str, str]:
    """What apps are called, by their ids: as somebody allowed them in this workspace last, else as they say now."""
    known = select(Client.id, Client.name).where(Client.id.in_(client_ids))
    allowed = select(Consent.client_id, Consent.app_name).where(
        Consent.workspace_id == workspace.id, Consent.client_id.in_(client_ids)
    )
    now, as_allowed = db.session.execute(known), db.session.execute(allowed.order_by(Consent.renewed_at))
    return {row[0]: row[1] for row in (*now, *as_allowed)}


def standing_of(client: Client) -> Standing:
    """How far a client's name can be believed."""
    if client.kind == "published":
        return "verified" if is_trusted(client.id) else "published"
    return "registered" if client.kind == "registered" else "created" if client.kind == "created" else "static"


_WITH = (selectinload(Consent.user), selectinload(Consent.workspace))


def _managed_by(user: User) -> list[int]:
    return [seat.workspace_id for seat in Seat.all_of(user) if seat.may("apps", "write")]


def _rows(consents: Sequence[Consent], user: User) -> list[ConnectedApp]:
    by_workspace: dict[int, list[Consent]] = defaultdict(list)
    for consent in consents:
        by_workspace[consent.workspace_id].append(consent)
    rows: dict[int, ConnectedApp] = {}
    for workspace_id, group in by_workspace.items():
        with inside(workspace_id):
            ids = [consent.id for consent in group]
            families, calls = _families(workspace_id, ids), _calls(workspace_id, ids)
            rows |= {consent.id: _of_consent(consent, user, families[consent.id], calls.get(consent.id, 0)) for consent in group}
    return [rows[consent.id] for consent in consents]


def _of_consent(consent: Consent, user: User, families: Sequence[TokenFamily], calls: int) -> ConnectedApp:
    client, place = consent.client, consent.workspace
    live = [family for family in families if family.live] if consent.withdrawn_at is None else []
    until = max((each.destructive_until for each in live if each.destructive_until), default=None)
    destructive = until if holds_now(until) else None
    stolen = [each.ended_at for each in families if each.ended_why in _STOLEN and each.ended_at is not None]
    incident = max((at for at in stolen if at >= consent.renewed_at), default=None)
    return ConnectedApp(
        id=consent.shown_id, kind="consent", name=consent.app_name, publisher=client.publisher,
        returns_to=_returns_to(consent, live), standing=standing_of(client),
        user_name=consent.user.name if consent.user else None, own=consent.user_id == user.id,
        workspace_id=place.id, workspace_name=place.name, workspace_slug=place.slug, timezone=place.timezone,
        scopes=_held(consent, live, destructive), created_at=consent.created_at, last_used_at=consent.last_used_at, calls=calls,
        connected=bool(live), blocked=not client.live, unlocks_at=consent.unlocks_at, destructive_until=destructive,
        incident_at=incident, ended_at=consent.withdrawn_at,
    )  # fmt: skip


def _held(consent: Consent, live: Iterable[TokenFamily], destructive: datetime | None) -> tuple[str, ...]:
    """The union of the live families' scopes (OAUTH §1); what was ticked last while there is none."""
    held = {scope for family in live for scope in family.scopes.split()} or set(consent.scopes.split()) - {DESTRUCTIVE}
    return canonical_order(held | {DESTRUCTIVE} if destructive else held)


def _returns_to(consent: Consent, live: Iterable[TokenFamily]) -> tuple[Destination, ...]:
    uris = [family.redirect_uri for family in live if family.redirect_uri is not None]
    if not uris and consent.redirect_uri is not None:
        uris = [consent.redirect_uri]
    return tuple(dict.fromkeys(destination(uri) for uri in uris))


def _of_key(key: ApiKey, workspace: Workspace, calls: int) -> ConnectedApp:
    over = key.expires_at is not None and key.expires_at <= clock.now()
    return ConnectedApp(
        id=key.shown_id, kind="key", name=key.name, publisher=None, returns_to=(), standing="key", user_name=None, own=False,
        workspace_id=workspace.id, workspace_name=workspace.name, workspace_slug=workspace.slug, timezone=workspace.timezone,
        scopes=canonical_order(key.scopes.split()), created_at=key.created_at, last_used_at=key.last_used_at, calls=calls,
        connected=not over, blocked=False,
    )  # fmt: skip


def _families(workspace_id: int, consent_ids: Sequence[int]) -> dict[int, list[TokenFamily]]:
    found: dict[int, list[TokenFamily]] = defaultdict(list)
    mine = TokenFamily.workspace_id == workspace_id, TokenFamily.consent_id.in_(consent_ids)
    for family in db.session.scalars(select(TokenFamily).where(*mine).order_by(TokenFamily.id)):
        found[family.consent_id].append(family)
    return found


def _calls(workspace_id: int, consent_ids: Sequence[int]) -> dict[int, int]:
    made = select(AuditEvent.consent_id, func.count()).where(
        AuditEvent.workspace_id == workspace_id, AuditEvent.consent_id.in_(consent_ids),
        AuditEvent.id >= _first_counted(), AuditEvent.tool.is_not(None),
    )  # fmt: skip
    return {row[0]: row[1] for row in db.session.execute(made.group_by(AuditEvent.consent_id)) if row[0] is not None}


def _calls_of_keys(workspace: Workspace, keys: Sequence[ApiKey]) -> dict[int, int]:
    """A call by a key has no consent; its actor is the key."""
    if not keys:
        return {}
    by_actor = {f"key:{key.id}": key.id for key in keys}
    made = select(AuditEvent.actor_id, func.count()).where(
        AuditEvent.workspace_id == workspace.id, AuditEvent.id >= _first_counted(), AuditEvent.actor_kind == "api_key",
        AuditEvent.actor_id.in_(by_actor), AuditEvent.tool.is_not(None),
    )  # fmt: skip
    counted = {row[0]: row[1] for row in db.session.execute(made.group_by(AuditEvent.actor_id))}
    return {key_id: counted.get(actor, 0) for actor, key_id in by_actor.items()}


def _first_counted() -> int:
    """The least id that an event of the last 30 days can have: ids begin with their instant (models/base/ids.py)."""
    return to_ms(clock.now() - COUNTED) << COUNTER_BITS
