"""What the authorization server forgets: apps that nobody allowed, tokens of families that ended, counters of days gone by.

Families themselves stay, as marks. Spent refresh tokens of a live family are kept to the end: a second presentation must
still be seen.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, or_, select

from models import clock
from models.accounts.workspace import Workspace
from models.base import db, inside
from models.oauth import told_once
from models.oauth.access_token import AccessToken
from models.oauth.assertion_jti import AssertionJti
from models.oauth.authorization_code import AuthorizationCode
from models.oauth.client import Client
from models.oauth.consent import Consent
from models.oauth.ended_token import KEPT_ON
from models.oauth.refresh_token import RefreshToken
from models.oauth.registration import RegistrationCount, today
from models.oauth.token_family import TokenFamily

KEPT = timedelta(days=30)
UNUSED_KEPT = timedelta(hours=48)
"""How long an app that described itself is kept while nobody has ever consented to it."""


def purge() -> int:
    """Remove what is over; returns how many apps went that nobody consented to. Under `writing()`.

    An app that registers anew every day is no reason to keep it: it gets a new client.
    """
    at = clock.now()
    never_allowed = Client.created_at < at - UNUSED_KEPT, ~exists().where(Consent.client_id == Client.id)
    described_itself = Client.kind.in_(("registered", "published")), Client.blocked_at.is_(None)
    idle = select(Client.id).where(*described_itself, *never_allowed).with_for_update(skip_locked=True)
    removed = db.session.execute(delete(Client).where(Client.id.in_(idle)).returning(Client.id)).all()
    sweep_tokens()
    told_once.sweep()
    db.session.execute(delete(RegistrationCount).where(RegistrationCount.day < today()))
    db.session.execute(delete(AssertionJti).where(AssertionJti.expires_at < at - KEPT_ON))
    return len(removed)


def sweep_tokens() -> int:
    """Remove the tokens of families that ended a month ago, workspace by workspace; how many refresh tokens went."""
    before, removed = clock.now() - KEPT, 0
    for workspace_id in db.session.scalars(select(Workspace.id)).all():
        with inside(workspace_id):
            over = select(TokenFamily.id).where(
                TokenFamily.workspace_id == workspace_id, or_(TokenFamily.ended_at < before, TokenFamily.ends_at < before)
            )
            removed += _remove(RefreshToken, workspace_id, over)
            _remove(AccessToken, workspace_id, over)
            _remove(AuthorizationCode, workspace_id, over)
    return removed


def _remove(table: Any, workspace_id: int, families: Any) -> int:
    mine = table.workspace_id == workspace_id, table.family_id.in_(families)
    return len(db.session.execute(delete(table).where(*mine).returning(table.id)).all())
