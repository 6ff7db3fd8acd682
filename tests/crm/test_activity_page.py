"""What was done, and taking it back."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from blueprints.crm import words
from models.activity import undo
from models.activity.actor import Actor
from models.base import enter, writing
from models.customers.note import Note
from models.customers.tag import carried_by
from models.customers.tagging import attach_tags
from models.insights.activity_feed import feed
from tests.cast import Cast
from tests.crm.sending import Post
from tests.customers.desk import held
from tests.insights.test_activity_feed import app_of

ACTIVITY = "/w/lotus-spa/activity"


def tagged(app: Flask, cast: Cast, shown: str) -> str:
    """Tag somebody as Claude and return the id of the act."""
    with app.app_context():
        claude = app_of(cast.lotus, cast.alice.id, "Claude")
        with writing():
            attach_tags(cast.lotus, [shown], ["vip"], claude, create_missing=True)
        return feed(cast.lotus, by="assistants").items[0].shown_id


def tags_of(app: Flask, cast: Cast, shown: str) -> list[int]:
    with app.app_context(), held(cast.lotus, shown) as customer:
        return carried_by(cast.lotus, [customer.id])[customer.id]


def test_an_assistants_act_is_listed_with_app_person_and_record(app: Flask, alice: FlaskClient, cast: Cast, ada: str) -> None:
    tagged(app, cast, ada)
    page = alice.get(ACTIVITY).text
    assert "Claude for Alice" in page
    assert f'<a href="/w/lotus-spa/customers/{ada}"><bdi>Ada Lovelace</bdi></a>' in page


def test_undo_takes_the_act_back_and_says_by_whom(app: Flask, alice: FlaskClient, cast: Cast, ada: str, post: Post) -> None:
    act = tagged(app, cast, ada)
    answer = post(alice, f"/activity/{act}/undoing", {"back": ACTIVITY}, page="/activity")
    assert (answer.status_code, answer.location) == (303, ACTIVITY)
    assert tags_of(app, cast, ada) == []
    page = alice.get(ACTIVITY).text
    assert "Taken back by Alice" in page
    assert "Took back: Tagged" in page


def test_undo_through_htmx_answers_with_the_line_alone(app: Flask, alice: FlaskClient, cast: Cast, ada: str, post: Post) -> None:
    act = tagged(app, cast, ada)
    answer = post(alice, f"/activity/{act}/undoing", {}, page="/activity", htmx=True)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<li")
    assert "Taken back by Alice" in answer.text and 'id="status"' in answer.text


def test_an_act_is_undone_once(app: Flask, alice: FlaskClient, cast: Cast, ada: str, post: Post) -> None:
    act = tagged(app, cast, ada)
    post(alice, f"/activity/{act}/undoing", {}, page="/activity")
    assert post(alice, f"/activity/{act}/undoing", {}).status_code == 409


def test_what_moved_on_cannot_be_undone(app: Flask, alice: FlaskClient, cast: Cast, ada: str, post: Post) -> None:
    with app.app_context(), held(cast.lotus, ada) as customer:
        Note.add(customer, "Likes tea", Actor("user", user_id=cast.bob.id, name="Bob")).delete(Actor("system"))
    with app.app_context():
        enter(cast.lotus.id)
        act = next(each for each in feed(cast.lotus).items if each.verb == "add_note").shown_id
    assert post(alice, f"/activity/{act}/undoing", {}, page="/activity").status_code == 409


def test_a_viewer_sees_no_undo_and_may_not_send_it(
    app: Flask, browser_of: Any, cast: Cast, ada: str, submit: Any
) -> None:
    act = tagged(app, cast, ada)
    vera = browser_of(cast.vera)
    assert "/undoing" not in vera.get(ACTIVITY).text
    answer = submit(vera, f"{ACTIVITY}/{act}/undoing", {}, page=ACTIVITY)
    assert answer.status_code == 403
    assert tags_of(app, cast, ada) != []


def test_going_back_never_leaves_this_site(app: Flask, alice: FlaskClient, cast: Cast, ada: str, post: Post) -> None:
    act = tagged(app, cast, ada)
    answer = post(alice, f"/activity/{act}/undoing", {"back": "https://evil.test/"}, page="/activity")
    assert answer.location == ACTIVITY


def test_filters_stand_in_the_address_and_nonsense_is_the_usual_list(alice: FlaskClient) -> None:
    page = alice.get(ACTIVITY, query_string={"shown": "refusals", "by": "people"}).text
    assert '<option value="refusals" selected>' in page and '<option value="people" selected>' in page
    assert alice.get(ACTIVITY, query_string={"shown": "x'; DROP TABLE", "by": "zzz"}).status_code == 200


def test_a_cursor_of_another_list_is_a_bad_request(alice: FlaskClient) -> None:
    assert alice.get(ACTIVITY, query_string={"cursor": "AAAA"}).status_code == 400


def test_every_act_that_can_be_undone_is_put_in_words() -> None:
    assert sorted(set(undo._undoing) - set(words.DONE)) == []
