"""JWT access tokens by their form and signature alone (RFC 9068 §4): what a token says, not whether it still holds.

The header must be exactly ours: `alg`, `typ` and `kid`, nothing else. So `none`, embedded keys, `crit` and tokens of
another type never reach the cryptography. Verified claims are cached by the token's hash until they expire; what a
token may do is asked of the database at every call all the same.
"""

import base64
import binascii
import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from models import clock, opaque
from models.oauth.signing_key import ALGORITHM, SigningKey
from models.settings import settings

TYPE = "at+jwt"
TOKEN_MAX = 4096
_CACHED = 10_000
_HEADER = frozenset({"alg", "typ", "kid"})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed token says."""

    kid: str
    workspace_id: int
    family_id: int
    client_id: str
    subject: str
    audience: str
    scope: str
    narrowed: bool
    jti: str
    issued_at: int
    expires_at: int


def signed(claims: dict[str, Any]) -> str:
    """Sign claims with the active key, under its kid."""
    kid, key = SigningKey.active()
    payload = json.dumps(claims, separators=(",", ":"))
    return jws.serialize_compact({"alg": ALGORITHM, "typ": TYPE, "kid": kid}, payload, key, algorithms=[ALGORITHM])


def claims_of(token: str) -> Claims | None:
    """The claims of a token of ours that has not expired; None for anything else, whatever is wrong with it."""
    if len(token) > TOKEN_MAX:
        return None
    mark = sha256(token.encode("utf-8", "surrogatepass")).digest()
    with _lock:
        claims = _verified.get(mark)
    if claims is None:
        claims = _verify(token)
        if claims is None:
            return None
        with _lock:
            _verified[mark] = claims
            if len(_verified) > _CACHED:
                _verified.popitem(last=False)
    return claims if claims.expires_at > clock.now().timestamp() else None


def forget() -> None:
    """Empty the caches: for tests that change keys or databases under a process."""
    with _lock:
        _verified.clear()
    _keys.clear()


_verified: OrderedDict[bytes, Claims] = OrderedDict()
_keys: dict[str, ECKey] = {}
_lock = Lock()


def _verify(token: str) -> Claims | None:
    kid = _kid(token.split(".", 1)[0])
    key = _key(kid) if kid is not None else None
    if kid is None or key is None:
        return None
    try:
        payload = jws.deserialize_compact(token.encode("ascii"), key, algorithms=[ALGORITHM]).payload
        return _read(json.loads(payload), kid)
    except (JoseError, ValueError):
        return None


def _kid(encoded: str) -> str | None:
    """The kid of a header that is exactly ours."""
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or header.keys() != _HEADER:
        return None
    kid = header["kid"]
    ours = header["alg"] == ALGORITHM and header["typ"] == TYPE and isinstance(kid, str)
    return kid if ours and kid.isascii() and kid.isprintable() and len(kid) <= 64 else None


def _key(kid: str) -> ECKey | None:
    key = _keys.get(kid)
    if key is None:
        key = SigningKey.checking(kid)
        if key is not None:
            _keys[kid] = key
    return key


def _read(said: Any, kid: str) -> Claims | None:
    """Claims in the shape that `access_token` writes, from this issuer."""
    if not isinstance(said, dict) or said.get("iss") != settings().base_url:
        return None
    try:
        workspace_id, family_id = opaque.decode(said["workspace"]), opaque.decode(said["family"])
        claims = Claims(
            kid=kid, workspace_id=workspace_id or 0, family_id=family_id or 0, client_id=said["client_id"], subject=said["sub"],
            audience=said["aud"], scope=said["scope"], narrowed=bool(said.get("narrowed", False)), jti=said["jti"],
            issued_at=int(said["iat"]), expires_at=int(said["exp"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None
    texts = (claims.client_id, claims.subject, claims.audience, claims.scope, claims.jti)
    return claims if workspace_id and family_id and all(isinstance(value, str) for value in texts) else None


def instant(stamp: int) -> datetime:
    """A NumericDate (RFC 7519 §2) as an instant."""
    return datetime.fromtimestamp(stamp, UTC)
