"""The client of an authorization request: known here, or published at its own URL and then fetched (CIMD)."""

import logging

from blueprints.access import address, is_signed_in
from blueprints.oauth.checks.authorization import Unanswerable
from blueprints.oauth.checks.parameters import Parameters, Unreadable
from blueprints.oauth.checks.published_identity import BadIdentity, identity_url, is_url
from blueprints.oauth.identity import identity_of
from blueprints.oauth.reading import calling
from models.base import writing
from models.oauth import block
from models.oauth.block import Blocked
from models.oauth.client import Client
from models.oauth.published import publish

log = logging.getLogger(__name__)
UNKNOWN = "The app that sent you here is not known on this server. Go back to it and connect again."


class SignInFirst(Exception):
    """A published identity is fetched only for somebody who is signed in."""


def asking_client(sent: Parameters, *, silent: bool) -> Client:
    """Raises Unanswerable, or SignInFirst for a published identity that only a signed-in person may have fetched.

    A `silent` request fails without a page: what is known of the identity already says where to.
    """
    try:
        client_id = sent.once("client_id")
    except Unreadable as unreadable:
        raise Unanswerable(unreadable.message) from unreadable
    if client_id is None:
        raise Unanswerable("The request does not say which app it is from (client_id).")
    fetched = is_url(client_id) and (is_signed_in() or not silent)
    client = _published(client_id) if fetched else Client.known(client_id)
    if client is None or not client.live:
        raise Unanswerable(UNKNOWN)
    return client


def refuse_blocked(client: Client, redirect_uri: str) -> None:
    """Raises Unanswerable where the operator refuses the client or its redirect host."""
    try:
        block.refuse_blocked(client.id, (redirect_uri,))
    except Blocked as blocked:
        raise Unanswerable(blocked.message) from blocked


def _published(client_id: str) -> Client:
    """Fetch and read what the URL says; one sentence for every failure, so that nobody learns about our network."""
    try:
        identity_url(client_id)
        if not is_signed_in():
            raise SignInFirst
        metadata = identity_of(client_id, address())
    except BadIdentity as bad:
        log.info("A published identity was refused: %s", bad.reason)
        raise Unanswerable(bad.message) from bad
    try:
        with writing():
            publish(client_id, metadata, calling())
    except Blocked as blocked:
        raise Unanswerable(blocked.message) from blocked
    found = Client.known(client_id)
    if found is None:
        raise Unanswerable(UNKNOWN)
    return found
