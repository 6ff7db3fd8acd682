"""Text from outside, made safe to keep (`clean`) and made alike to compare (`fold`).

Invisible, bidirectional and tag characters hide orders to an assistant and turn what a person reads around; all text
that is stored loses them, but for the joiners and selectors that scripts and emoji need (PRODUCT §4, THREATS MC21).
"""

import re
import unicodedata

from models.errors import Invalid

_SCRIPTS = "\u0600-\u1cff\ua800-\uabff\U00010a00-\U00011fff"
"""Where a joiner shapes letters: Arabic, Syriac, the scripts of India and South-East Asia, Mongolian."""
_PICTURES = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
    "\U000e01f0-\U000e0fff\ufe00-\ufe0d]"
    f"|(?<![{_SCRIPTS}])\u200c"
    f"|(?<![{_SCRIPTS}])(?<![{_PICTURES}])\u200d"
    "|(?<=[\ufe0e\ufe0f\U000e0100-\U000e01ef])[\ufe0e\ufe0f\U000e0100-\U000e01ef]"
    f"|(?<![{_PICTURES}0-9#*])[\ufe0e\ufe0f]"
    f"|(?<![{_IDEOGRAPHS}])[\U000e0100-\U000e01ef]"
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_SPACES = re.compile(r"\s+")
_ACCENTS = re.compile("[\u0300-\u036f\u200c\u200d\ufe0e\ufe0f\U000e0100-\U000e01ef]")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})


def clean(text: str) -> str:
    """The text without what nobody can see; line ends become \\n. Idempotent."""
    if text.isascii() and text.isprintable():
        return text
    before = None
    text = _LINE_ENDS.sub("\n", text)
    while before != text:  # taking one character away may bring together two that must not meet
        before, text = text, _UNWANTED.sub("", text)
    return text


def one_line(text: str) -> str:
    """The cleaned text on one line, with single spaces and none at its ends: names, labels, tags."""
    return _SPACES.sub(" ", clean(text)).strip()


def named(text: str, most: int, *, field: str = "name") -> str:
    """A name as it is kept: cleaned, on one line. Raises Invalid for none, and for one that is too long."""
    said = one_line(text)
    if not 1 <= len(said) <= most:
        raise Invalid("A name has 1 to %(most)d characters.", field=field, most=most)
    return said


def printable_name(text: str, most: int) -> str:
    """A name that is kept as it was given, because others are shown it: nothing that cannot be seen. Raises Invalid."""
    said = text.strip()
    if not 1 <= len(said) <= most or not said.isprintable():
        raise Invalid("A name has 1 to %(most)d printable characters.", field="name", most=most)
    return said


def fold(text: str) -> str:
    """The form in which texts are compared and found: without case, accents, width and joiners; NFKC, one line."""
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip().lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", clean(text))).casefold().translate(_LETTERS)
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", bare)).strip()
