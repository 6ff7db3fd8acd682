"""Five kinds of refusal. A raised one means that nothing changed; their children live beside their nouns.

A refusal is one plain sentence and its details, which are the extra members of a tool's error (PRODUCT §4). Values stand
in the sentence as `%(most)d` and are given among the details, so that a page can say the same in another language:
`Invalid("A name has 1 to %(most)d characters.", field="name", most=80)`.
"""

from typing import Any, ClassVar


def N_(sentence: str) -> str:  # noqa: N802 (the name gettext's extractor looks for)
    """Mark a sentence of the models for translation; the page that shows it translates it."""
    return sentence


class DomainError(Exception):
    """A rule said no. Pages, JSON and tool results are made from `code`, `sentence` and `details`.

    `for_apps` is advice that only an app can follow, such as which tool to call: pages leave it out.
    """

    code: ClassVar[str] = "invalid"

    def __init__(self, sentence: str, *, for_apps: str = "", **details: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.for_apps = for_apps
        self.details = details

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """The sentence in English, with its values, and what an app can do about it."""
        return " ".join(filter(None, (self.in_words(self.sentence), self.for_apps)))

    def in_words(self, sentence: str) -> str:
        """The sentence, or a translation of it, with the values of this refusal."""
        return sentence % self.details if "%(" in self.sentence else sentence


class NotFound(DomainError):
    """There is no such record here; a stranger's record is answered with the same words."""

    code = "not_found"


class NotAllowed(DomainError):
    """The record is there and the caller may not do this to it."""

    code = "forbidden"


class Invalid(DomainError):
    """A value breaks a rule. `field` names the parameter or form field."""

    code = "invalid"

    def __init__(self, sentence: str, *, field: str | None = None, **details: Any) -> None:
        super().__init__(sentence, **({"field": field} if field else {}), **details)
        self.field = field


class Conflict(DomainError):
    """The record moved on, or another one stands in the way. `current` tells what stands now."""

    code = "conflict"


class LimitReached(DomainError):
    """A plan's limit or quota is spent: details `limit`, `used`, `resets_at`, and of a plan `plan`."""

    code = "quota_exceeded"
