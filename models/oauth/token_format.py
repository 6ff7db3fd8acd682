"""What a client's access tokens are like: their format and how long they live (PRODUCT §7)."""

from typing import Literal, get_args

from models.errors import Invalid
from models.settings import settings

TokenFormat = Literal["jwt", "opaque"]
TOKEN_FORMATS: tuple[TokenFormat, ...] = get_args(TokenFormat)
OPAQUE_CONFIDENTIAL_TTL = 3600
TTL_MINUTES = (1, 24 * 60)


def known_format(token_format: str) -> str:
    """The format, or Invalid."""
    if token_format not in TOKEN_FORMATS:
        raise Invalid("Access tokens are jwt or opaque.", field="token_format")
    return token_format


def lifetime(minutes: int | None) -> int | None:
    """The chosen lifetime in seconds; None is the usual one. Raises Invalid."""
    if minutes is None:
        return None
    if not TTL_MINUTES[0] <= minutes <= TTL_MINUTES[1]:
        least, most = TTL_MINUTES
        raise Invalid("A lifetime is %(least)d to %(most)d minutes.", field="token_minutes", least=least, most=most)
    return minutes * 60


def usual_lifetime(token_format: str, *, confidential: bool) -> int:
    """Seconds that access tokens live where nobody chose: a script that keeps an opaque one need not come back so soon."""
    long = token_format == "opaque" and confidential
    return OPAQUE_CONFIDENTIAL_TTL if long else settings().access_token_ttl
