"""Does the verifier belong to the challenge? S256 only, for every client (RFC 7636; RFC 9700 §2.1.1)."""

import hmac
import string
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

from models.errors import Invalid

METHODS: Final = ("S256",)

_BASE64URL: Final = frozenset(string.ascii_letters + string.digits + "-_")
_UNRESERVED: Final = frozenset(string.ascii_letters + string.digits + "-._~")


class BadChallenge(Invalid):
    """`invalid_request` at authorize: no challenge, a method other than S256, or one that no verifier can have."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, field=field)


def challenge_of(code_challenge: str | None, code_challenge_method: str | None) -> str:
    """The challenge of an authorization request; raises BadChallenge.

    A missing method would mean `plain` (RFC 7636 §4.3), which is refused like every other method.
    """
    if not code_challenge:
        raise BadChallenge("PKCE is required: send code_challenge.", "code_challenge")
    if code_challenge_method not in METHODS:
        raise BadChallenge("code_challenge_method must be S256.", "code_challenge_method")
    if len(code_challenge) != 43 or not _BASE64URL.issuperset(code_challenge):
        raise BadChallenge("code_challenge must be 43 characters of base64url without padding.", "code_challenge")
    return code_challenge


def proves(code_verifier: str | None, challenge: str) -> bool:
    """Whether this is the verifier behind `challenge`: 43 to 128 unreserved characters (RFC 7636 §4.1, §4.6)."""
    if not code_verifier or not 43 <= len(code_verifier) <= 128 or not _UNRESERVED.issuperset(code_verifier):
        return False
    digest = urlsafe_b64encode(sha256(code_verifier.encode("ascii")).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode("ascii"))
