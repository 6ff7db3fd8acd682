"""What a client may learn of its own token (RFC 7662 §2.2); of anything else it learns nothing."""

from dataclasses import dataclass
from typing import Any

from models import clock
from models.base import show
from models.oauth.access_token import known, state_of
from models.oauth.client import Client
from models.oauth.guess import is_guess
from models.oauth.refresh_token import PREFIX, RefreshToken
from models.oauth.scope import DESTRUCTIVE, spelled, words
from models.oauth.token_family import holds_now


@dataclass(frozen=True, slots=True)
class Introspected:
    """What was found; only `told` is for the client's ears."""

    told: dict[str, Any] | None = None
    """The members for a live token of this client."""
    is_guess: bool = False
    """Whether there never was such a token."""
    anothers: int | None = None
    """The workspace whose token it is, where it is another client's."""


def introspected(token: str, client: Client) -> Introspected:
    """Look a token up for a client."""
    if token.startswith(f"{PREFIX}_"):
        return _refresh(token, client)
    found = known(token)
    if found is None:
        return Introspected(is_guess=is_guess(token))
    row = state_of(found)
    if row is None:
        return Introspected()
    if row.client_id != client.id:
        return Introspected(anothers=found.workspace_id)
    destructive = not found.narrowed and holds_now(row.destructive_until)
    scope = " ".join(word for word in words(found.scope) if destructive or word != DESTRUCTIVE)
    told = {
        "client_id": client.id, "scope": scope, "aud": found.audience, "token_type": "Bearer",
        "sub": show("usr", row.user_id) if row.user_id is not None else client.id,
        "iat": int(found.issued_at.timestamp()), "exp": int(found.expires_at.timestamp()),
    }  # fmt: skip
    return Introspected(told)


def _refresh(token: str, client: Client) -> Introspected:
    found = RefreshToken.presented(token)
    if found is None:
        return Introspected(is_guess=True)
    held = found.held
    if held.client_id != client.id:
        return Introspected(anothers=held.workspace_id)
    if not found.stands or found.rotated_at is not None or found.expires_at <= clock.now():
        return Introspected()
    told = {
        "client_id": client.id, "scope": spelled(held.scopes, held.asked, client.ticked or ()), "aud": held.audience,
        "exp": int(found.expires_at.timestamp()), "token_type": "refresh_token",
        "sub": show("usr", held.user_id) if held.user_id is not None else client.id,
    }  # fmt: skip
    return Introspected(told)
