"""Apps that register themselves (RFC 7591), counted and shared, and managed by their own token (RFC 7592)."""

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Key, db, savepoint
from models.base.addresses import network
from models.base.constraints import insert_if_new
from models.errors import LimitReached
from models.oauth import leaving
from models.oauth.block import Blocked, refuse_blocked
from models.oauth.client import Client, new_client_id
from models.oauth.client_metadata import ClientMetadata
from models.oauth.consent import Consent
from models.settings import settings


class TooManyRegistrations(LimitReached):
    """The address has made all the new clients of its UTC day."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many apps were registered from this address today.", retry_after=retry_after)
        self.retry_after = retry_after


class RegistrationCount(Base):
    """How many new clients an address made in a UTC day; IPv6 counts by its /64."""

    __tablename__ = "registration_count"
    address: Mapped[str] = mapped_column(Key, primary_key=True)
    day: Mapped[str] = mapped_column(Key, primary_key=True)
    made: Mapped[int] = mapped_column(Integer)


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to a registration; secrets are told this once."""

    client: Client
    secret: str | None = None
    registration_token: str | None = None


def register(said: ClientMetadata, by: Actor) -> Registered:
    """Register an app (RFC 7591 §3.1). Equal public metadata gives back the same client and does not count.

    A confidential app gets its own client, secret and registration access token. Raises TooManyRegistrations, Blocked.
    """
    refuse_blocked("", said.redirect_uris)
    if said.auth_method != "none":
        return _own_client(said, by)
    found = _shared(said.registration_digest)
    if found is None:
        found = _make_shared(said, by) or _shared(said.registration_digest)
    if found is None or not found.live:
        raise Blocked
    found.used()
    return Registered(found)


def update_registration(client: Client, said: ClientMetadata, by: Actor) -> None:
    """Replace what a confidential self-registered app says about itself (RFC 7592 §2.2); its age and its blocks stay.

    What makes it another app (its name, where it returns to) ends what was allowed to the one it was: people consent to
    what they saw. Raises Blocked. Under `writing()`.
    """
    refuse_blocked(client.id, said.redirect_uris)
    before = client.fingerprint
    client.describe(said)
    db.session.flush()
    audit_event.record_security("update_client", "done", by.acting_as(client_id=client.id))
    if client.fingerprint != before:
        for consent in db.session.scalars(select(Consent).where(Consent.client_id == client.id)).all():
            if consent.withdrawn_at is None:
                leaving.end_families(consent, by, "changed")


def today() -> str:
    """The UTC day that registrations are counted by."""
    return clock.now().astimezone(UTC).strftime("%Y-%m-%d")


def _own_client(said: ClientMetadata, by: Actor) -> Registered:
    secret = opaque.make("crmcs") if said.auth_method.startswith("client_secret") else None
    token = opaque.make("crmrg")
    _count_new(by.address)
    client = Client(
        **_row(said, by), secret_hash=opaque.digest(secret) if secret else None, registration_token_hash=opaque.digest(token)
    )
    db.session.add(client)
    db.session.flush()
    audit_event.record_security("register_client", "done", by.acting_as(client_id=client.id))
    return Registered(client, secret, token)


def _shared(digest: str) -> Client | None:
    return db.session.scalar(select(Client).where(Client.digest == digest))


class _AnotherWasFirst(Exception):
    """The same registration arrived twice at once; this one does not count."""


def _make_shared(said: ClientMetadata, by: Actor) -> Client | None:
    """Make the shared client, or None where a parallel registration has just made it."""
    row = {**_row(said, by), "digest": said.registration_digest}
    try:
        with savepoint():
            _count_new(by.address)
            made = db.session.execute(insert_if_new(Client).values(**row).returning(Client.id)).scalar()
            if made is None:
                raise _AnotherWasFirst
    except _AnotherWasFirst:
        return None
    except TooManyRegistrations:  # its equal may have been the day's last while this one waited to be counted
        if _shared(said.registration_digest) is None:
            raise
        return None
    audit_event.record_security("register_client", "done", by.acting_as(client_id=made))
    return db.session.get_one(Client, made)


def _row(said: ClientMetadata, by: Actor) -> dict[str, Any]:
    client_id = new_client_id()
    first = {"id": client_id, "kind": "registered", "created_at": clock.now(), "address": by.address, "token_format": "jwt"}
    return {**first, **Client.facts_of(said, "registered", client_id)}


_COUNT = text(
    "INSERT INTO registration_count (address, day, made) VALUES (:address, :day, 1)"
    " ON CONFLICT (address, day) DO UPDATE SET made = registration_count.made + 1"
    " WHERE registration_count.made < :limit RETURNING made"
).bindparams(bindparam("limit", type_=Id))


def _count_new(address: str | None) -> None:
    """Count one new client of the address's day: one statement, so that over all workers and hosts none is too many."""
    counted = {"address": network(address or ""), "day": today(), "limit": settings().registration_limit}
    if db.session.execute(_COUNT, counted).scalar() is None:
        now = clock.now()
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        raise TooManyRegistrations(int((midnight - now).total_seconds()) + 1)
