"""Ending one token, as its own client asks (RFC 7009)."""

from enum import Enum, auto

from models.activity import audit_event
from models.activity.actor import Actor
from models.base import enter
from models.oauth.access_token import known, state_of
from models.oauth.ended_token import EndedToken
from models.oauth.guess import is_guess
from models.oauth.refresh_token import PREFIX, RefreshToken


class Outcome(Enum):
    """What became of it. The caller is told none of this."""

    ENDED = auto()
    ANOTHERS = auto()
    OVER = auto()
    UNKNOWN = auto()


def revoke_token(token: str, client_id: str, by: Actor) -> Outcome:
    """End a token of this client: a refresh token, current or spent, with its family; an access token by itself."""
    if token.startswith(f"{PREFIX}_"):
        return _refresh(token, client_id, by)
    return _access(token, client_id, by)


def _refresh(token: str, client_id: str, by: Actor) -> Outcome:
    presented = RefreshToken.presented(token)
    if presented is None:
        return Outcome.UNKNOWN
    if presented.held.client_id != client_id:
        return _anothers(presented.held.workspace_id, presented.held.family_id, by)
    presented.end_family(by)
    return Outcome.ENDED


def _access(token: str, client_id: str, by: Actor) -> Outcome:
    found = known(token)
    if found is None:
        return Outcome.UNKNOWN if is_guess(token) else Outcome.OVER
    row = state_of(found)
    if row is None:
        return Outcome.OVER
    if row.client_id != client_id:
        return _anothers(found.workspace_id, found.family_id, by)
    enter(found.workspace_id)
    EndedToken.end(found.workspace_id, found.mark, found.expires_at)
    named = by.acting_as(consent_id=row.consent_id, user_id=row.user_id)
    audit_event.record(
        found.workspace_id, "revoke_token", named, entity="token_family", entity_id=found.family_id, fields={"only": "access"}
    )
    return Outcome.ENDED


def _anothers(workspace_id: int, family_id: int, by: Actor) -> Outcome:
    """Somebody has a token that is not theirs: nothing ends, and the workspace's trail says so."""
    enter(workspace_id)
    audit_event.record(workspace_id, "revoke_token", by, outcome="refused", entity="token_family", entity_id=family_id)
    return Outcome.ANOTHERS
