"""One request to the token endpoint, read and its client authenticated, as the grants find it."""

from dataclasses import dataclass

from flask import g

from models.activity.actor import Actor
from models.oauth.client import Client


@dataclass
class Incoming:
    """What was sent and who sent it; the grants mark on it what they find, for the audit."""

    parameters: dict[str, str]
    client: Client
    by: Actor
    workspace_id: int | None = None
    """Set once a code, token or consent was found: whose audit the outcome belongs to."""
    noted: bool = False
    """Whether a verb has written the outcome's audit row itself."""


def incoming() -> Incoming:
    """The request that the token endpoint serves now."""
    found: Incoming = g.incoming
    return found
