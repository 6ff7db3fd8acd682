"""What a search of the customers refuses by itself, whichever door it is asked through."""

import pytest
from flask import Flask

from models.customers.search import Question, search
from models.errors import Invalid
from tests.cast import Cast
from tests.customers.desk import facts


@pytest.mark.threat("MC17")
def test_the_limit_of_a_query_is_the_searchs_own(app: Flask, cast: Cast) -> None:
    with app.app_context():
        here = facts(cast.lotus)
        with pytest.raises(Invalid) as refused:
            search(here, Question(query="n" * 201))
        assert (refused.value.field, refused.value.details["most"]) == ("query", 200)
        assert search(here, Question(query=" " + "n" * 200 + "\u200b")).page.items == []
