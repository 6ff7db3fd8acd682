"""Looking for one customer: what cannot be looked for is said beside the box, on every page that has one."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from tests.cast import Cast
from tests.crm.desk import HOME, Desk, open_desk

PAGES = ("bookings/new/customer?q=", "customers/{desk.customer}/merge?query=", "packages/{desk.package}?q=")
TOO_LONG = "A search has at most 200 characters."


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    with app.app_context():
        return open_desk(cast)


@pytest.mark.threat("MC17")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("query", "sentence"), [("n" * 201, TOO_LONG), ("\u200b", "There is nothing in it that can be seen.")])
def test_words_that_cannot_be_looked_for_stay_in_the_box_with_the_reason_beside_it(
    alice: FlaskClient, desk: Desk, page: str, query: str, sentence: str
) -> None:
    answer = alice.get(f"{HOME}/{page.format(desk=desk)}{query}")
    box = page.rstrip("=").rpartition("?")[2]
    assert answer.status_code == 422
    assert f'value="{escape(query)}"' in answer.text
    assert f'aria-invalid="true" aria-describedby="{box}-problem"' in answer.text
    assert f'id="{box}-problem"' in answer.text and sentence in answer.text
    assert "Nobody" not in answer.text, "nothing was looked for"


@pytest.mark.parametrize("page", PAGES)
def test_as_many_characters_as_a_search_takes_are_looked_for(alice: FlaskClient, desk: Desk, page: str) -> None:
    answer = alice.get(f"{HOME}/{page.format(desk=desk)}{'n' * 200}")
    assert answer.status_code == 200
    assert "Nobody" in answer.text and "aria-invalid" not in answer.text


def test_a_new_booking_takes_what_was_typed_along_to_the_same_sentence(alice: FlaskClient, desk: Desk) -> None:
    answer = alice.get(f"{HOME}/bookings/new?q={'n' * 201}", follow_redirects=True)
    assert answer.status_code == 422 and TOO_LONG in answer.text


def test_short_words_that_are_too_long_together_are_refused_in_the_list_of_customers(alice: FlaskClient, desk: Desk) -> None:
    answer = alice.get(f"{HOME}/customers", query_string={"filter": "nobody " * 29})
    assert answer.status_code == 422 and TOO_LONG in answer.text


def test_a_booking_is_not_looked_for_by_more_than_a_search_takes(alice: FlaskClient, desk: Desk) -> None:
    answer = alice.get(f"{HOME}/bookings?view=list&q={'n' * 201}")
    assert answer.status_code < 500 and "This is too long." in answer.text
