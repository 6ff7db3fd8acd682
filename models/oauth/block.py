"""Hosts and apps that the operator refuses (`frontdesk oauth block`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Instant, Key, db
from models.base.constraints import insert_if_new
from models.errors import Invalid, NotAllowed
from models.oauth.client import Client
from models.oauth.uri import BadUri, parse


class Blocked(NotAllowed):
    """The operator refuses this app or this redirect host."""

    def __init__(self) -> None:
        super().__init__("The operator of this server refuses this app.")


class Block(Base):
    """A host or a client id that the operator refuses."""

    __tablename__ = "oauth_block"
    subject: Mapped[str] = mapped_column(Key, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


def refuse_blocked(client_id: str, redirect_uris: Sequence[str]) -> None:
    """Raise Blocked when a client id, or the host of one of its URIs, is refused."""
    subjects = {client_id, *_hosts((client_id, *redirect_uris))}
    if db.session.scalar(select(Block.subject).where(Block.subject.in_(subjects)).limit(1)) is not None:
        raise Blocked


def block(subject: str, by: Actor) -> int:
    """Refuse a client id or a redirect host from now on; returns how many clients that ends. Raises Invalid for a subject
    that could never match: it must be a host alone, the id of a client here, or the URL of a published identity.
    """
    subject = _subject(subject.strip())
    db.session.execute(insert_if_new(Block).values(subject=subject, created_at=clock.now()))
    ended = 0
    for client in db.session.scalars(select(Client).where(Client.blocked_at.is_(None))):
        if client.id == subject or subject in _hosts((client.id, *client.redirect_uris)):
            client.blocked_at = clock.now()
            ended += 1
    db.session.flush()
    audit_event.record_security("block_client", "done", by, {"subject": subject, "clients": ended})
    return ended


def _subject(text: str) -> str:
    if text.startswith("crm_"):
        if Client.known(text) is None:
            raise Invalid("There is no client with this id; `frontdesk oauth clients` lists them.")
        return text
    if text.startswith("https://") and _is_identity(text):
        return text
    host = text.lower()
    if _host(f"https://{host}/") == host:
        return host
    raise Invalid("Give a host such as evil.example, a client id (crm_…), or the URL of a published identity with its path.")


def _is_identity(text: str) -> bool:
    try:
        return parse(text).path not in ("", "/")
    except BadUri:
        return False


def _hosts(uris: Sequence[str]) -> set[str]:
    return {host for uri in uris if (host := _host(uri))}


def _host(uri: str) -> str | None:
    """The host of a URI, or what stands in its place in an app's own scheme; lower case, without a port."""
    try:
        return parse(uri).host.lower()
    except BadUri:
        return None
