"""A refusal of the models as a person reads it: in the language of the page, without advice for apps."""

from flask_babel import gettext

from models.errors import DomainError


def sentence_of(error: DomainError) -> str:
    """The sentence in the language of the page, with its values."""
    return error.in_words(str(gettext(error.sentence)))
