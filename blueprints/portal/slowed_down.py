"""A form that was tried too often: the same page, with how long to wait."""

from collections.abc import Callable

from flask import Response

from blueprints.errors import note_refusal
from blueprints.pages.form import Form
from blueprints.pages.sentences import sentence_of
from models.accounts.throttle import TooManyGuesses


def slowed_down(verb: str, spent: TooManyGuesses, form: Form, page: Callable[[], Response]) -> Response:
    """429 with Retry-After; what was typed stands in the form that `page` draws, and the attempt leaves its row."""
    note_refusal(verb, status=429)
    form.say(sentence_of(spent))
    response = page()
    response.status_code = 429
    response.headers["Retry-After"] = str(spent.retry_after)
    return response
