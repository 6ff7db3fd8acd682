"""What became of a consent: each time its app was connected, and its last calls."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from models.activity.audit_event import AuditEvent
from models.base import db, inside
from models.oauth.consent import Consent
from models.oauth.redirect_uri import Destination, destination
from models.oauth.refresh_token import RefreshToken
from models.oauth.token_family import TokenFamily

CALLS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Connection:
    """One time that the app was connected: a family."""

    created_at: datetime
    scopes: tuple[str, ...]
    returned_to: Destination | None
    """Where its code was sent; None where no browser was in between."""
    refreshed_at: datetime | None
    """When it last exchanged a refresh token; None while it has not."""
    live: bool
    ended_at: datetime | None
    ended_why: str | None


def connections(consent: Consent) -> list[Connection]:
    """The families of a consent, newest first."""
    with inside(consent.workspace_id):
        families = TokenFamily.of_consent(consent.workspace_id, consent.id)
        refreshed = _refreshed(consent.workspace_id, [family.id for family in families])
    return [
        Connection(
            family.created_at, tuple(family.scopes.split()),
            destination(family.redirect_uri) if family.redirect_uri is not None else None,
            refreshed.get(family.id), family.live and consent.withdrawn_at is None, family.ended_at, family.ended_why,
        )
        for family in families
    ]  # fmt: skip


def last_calls(consent: Consent) -> list[AuditEvent]:
    """The last 50 tool calls under a consent, newest first."""
    with inside(consent.workspace_id):
        made = select(AuditEvent).where(
            AuditEvent.workspace_id == consent.workspace_id, AuditEvent.consent_id == consent.id, AuditEvent.tool.is_not(None)
        )
        return list(db.session.scalars(made.order_by(AuditEvent.id.desc()).limit(CALLS_SHOWN)))


def _refreshed(workspace_id: int, family_ids: list[int]) -> dict[int, datetime]:
    """When each family's newest successor was issued; a family's first token succeeds none."""
    theirs = RefreshToken.workspace_id == workspace_id, RefreshToken.family_id.in_(family_ids)
    latest = select(RefreshToken.family_id, func.max(RefreshToken.issued_at)).where(*theirs, RefreshToken.parent_id.is_not(None))
    return {row[0]: row[1] for row in db.session.execute(latest.group_by(RefreshToken.family_id))}
