"""Looking for one customer among all: what was typed into the box, who is found, and why it could not be looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from blueprints.access import workspace
from blueprints.htmx import page_or_fragment, unprocessable
from blueprints.pages.sentences import sentence_of
from models.customers.listing import DEFAULT_SORT, CustomerRow
from models.customers.search import Question, search
from models.errors import Invalid


@dataclass(frozen=True, slots=True)
class Looked:
    """What `query` found, or in `problem` the sentence that stands beside the box."""

    query: str
    matches: Sequence[CustomerRow] = ()
    problem: str = ""

    @classmethod
    def of(cls, query: str, most: int, *, sort: str = DEFAULT_SORT) -> "Looked":
        """At most so many customers; without a query the first ones of that order."""
        try:
            return cls(query, search(workspace(), Question(query=query or None), sort=sort, limit=most).page.items)
        except Invalid as error:
            return cls(query, problem=sentence_of(error))

    def answer(self, page: str, fragment: str, /, **context: Any) -> Response:
        """The page with its box, which has this as `looked`; 422 where the box needs another look."""
        answered = unprocessable if self.problem else page_or_fragment
        return answered(page, fragment, looked=self, **context)
