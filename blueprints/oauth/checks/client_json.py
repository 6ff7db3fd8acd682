"""One JSON object from an untrusted sender, with no second meaning: no repeated names, no NaN, no lone surrogates."""

import json
from typing import Any, Final, NoReturn

from models.errors import Invalid

MAX_BYTES: Final = 128 * 1024


class BadJson(Invalid):
    """The body is no JSON object that every reader would read alike (RFC 8259 §4)."""


class TooLarge(BadJson):
    """413: more than MAX_BYTES."""


def read_object(body: bytes) -> dict[str, Any]:
    """The object in `body`, its null members left out as if they had not been sent; raises BadJson."""
    if len(body) > MAX_BYTES:
        raise TooLarge("The body may have at most %(most)d bytes.", most=MAX_BYTES)
    try:
        text = body.decode("utf-8")
        found = json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_refuse_constant)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no place in any database
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise BadJson("The body must be JSON in UTF-8.") from error
    if not isinstance(found, dict):
        raise BadJson("The body must be a JSON object.")
    return {name: value for name, value in found.items() if value is not None}


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("No member may be repeated.")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise BadJson("NaN and Infinity are not JSON.")
