"""The successful answer of the token endpoint, and the audience that a token of a grant is for."""

from typing import Any

from blueprints.oauth.answers import Refusal
from blueprints.oauth.checks.resource import InvalidTarget, named_audience
from models.oauth.access_token import Issued
from models.settings import settings


def token_answer(issued: Issued, refresh_token: str | None) -> dict[str, Any]:
    """RFC 6749 §5.1. It always states `scope`, since the person may have unticked some."""
    answer: dict[str, Any] = {
        "access_token": issued.value,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "scope": issued.scope,
    }
    return answer if refresh_token is None else {**answer, "refresh_token": refresh_token}


def same_audience(resource: str | None, own: str) -> str:
    """The grant's own audience; a `resource` may only repeat it (RFC 8707 §2.2). Raises Refusal."""
    try:
        named = named_audience(settings().base_url, resource)
    except InvalidTarget as bad:
        raise Refusal.of("invalid_target", bad) from bad
    if named is not None and named.url != own:
        raise Refusal("invalid_target", "The authorization was for another resource.")
    return own
