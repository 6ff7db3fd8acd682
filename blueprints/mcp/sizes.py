"""An answer fits into 60,000 bytes, whatever people wrote: a shorter page, then shorter texts, then shorter lists.

What was cut ends in a mark, and the answer names it under `shortened`, so that nobody takes a part for the whole. Ids and
other short values are never cut. A write is measured before it is committed (PRODUCT §4).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydantic_core import to_json

from models.errors import Invalid

RESULT_BYTES_MAX: Final = 60_000
"""Of text: Chinese runs near a token a character, and one client stops at 25,000 tokens."""
MARK: Final = "…"
TEXT_KEPT: Final = 100
"""Characters of a text that are never cut, which ids, instants, names and tags stay below."""
_NAMED_MAX: Final = 20
_WHOLE: Final = frozenset({"next_cursor", "confirm_token", "approval_url"})
"""Members that are worth nothing in part."""
_PAGED: Final = "items"
"""The rows of a page: its cursor goes on behind the last of them, so a row left out would be skipped for good."""


def bytes_of(value: Any) -> int:
    """How long a value is as JSON in UTF-8."""
    return len(to_json(value))


def shortened(answer: Mapping[str, Any], room: int = RESULT_BYTES_MAX) -> dict[str, Any]:
    """The answer, its longest texts and then its longest lists cut to fit into `room` bytes, and the names of what was cut.

    Raises Invalid when it cannot be made to fit.
    """
    if bytes_of(answer) <= room:
        return dict(answer)
    longest_text = max((len(text) for text in _texts(answer)), default=0)
    fits = _largest(TEXT_KEPT, longest_text, lambda kept: bytes_of(_named_cuts(answer, kept, None)) <= room)
    if fits is not None:
        return _named_cuts(answer, fits, None)
    longest_list = max((len(each) for each in _lists(answer)), default=0)
    fits = _largest(1, longest_list, lambda kept: bytes_of(_named_cuts(answer, TEXT_KEPT, kept)) <= room)
    if fits is not None:
        return _named_cuts(answer, TEXT_KEPT, fits)
    raise Invalid("The answer would be larger than %(most)d bytes. Ask for less of it.", most=room)


def _largest(low: int, high: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number from `low` to `high` that fits, where every smaller one does too; None where not even `low` does."""
    if high < low or not fits(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _named_cuts(answer: Mapping[str, Any], text: int, rows: int | None) -> dict[str, Any]:
    cuts: list[str] = []
    kept: dict[str, Any] = _cut(answer, text, rows, "", cuts)
    named = cuts if len(cuts) <= _NAMED_MAX else [*cuts[:_NAMED_MAX], MARK]
    return {**kept, "shortened": named}


def _cut(value: Any, text: int, rows: int | None, path: str, cuts: list[str]) -> Any:
    match value:
        case str() if len(value) > text:
            cuts.append(path)
            return value[: text - len(MARK)] + MARK
        case Mapping():
            return {
                name: part if name in _WHOLE else _cut(part, text, rows, f"{path}.{name}" if path else str(name), cuts)
                for name, part in value.items()
            }
        case list():
            kept = value if rows is None or path == _PAGED else value[:rows]
            if len(kept) < len(value):
                cuts.append(path)
            return [_cut(part, text, rows, f"{path}[{place}]", cuts) for place, part in enumerate(kept)]
    return value


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping() | list():
            for part in value.values() if isinstance(value, Mapping) else value:
                yield from _texts(part)


def _lists(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    if isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _lists(part)
