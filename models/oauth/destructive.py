"""May this app be given cancel, refund and delete for a quarter of an hour, here and by this person? (PRODUCT §3, gate 2)"""

from models.accounts.seat import Seat
from models.accounts.user import User
from models.base import db, inside
from models.errors import N_
from models.oauth import served
from models.oauth.consent import Consent
from models.oauth.scope import DESTRUCTIVE, listed, possible, within
from models.oauth.token_family import TokenFamily


def is_served() -> bool:
    """Whether any tool needs it; a scope that nothing serves is not offered."""
    return DESTRUCTIVE in listed(served.pairs())


def why_not(consent: Consent, user: User) -> str | None:
    """One sentence why this user cannot allow it for this consent now; None when they can."""
    client = consent.client
    if consent.user_id != user.id:
        return N_("Only the person who allowed this app can let it cancel, refund and delete.")
    if DESTRUCTIVE not in possible(client.asked_kind) or (client.ticked is not None and not within(DESTRUCTIVE, client.ticked)):
        return N_("This app was made without cancel, refund and delete. Settings → API can make one with it.")
    if consent.unlocks_at is not None:
        return N_("This app is new here and can only read for now.")
    seat = db.session.get(Seat, (consent.workspace_id, user.id))
    needed = [pair for pair in served.pairs() if pair[1] == "destructive"]
    if seat is None or seat.revoked_at is not None or not any(seat.may(*pair) for pair in needed):
        return N_("Your role in this workspace does not allow cancelling, refunding or deleting.")
    with inside(consent.workspace_id):
        connected = any(family.live for family in TokenFamily.of_consent(consent.workspace_id, consent.id))
    return None if connected else N_("This app is not connected at the moment. Connect it again first.")
