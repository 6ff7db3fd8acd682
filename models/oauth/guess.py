"""Whether a token that is refused was a guess, which counts against whoever sent it (OAUTH §1)."""

from sqlalchemy import select

from models.base import db
from models.oauth.access_token import PREFIX, AccessToken
from models.oauth.presented import place_of


def is_guess(token: str) -> bool:
    """Whether an access token that is not `known` never was one.

    An expired opaque token still has its row; what looks like a JWT, whose signature nobody guesses, never counts.
    """
    place = place_of(PREFIX, token)
    if place is None:
        return "." not in token
    mine = AccessToken.workspace_id == place.workspace_id, AccessToken.token_hash == place.hash
    return db.session.scalar(select(AccessToken.id).where(*mine)) is None
