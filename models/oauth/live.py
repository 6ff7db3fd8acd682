"""What "live" means, once: the joins and the condition that codes, refreshes and every bearer check share (OAUTH §1).

A consent stands while it is not withdrawn, its client is neither revoked nor blocked, its workspace is open, and the
user behind it, if any, is enabled and has a seat there.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Join, and_, bindparam, or_

from models.accounts.seat import Seat
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.base import Instant
from models.oauth.client import Client
from models.oauth.consent import Consent
from models.oauth.token_family import TokenFamily

NOW: Any = bindparam("now", type_=Instant)
"""The instant that a statement is asked for; given with its parameters."""


def around_consent(source: Any) -> Join:
    """Join what a consent depends on to a source that holds `consent`."""
    joined: Join = source.join(Client.__table__, Client.id == Consent.client_id)
    joined = joined.join(Workspace.__table__, Workspace.id == Consent.workspace_id)
    joined = joined.outerjoin(User.__table__, User.id == Consent.user_id)
    with_seat = and_(Seat.workspace_id == Consent.workspace_id, Seat.user_id == Consent.user_id)
    return joined.outerjoin(Seat.__table__, with_seat)


def families() -> Join:
    """`token_family` with its consent and all that depends on it."""
    same = and_(Consent.workspace_id == TokenFamily.workspace_id, Consent.id == TokenFamily.consent_id)
    return around_consent(TokenFamily.__table__.join(Consent.__table__, same))


def consent_stands() -> ColumnElement[bool]:
    """Whether a consent allows anything now."""
    person = and_(User.disabled_at.is_(None), Seat.user_id.is_not(None), Seat.revoked_at.is_(None))
    return and_(
        Consent.withdrawn_at.is_(None),
        Client.revoked_at.is_(None),
        Client.blocked_at.is_(None),
        Workspace.is_live(),
        or_(Consent.user_id.is_(None), person),
    )


def family_stands(now: datetime | Any = NOW) -> ColumnElement[bool]:
    """Whether a family is live, and the consent behind it stands."""
    not_over = or_(TokenFamily.ends_at.is_(None), TokenFamily.ends_at > now)
    return and_(TokenFamily.ended_at.is_(None), not_over, consent_stands())
