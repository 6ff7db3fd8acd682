"""Is this assertion the client's, for us, fresh and new? (`private_key_jwt`, RFC 7523 §3; RFC 9700 §2.5)"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from models import clock
from models.errors import Invalid
from models.oauth.client_metadata import Jwks

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = ("ES256", "ES384", "ES512", "RS256", "PS256", "Ed25519", "EdDSA")
MAX_LENGTH: Final = 8_000
LONGEST: Final = 600
"""Seconds that an assertion may still be good for: what lives longer would have to be remembered longer."""
LEEWAY: Final = 30


class BadAssertion(Invalid):
    """The assertion proves nothing: `invalid_client`."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A verified assertion; `jti` is still to be taken note of."""

    client_id: str
    jti: str
    expires_at: datetime


def claimed_client(assertion: str) -> str | None:
    """The client that an assertion says it is from, before anything is proven."""
    claims = _unverified(assertion)
    subject = claims.get("sub") if claims is not None else None
    return subject if isinstance(subject, str) else None


def verified(assertion: str, keys: Jwks, client_id: str, audiences: tuple[str, ...]) -> Assertion:
    """Check signature and claims; raises BadAssertion."""
    claims = _proven(assertion, keys)
    if not isinstance(claims, dict) or claims.get("sub") != client_id or claims.get("iss") != client_id:
        raise BadAssertion("The client assertion must have the client id as iss and sub.")
    named = claims.get("aud")
    given = named if isinstance(named, list) else [named]
    if not any(isinstance(each, str) and each in audiences for each in given):
        raise BadAssertion("The client assertion is for another server.")
    now = clock.now().timestamp()
    expires = _number(claims.get("exp"))
    if expires is None or not now - LEEWAY < expires <= now + LONGEST + LEEWAY:
        raise BadAssertion("The client assertion has expired, or is good for more than ten minutes.")
    for name in ("nbf", "iat"):
        begins = _number(claims[name]) if name in claims else 0
        if begins is None or begins > now + LEEWAY:
            raise BadAssertion("The client assertion is not good yet.")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        raise BadAssertion("The client assertion needs a jti.")
    return Assertion(client_id, jti, datetime.fromtimestamp(expires + LEEWAY, UTC))


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 40 else None


def _proven(assertion: str, keys: Jwks) -> Any:
    """The claims of an assertion that one of the keys has signed: the one it names, else any of its algorithm's type."""
    presented = _parts(assertion)
    if presented is not None:
        named = presented.headers().get("kid")
        for member in keys["keys"]:
            if named is not None and member.get("kid") not in (named, None):
                continue
            try:
                key = import_key(cast("Any", member))
                return json.loads(jws.deserialize_compact(assertion.encode("ascii"), key, algorithms=list(ALGORITHMS)).payload)
            except (JoseError, ValueError, TypeError, RecursionError):  # another key's, or no claims at all
                continue
    raise BadAssertion("The client assertion is not signed by a key of this client.")


def _unverified(assertion: str) -> dict[str, Any] | None:
    presented = _parts(assertion)
    try:
        claims = json.loads(presented.payload) if presented is not None else None
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _parts(assertion: str) -> Any:
    """Header and payload as they were sent; None for what is no signed token at all."""
    if len(assertion) > MAX_LENGTH or not assertion.isascii():
        return None
    try:
        return jws.extract_compact(assertion.encode("ascii"))
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
