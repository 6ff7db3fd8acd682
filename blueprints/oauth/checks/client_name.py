"""A name that a client gave itself, as it may be shown to a person: no character that hides or rearranges text."""

import unicodedata
from typing import Final

from models.errors import Invalid

MAX_LENGTH: Final = 120
_MAX_SENT: Final = 1000  # before NFKC, which can make text 18 times as long
_MAX_MARKS: Final = 4  # combining marks on one letter; more run over the lines around it

_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters, marks and symbols that are drawn as nothing: grapheme joiner, Hangul and Khmer fillers, Mongolian selectors,
# the empty Braille cell.
_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE0E)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
_EMOJI_STYLE: Final = str.maketrans("", "", "\ufe0e\ufe0f")  # text or colour: of no meaning in a name


class BadName(Invalid):
    """The name cannot be shown as one line of plain text."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="client_name")


def clean(sent: str | None) -> str | None:
    """The name in NFKC with single spaces, None where there is none; raises BadName."""
    if sent is None:
        return None
    if len(sent) > _MAX_SENT:
        raise BadName(f"The name may have at most {MAX_LENGTH} characters.")
    name = unicodedata.normalize("NFKC", sent.translate(_EMOJI_STYLE))
    marks = 0
    for character in name:
        category = unicodedata.category(character)
        if category in _REFUSED_CATEGORIES or character in _INVISIBLE:
            raise BadName("The name must hold no control, invisible or direction-changing character.")
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MAX_MARKS:
            raise BadName("The name stacks too many accents on one letter.")
    name = " ".join(name.split())
    if len(name) > MAX_LENGTH:
        raise BadName(f"The name may have at most {MAX_LENGTH} characters.")
    return name or None
