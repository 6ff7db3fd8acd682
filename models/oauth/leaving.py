"""What ends when a person leaves: a workspace, which takes their apps there along, or their old password.

A seat that is taken away withdraws its user's consents there, and one that is given back begins without any.
"""

from sqlalchemy import select

from models.accounts.seat import Seat, ends_with_a_seat
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import db, inside
from models.oauth.authorization_code import AuthorizationCode
from models.oauth.consent import Consent
from models.oauth.token_family import TokenFamily, Why


@ends_with_a_seat
def withdraw_consents(seat: Seat, by: Actor) -> None:
    """Withdraw every live consent of a seat's user in its workspace."""
    theirs = Consent.workspace_id == seat.workspace_id, Consent.user_id == seat.user_id, Consent.withdrawn_at.is_(None)
    for consent in db.session.scalars(select(Consent).where(*theirs)).all():
        consent.withdraw(by)


def end_all_of(user_id: int, by: Actor, why: Why = "password") -> None:
    """End every family of a user, in all workspaces: a password reset, or a change that also disconnects apps."""
    allowed = select(Consent).where(Consent.user_id == user_id, Consent.withdrawn_at.is_(None))
    for consent in db.session.scalars(allowed).all():
        end_families(consent, by, why)


def end_families(consent: Consent, by: Actor, why: Why) -> None:
    """End every family of a consent, which itself stays, and its codes that wait to be redeemed.

    A sign-in that a stranger has started is not finished with them.
    """
    with inside(consent.workspace_id):
        # First the codes: this waits for who is redeeming one, and the family they began is seen then.
        AuthorizationCode.expire_of_consent(consent.workspace_id, consent.id)
        TokenFamily.end_of_consent(consent.workspace_id, consent.id, why)
        named = by.acting_as(client_id=consent.client_id, consent_id=consent.id)
        fields = {"why": why}
        audit_event.record(
            consent.workspace_id, "end_families", named, entity="consent", entity_id=consent.id, fields=fields
        )
