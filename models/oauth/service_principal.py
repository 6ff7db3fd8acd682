"""A service principal: an app made in Settings → API that acts without a person, by client credentials (PRODUCT §3).

One consent row without a user and one standing family a client. Revoking the row disables it until an owner enables
it again.
"""

from sqlalchemy import select

from models.activity.actor import Actor
from models.base import db, enter, new_id
from models.errors import NotAllowed
from models.oauth.client import Client
from models.oauth.consent import Consent
from models.oauth.scope import DESTRUCTIVE
from models.oauth.token_family import Held, TokenFamily
from models.settings import settings


class ServiceDisabled(NotAllowed):
    """Its row on Connected apps was revoked."""

    def __init__(self) -> None:
        super().__init__("This app was disconnected. An owner can enable it again in Settings > API.")


def standing_family(client: Client, workspace_id: int, by: Actor) -> Held:
    """The family that all tokens of a service principal belong to; made with its consent at the first token.

    Raises ServiceDisabled. Under `writing()`.
    """
    enter(workspace_id)
    return _standing(client, workspace_id) or _begun(client, workspace_id, by)


def _standing(client: Client, workspace_id: int) -> Held | None:
    """The live family, with the scopes that are ticked now."""
    consent = Consent.live_of(None, client.id, workspace_id)
    if consent is None:
        return None
    mine = TokenFamily.workspace_id == workspace_id, TokenFamily.consent_id == consent.id, TokenFamily.ended_at.is_(None)
    family_id = db.session.scalar(select(TokenFamily.id).where(*mine).limit(1))
    return _held(client, consent, family_id) if family_id is not None else None


def _begun(client: Client, workspace_id: int, by: Actor) -> Held:
    """The first token's part, one at a time: a parallel twin finds what the first has made."""
    db.session.execute(select(Client.id).where(Client.id == client.id).with_for_update(key_share=True))
    found = _standing(client, workspace_id)
    if found is not None:
        return found
    if is_disabled(client.id, workspace_id):
        raise ServiceDisabled
    consent = Consent.live_of(None, client.id, workspace_id) or _begin(client, workspace_id, by)
    held = _held(client, consent, new_id())
    TokenFamily.begin(held)
    return held


def _held(client: Client, consent: Consent, family_id: int) -> Held:
    return Held(
        workspace_id=consent.workspace_id, family_id=family_id, consent_id=consent.id, client_id=client.id, user_id=None,
        scopes=(client.ticked or frozenset()) - {DESTRUCTIVE}, asked=None, audience=f"{settings().base_url}/mcp",
        refreshable=False, destructive_until=None, ends_at=None,
    )  # fmt: skip


def is_disabled(client_id: str, workspace_id: int) -> bool:
    """Whether its last consent was withdrawn and nobody has enabled it again."""
    was = select(Consent.id).where(Consent.workspace_id == workspace_id, Consent.client_id == client_id)
    was = was.where(Consent.user_id.is_(None))
    return Consent.live_of(None, client_id, workspace_id) is None and db.session.scalar(was.limit(1)) is not None


def enable(client: Client, by: Actor) -> None:
    """Let it work again after its row was revoked: an owner, in Settings → API. Under `writing()`."""
    if client.workspace_id is not None and is_disabled(client.id, client.workspace_id):
        _begin(client, client.workspace_id, by)


def _begin(client: Client, workspace_id: int, by: Actor) -> Consent:
    """The standing yes of whoever made the client."""
    return Consent.give(None, client, workspace_id, (client.ticked or frozenset()) - {DESTRUCTIVE}, (), by)
