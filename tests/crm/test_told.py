"""What happened, in sentences: with the names of whom and what, both ends of a move, and links."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup

from blueprints.crm import told, words
from models.base import writing
from models.bookings.move import Move
from models.bookings.record import _SAID
from models.customers.customer import Customer
from models.customers.editing import update_customer
from models.customers.opt_in import set_opt_in
from tests.bookings.salon import Salon
from tests.cast import Cast
from tests.crm.sending import Post
from tests.customers.desk import ALICE, facts, held, person

ACTIVITY = "/w/lotus-spa/activity"


@pytest.fixture
def moved(app: Flask, cast: Cast) -> tuple[str, str]:
    """A booking that was made and moved: its id and its customer's."""
    with app.app_context():
        salon = Salon.open(cast.lotus.id)
        with writing():
            booked = salon.book("2027-05-05 10:30")
            customer = Customer.find(cast.lotus, booked.customer_id).shown_id
        with writing():
            Move(booked, booked.starts_at + timedelta(hours=4)).carry_out(salon.workspace, ALICE)
        return booked.shown_id, customer


def test_a_move_is_told_with_both_its_ends_and_links(alice: FlaskClient, moved: tuple[str, str]) -> None:
    booking, customer = moved
    for page in (alice.get(ACTIVITY).text, alice.get(f"/w/lotus-spa/customers/{customer}").text):
        text = Markup(page).striptags().replace("\u202f", " ")
        assert "10:30 am → 2:30 pm" in text
        assert f'href="/w/lotus-spa/bookings/{booking}"' in page
    assert f'href="/w/lotus-spa/customers/{customer}"' in alice.get(ACTIVITY).text


def test_a_customers_line_says_when_the_booking_takes_place(alice: FlaskClient, moved: tuple[str, str]) -> None:
    text = Markup(alice.get(f"/w/lotus-spa/customers/{moved[1]}").text).striptags().replace("\u202f", " ")
    assert "for Wed, 5 May, 10:30 am" in text


def test_changes_and_answers_are_told_in_words(app: Flask, cast: Cast, alice: FlaskClient, ada: str) -> None:
    with app.app_context(), held(cast.lotus, ada) as customer:
        set_opt_in(customer, "email", "marketing", "granted", ALICE)
    with app.app_context(), held(cast.lotus, ada) as customer:
        update_customer(facts(cast.lotus), customer, {"locale": "en", "phone": "6123 4567"}, ALICE)
    feed = Markup(alice.get(ACTIVITY).text).striptags()
    assert "Noted that Ada Lovelace said yes to offers by e-mail" in feed
    assert "Changed language, phone or e-mail of Ada Lovelace" in feed
    line = Markup(alice.get(f"/w/lotus-spa/customers/{ada}").text).striptags()
    assert "Said yes to offers by e-mail" in line and "Changed: language, phone or e-mail" in line


@pytest.mark.threat("PO11")
def test_names_stay_text_in_sentences(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    with app.app_context():
        shown = person(cast.lotus, "<img src=x onerror=alert(1)>%(when)s%s")
    post(alice, f"/customers/{shown}/opt-ins", {"opt_in": "sms:marketing"})
    page = alice.get(ACTIVITY)
    assert page.status_code == 200 and "<img src=x" not in page.text


def test_undo_is_offered_only_while_the_record_stands_as_the_act_left_it(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post
) -> None:
    with app.app_context(), held(cast.lotus, ada) as customer:
        update_customer(facts(cast.lotus), customer, {"company": "Engines"}, ALICE)
    assert alice.get(ACTIVITY).text.count("/undoing") >= 2, "an action and an htmx attribute"
    before = alice.get(ACTIVITY).text.count("/undoing")
    with app.app_context(), held(cast.lotus, ada) as customer:
        update_customer(facts(cast.lotus), customer, {"company": "Looms"}, ALICE)
    assert alice.get(ACTIVITY).text.count("/undoing") == before, "the last change has one, the one before has none any more"


def test_every_act_on_a_booking_is_a_sentence_on_both_pages() -> None:
    assert set(_SAID) <= set(told.OF_BOOKINGS) & set(told.OF_A_CUSTOMERS_BOOKINGS)
    assert set(told.OF_BOOKINGS) - {"restore_booking"} <= set(words.DONE)
