"""The tokens that a customer is found by (DOMAIN §4): pure functions from what is known of a person to words.

Folded words; every suffix of a run of Chinese, Japanese or Korean, so that 大文 finds 陳大文; each form in which a
phone number is typed; e-mail addresses whole and in parts; the words of notes. Matching is by prefix.
"""

import re
from collections.abc import Iterable, Iterator

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from models.base.words import fold

TOKEN_MAX = 40
RUN_MAX = 8
"""Characters of a suffix of a run; longer searches compare their first ones."""
NOTE_SEARCHED = 4_000
"""Characters of a note that are searched."""
PHONE_ENDING_MIN = 4
TERMS_MAX = 8
QUERY_MAX = 200

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
    "\u0eb1-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
)
_WORD = re.compile(f"(?P<run>[{_CJK}]+)|(?P<word>(?:[^\\W_{_CJK}]|[{_MARKS}])+)")
_PHONE_LIKE = re.compile(r"\+?[\d\s().-]{5,}")
_NO_DIGIT = re.compile(r"\D")


def tokens_of(
    names: Iterable[str | None], phones: Iterable[str] = (), emails: Iterable[str] = (), texts: Iterable[str] = ()
) -> set[str]:
    """All tokens of one customer: `phones` in E.164 (or raw, where invalid), `texts` of notes not marked sensitive."""
    found: set[str] = set()
    for name in names:
        if name:
            found.update(words_of(name))
    for phone in phones:
        found.update(phone_forms(phone))
    for email in emails:
        found.update(email_forms(email))
    for text in texts:
        found.update(words_of(text[:NOTE_SEARCHED]))
    return found


def words_of(text: str) -> Iterator[str]:
    """The words of a text and the suffixes of its runs."""
    for match in _WORD.finditer(fold(text)):
        run = match["run"]
        if run is None:
            yield match["word"][:TOKEN_MAX]
        else:
            for start in range(len(run)):
                yield run[start : start + RUN_MAX]


def phone_forms(number: str) -> Iterator[str]:
    """A number with and without its country code, and its endings: `85291234567`, `91234567`, … `4567`."""
    digits = _NO_DIGIT.sub("", number)
    national = digits
    if number.startswith("+"):
        yield digits
        for width in (1, 2, 3):
            if int(digits[:width] or 0) in COUNTRY_CODE_TO_REGION_CODE:
                national = digits[width:]
                break
    for start in range(max(1, len(national) - PHONE_ENDING_MIN + 1)):
        if national[start:]:
            yield national[start:]


def email_forms(address: str) -> Iterator[str]:
    """An address whole, its parts before and after the @, and their words."""
    folded = fold(address)
    local, _, domain = folded.rpartition("@")
    yield from (part[:TOKEN_MAX] for part in (folded, local, domain) if part)
    yield from words_of(folded)


def terms_of(query: str) -> list[str]:
    """What is looked for: each term is a prefix of a token; longer ones first, at most eight."""
    folded = fold(query[:QUERY_MAX])
    if _PHONE_LIKE.fullmatch(folded):
        digits = _NO_DIGIT.sub("", folded)
        return [digits[:TOKEN_MAX]] if digits else []
    terms: dict[str, None] = {}
    for chunk in folded.split():
        if "@" in chunk.strip("@"):
            terms[chunk[:TOKEN_MAX]] = None
            continue
        for match in _WORD.finditer(chunk):
            terms[match["run"][:RUN_MAX] if match["run"] else match["word"][:TOKEN_MAX]] = None
    return sorted(terms, key=lambda term: (-len(term), term))[:TERMS_MAX]
