"""A client whose id is the https URL of its own description (Client ID Metadata Documents, draft §3 and §4)."""

from collections.abc import Collection
from typing import Final

from blueprints.oauth.checks.client_json import BadJson, read_object
from blueprints.oauth.checks.client_metadata import BadMetadata, accepted, read
from blueprints.outbound.fetch import LookUpFailed
from blueprints.outbound.look_up import target_of
from models.errors import Invalid
from models.oauth.client_metadata import ClientMetadata
from models.oauth.scope import Pair
from models.oauth.uri import Uri

_SECRETS: Final = frozenset({"client_secret", "client_secret_expires_at"})


class BadIdentity(Invalid):
    """The identity cannot be used. One text for every reason, as for a look-up that fails; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__("The app's published identity could not be read.")
        self.reason = reason


def is_url(client_id: str) -> bool:
    """Whether a client id claims to be a published identity; ids of ours never look like one."""
    return client_id.startswith("https://")


def identity_url(client_id: str) -> Uri:
    """The URL a client id stands for, from its text alone (nothing is fetched); raises BadIdentity.

    https, a host name, a path, no query, fragment, user-info or dot segments, at most 2,000 characters.
    """
    try:
        url = target_of(client_id)
    except LookUpFailed as error:
        raise BadIdentity("url") from error
    if url.query is not None or url.path in ("", "/"):
        raise BadIdentity("url")
    return url


def published(document: bytes, client_id: str, served: Collection[Pair]) -> ClientMetadata:
    """The metadata in a fetched document; raises BadIdentity.

    It must name the very URL it was fetched from, a name and redirect URIs, and hold no secret: what is public can
    keep none. Where it refers to its keys by URL, those are fetched like the document, never from elsewhere.
    """
    try:
        sent = read_object(document)
        if sent.get("client_id") != client_id:
            raise BadIdentity("client_id")
        if not _SECRETS.isdisjoint(sent):
            raise BadIdentity("secret")
        metadata = accepted(read(sent), "published", served)
        if metadata.jwks_uri is not None:
            target_of(metadata.jwks_uri)
    except (BadJson, BadMetadata, LookUpFailed) as error:
        raise BadIdentity(str(error)) from error
    if metadata.name is None:
        raise BadIdentity("client_name")
    return metadata
