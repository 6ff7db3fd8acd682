"""What a published identity says now: fetched through the one way out of this server, and read (CIMD draft §4)."""

from typing import Final

from flask import current_app

from blueprints.oauth.checks.client_json import BadJson, read_object
from blueprints.oauth.checks.client_keys import BadKeys, public_keys
from blueprints.oauth.checks.published_identity import BadIdentity, identity_url, published
from blueprints.outbound import LookUpFailed, Outbound
from models.base import db
from models.oauth import served
from models.oauth.client_metadata import ClientMetadata, Jwks

STALE_KEYS: Final = 30.0
"""Seconds after which keys are read anew, so that one that was withdrawn proves nothing for long."""


def identity_of(client_id: str, asked_by: str | None, *, no_older_than: float | None = None) -> ClientMetadata:
    """What is published at a client id; raises BadIdentity, also where it could not be fetched."""
    identity_url(client_id)
    try:
        return published(_fetched(client_id, asked_by, no_older_than), client_id, served.pairs())
    except LookUpFailed as failed:
        raise BadIdentity(failed.reason) from failed


def keys_of(client_id: str, asked_by: str | None) -> Jwks:
    """The keys that a published app signs its assertions with now; raises BadIdentity, also where it has none."""
    said = identity_of(client_id, asked_by, no_older_than=STALE_KEYS)
    if said.auth_method != "private_key_jwt":
        raise BadIdentity("method")
    if said.jwks is not None:
        return said.jwks
    try:
        return public_keys(read_object(_fetched(said.jwks_uri or "", asked_by, STALE_KEYS)))
    except (LookUpFailed, BadJson, BadKeys) as error:
        raise BadIdentity("keys") from error


def _fetched(url: str, asked_by: str | None, no_older_than: float | None) -> bytes:
    outbound: Outbound = current_app.extensions["outbound"]
    db.session.rollback()  # nothing was written; no connection to the database waits for another server
    return outbound.get(url, asked_by=asked_by or "", no_older_than=no_older_than)
