"""What was sent, read strictly: each parameter once, in its place, in UTF-8, and all of it (RFC 6749 §3.1, §3.2).

Werkzeug would take the first of two values, replace what is not UTF-8, and serve a body that was cut short.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from models.errors import Invalid

FORM: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 100
MAX_VALUE: Final = 16_000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
KNOWN: Final = frozenset(
    "assertion client_assertion client_assertion_type client_id client_secret code code_challenge code_challenge_method "  # noqa: SIM905
    "code_verifier grant_type nonce prompt redirect_uri refresh_token resource response_mode response_type scope state token "
    "token_type_hint".split()
)


class Unreadable(Invalid):
    """`invalid_request`: the parameters as a whole cannot be read in one way only."""


class WrongType(Unreadable):
    """415: the body is of another content type."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request. Empty ones count as absent, unknown ones are ignored (RFC 6749 §3.1)."""

    values: dict[str, str]
    repeated: frozenset[str]
    unclean: frozenset[str]
    """Those that hold a control character."""

    def once(self, name: str) -> str | None:
        """The value of a parameter; raises Unreadable where it was repeated or holds a control character."""
        if name in self.repeated:
            raise Unreadable(f"The parameter {name} was sent more than once.", field=name)
        if name in self.unclean:
            raise Unreadable(f"The parameter {name} holds a control character.", field=name)
        return self.values.get(name)


def of_text(encoded: bytes) -> Parameters:
    """Read a query string or the body of a form; raises Unreadable."""
    try:
        pairs = parse_qsl(encoded.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise Unreadable("The parameters are not UTF-8, or there are too many of them.") from error
    counted = Counter(name for name, _ in pairs if name in KNOWN)
    given = {name: value for name, value in pairs if name in KNOWN and value}
    if any(len(value) > MAX_VALUE for value in given.values()):
        raise Unreadable("A parameter is too long.")
    repeated = frozenset(name for name, times in counted.items() if times > 1)
    return Parameters(given, repeated, frozenset(name for name, value in given.items() if _unclean(value)))


def of_post(body: bytes, *, mimetype: str, query: bytes) -> dict[str, str]:
    """The parameters of a POST, each once; raises Unreadable for anything else, WrongType for another content type.

    Nothing is taken from the address: credentials there end up in logs (RFC 6749 §2.3.1; TK08).
    """
    if mimetype != FORM and (body or mimetype):
        raise WrongType(f"Send the parameters as {FORM}.")
    if not KNOWN.isdisjoint(of_text(query).values):
        raise Unreadable("Send the parameters in the body, not in the address.")
    found = of_text(body)
    return {name: value for name in found.values | dict.fromkeys(found.repeated) if (value := found.once(name)) is not None}


def _unclean(value: str) -> bool:
    return _CONTROL.search(value) is not None
