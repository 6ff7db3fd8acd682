"""The public keys of a client that signs its assertions (RFC 7517; `private_key_jwt`, RFC 7523)."""

from collections.abc import Mapping
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import import_key

from models.errors import Invalid
from models.oauth.client_metadata import Jwks

MAX_KEYS: Final = 10
_PUBLIC: Final[Mapping[str, tuple[str, ...]]] = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}
_OPTIONAL: Final = ("kid", "alg", "use")
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES: Final = frozenset({"P-256", "P-384", "P-521", "Ed25519"})
_RSA_LENGTHS: Final = range(342, 1366 + 1)  # base64url characters of 2048 to 8192 bits: more is slow, less is weak
_MAX_MEMBER: Final = 1400


class BadKeys(Invalid):
    """No usable set of public keys."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="jwks")


def public_keys(sent: object) -> Jwks:
    """The signing keys of a JWK set with their known members only; raises BadKeys. Keys for encryption are left out."""
    keys = sent.get("keys") if isinstance(sent, Mapping) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise BadKeys(f"The key set must hold 1 to {MAX_KEYS} keys.")
    kept = [_public_key(key) for key in keys if not (isinstance(key, Mapping) and key.get("use") == "enc")]
    names = [key["kid"] for key in kept if "kid" in key]
    if not kept or len(set(names)) != len(names):
        raise BadKeys("The key set needs a key for signatures, and no two keys of one kid.")
    return {"keys": kept}


def _public_key(sent: object) -> dict[str, str]:
    if not isinstance(sent, Mapping) or not isinstance(sent.get("kty"), str) or sent["kty"] not in _PUBLIC:
        raise BadKeys("Each key must be an EC, RSA or OKP key.")
    if not _PRIVATE.isdisjoint(sent):
        raise BadKeys("A key set must hold no private or symmetric key.")
    wanted = ("kty", *_PUBLIC[sent["kty"]], *(name for name in _OPTIONAL if sent.get(name) is not None))
    key = {name: _member(sent, name) for name in wanted}
    if key.get("use", "sig") != "sig":
        raise BadKeys("A key must be for signatures.")
    if key["kty"] == "RSA" and (len(key["n"]) not in _RSA_LENGTHS or len(key["e"]) > 6):
        raise BadKeys("An RSA key must have 2048 to 8192 bits and a small exponent.")
    if key["kty"] != "RSA" and key["crv"] not in _CURVES:
        raise BadKeys("This curve is not supported.")
    _check(key)
    return key


def _member(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_MEMBER or not value.isascii() or not value.isprintable():
        raise BadKeys("Each member of a key must be a short string of ASCII.")
    return value


def _check(key: dict[str, str]) -> None:
    """Whether the numbers are a key at all (a point on its curve, a proper modulus)."""
    try:
        import_key({name: value for name, value in key.items() if name not in _OPTIONAL}).get_op_key("verify")
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadKeys("A key of the set is malformed.") from error
