"""Unguessable values (codes, tokens, secrets): made here, stored only as hashes, compared in constant time.

A value that must be found again carries its workspace in front: `crmrt_` + 13 characters + `_` + secret
(DOMAIN §1, Scale), so its row is found by `(workspace_id, hash)` and a sharded database asks one shard.
"""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.settings import settings

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".lower()
_VALUES = {letter: value for value, letter in enumerate(CROCKFORD)}
_WIDTH = 13
_NONCE_BYTES = 12


def encode(number: int) -> str:
    """A non-negative 63-bit integer as 13 characters of Crockford base32, lower case; order is kept."""
    if not 0 <= number < 1 << 63:
        raise ValueError("Only 63-bit non-negative integers have a short form.")
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(60, -1, -5))


def decode(text: str) -> int | None:
    """The integer behind 13 characters, or None when they are none of ours (one spelling each: no aliases)."""
    if len(text) != _WIDTH:
        return None
    number = 0
    for letter in text:
        value = _VALUES.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    return number if number < 1 << 63 else None


def make(prefix: str, workspace_id: int | None = None, *, bits: int = 256) -> str:
    """A fresh secret value: `<prefix>_<secret>`, or `<prefix>_<workspace>_<secret>` for one found by its workspace."""
    secret = secrets.token_urlsafe(bits // 8)
    return f"{prefix}_{secret}" if workspace_id is None else f"{prefix}_{encode(workspace_id)}_{secret}"


def workspace_of(prefix: str, value: str) -> int | None:
    """The workspace id in front of a value made with one, or None when the value is not of that form."""
    head = len(prefix) + 1
    if len(value) > 300 or not value.startswith(prefix + "_") or value[head + _WIDTH : head + _WIDTH + 1] != "_":
        return None
    return decode(value[head : head + _WIDTH])


def digest(value: str) -> str:
    """SHA-256, hex: enough for values of 128 bits and more; passwords go through argon2 instead."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def same(presented: str, stored_digest: str) -> bool:
    """Whether a presented value has the stored digest, in constant time."""
    return hmac.compare_digest(digest(presented), stored_digest)


@lru_cache(maxsize=64)
def _key_for(purpose: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"frontdesk/" + purpose.encode(), hashlib.sha256).digest()


def key(purpose: str) -> bytes:
    """A 32-byte key for one purpose, derived from FRONTDESK_SECRET_KEY; equal on every host and worker."""
    return _key_for(purpose, settings().secret_key.get_secret_value())


def sign(purpose: str, message: str) -> str:
    """A keyed hash (HMAC-SHA-256, hex) of a message under the key of one purpose."""
    return hmac.new(key(purpose), message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def seal(purpose: str, text: str, about: str) -> str:
    """Text encrypted (AES-256-GCM) under the key of one purpose, good for one subject only."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key(purpose)).encrypt(nonce, text.encode(), about.encode())).decode()


def unseal(purpose: str, sealed: str, about: str) -> str | None:
    """The text again; None where it was sealed under another FRONTDESK_SECRET_KEY, or about something else."""
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(key(purpose)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode()).decode()
    except InvalidTag:
        return None
