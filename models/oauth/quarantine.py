"""Quarantine (PRODUCT §3): whose first day in a workspace is read-only, and when it ends.

It holds apps that nobody here made, of hosts that nobody trusts.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from models import clock
from models.settings import settings


def is_quarantined(kind: str, client_id: str) -> bool:
    """Whether a client of this kind and id begins read-only (PRODUCT §3, Quarantine)."""
    waits = kind == "registered" or (kind == "published" and not is_trusted(client_id))
    return waits and settings().quarantine_hours > 0


def is_trusted(client_id: str) -> bool:
    """Whether a published identity is of a host that the operator trusts; another port is another host."""
    return urlsplit(client_id).netloc in settings().trusted_client_hosts


def unlocks_at(quarantined: bool, known_since: datetime | None) -> datetime | None:
    """When a quarantine that began then ends; None where there is none or it is over. Unknown yet: it begins now."""
    if not quarantined:
        return None
    at = (known_since or clock.now()) + timedelta(hours=settings().quarantine_hours)
    return at if at > clock.now() else None
