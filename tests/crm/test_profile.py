"""The page of one customer: notes, tags, what they may be sent, and their timeline."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.activity.undo import undo_of
from models.base import enter, show, writing
from models.customers.merge import merge
from models.customers.note import BODY_MAX, notes_of
from models.customers.opt_in import opt_ins_of
from models.customers.tag import carried_by
from models.customers.tagging import attach_tags
from models.insights.activity_feed import feed
from tests.cast import Cast
from tests.crm.sending import HTMX, Post
from tests.customers.desk import ALICE, held, person

HOSTILE = "<img src=x onerror=alert(1)>\"'</textarea>"


def at(shown: str) -> str:
    return f"/w/lotus-spa/customers/{shown}"


def notes(app: Flask, cast: Cast, shown: str) -> list[str]:
    with app.app_context(), held(cast.lotus, shown) as customer:
        return [note.body for note in notes_of(cast.lotus, customer.id)]


def tags(app: Flask, cast: Cast, shown: str) -> int:
    with app.app_context(), held(cast.lotus, shown) as customer:
        return len(carried_by(cast.lotus, [customer.id])[customer.id])


def test_the_profile_shows_who_it_is_and_how_to_reach_them(alice: FlaskClient, ada: str) -> None:
    page = alice.get(at(ada)).text
    assert "<h1>Ada Lovelace</h1>" in page
    assert '<a href="tel:+85291234567">+852 9123 4567</a>' in page
    assert '<a href="mailto:ada@example.com">' in page


@pytest.mark.parametrize("htmx", [False, True])
def test_a_note_is_added_and_shown(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, htmx: bool) -> None:
    answer = post(alice, f"/customers/{ada}/notes", {"body": HOSTILE, "kind": "call", "sensitive": "y"}, htmx=htmx)
    assert answer.status_code == (200 if htmx else 303)
    assert notes(app, cast, ada) == [HOSTILE]
    shown = answer.text if htmx else alice.get(at(ada)).text
    assert "<img src=x" not in shown
    assert "Call</span>" in shown and "Sensitive</span>" in shown
    if htmx:
        assert answer.text.lstrip().startswith('<section class="card" id="notes"') and "Note added." in answer.text


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    "data", [{"body": ""}, {"body": " \u200b\n"}, {"body": "x" * (BODY_MAX + 1)}, {"body": "Kept", "kind": "shout"}]
)
def test_a_note_that_is_refused_keeps_what_was_typed(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, data: dict[str, str], htmx: bool
) -> None:
    answer = post(alice, f"/customers/{ada}/notes", {"kind": "note"} | data, htmx=htmx)
    assert answer.status_code == 422
    assert answer.text.count('role="alert"') == 1
    assert data["body"].strip("\u200b \n")[:40] in answer.text
    assert notes(app, cast, ada) == []


def test_a_note_is_kept_on_top_and_deleted_and_brought_back(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post
) -> None:
    for body in ("First", "Second"):
        post(alice, f"/customers/{ada}/notes", {"body": body, "kind": "note"})
    with app.app_context(), held(cast.lotus, ada) as customer:
        first = notes_of(cast.lotus, customer.id)[-1].shown_id
    assert "On top" in post(alice, f"/customers/{ada}/notes/{first}/pinning", {}, htmx=True).text
    assert notes(app, cast, ada) == ["First", "Second"]
    post(alice, f"/customers/{ada}/notes/{first}/deletion", {})
    assert notes(app, cast, ada) == ["Second"]
    act = next(each for each in _acts(app, cast) if each.verb == "delete_note")
    post(alice, f"/activity/{act.shown_id}/undoing", {}, page="/activity")
    assert notes(app, cast, ada) == ["First", "Second"]


def test_a_note_of_somebody_else_is_not_there(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post) -> None:
    with app.app_context():
        ben = person(cast.lotus, "Ben")
    post(alice, f"/customers/{ben}/notes", {"body": "Ben's", "kind": "note"})
    with app.app_context(), held(cast.lotus, ben) as customer:
        note = notes_of(cast.lotus, customer.id)[0].shown_id
    assert post(alice, f"/customers/{ada}/notes/{note}/deletion", {}).status_code == 404
    assert notes(app, cast, ben) == ["Ben's"]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_tag_is_put_on_and_taken_off(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, htmx: bool) -> None:
    answer = post(alice, f"/customers/{ada}/tags", {"tag": "VIP"}, htmx=htmx)
    assert answer.status_code == (200 if htmx else 303)
    if htmx:
        assert answer.text.lstrip().startswith('<section class="card" id="tags"')
    with app.app_context(), held(cast.lotus, ada) as customer:
        number = carried_by(cast.lotus, [customer.id])[customer.id][0]
    post(alice, f"/customers/{ada}/tags/{show('tag', number)}/removal", {}, htmx=htmx)
    assert tags(app, cast, ada) == 0


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("typed", ["", "   ", "x" * 41])
def test_a_tag_that_is_refused_is_said_beside_the_box(
    app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post, typed: str, htmx: bool
) -> None:
    answer = post(alice, f"/customers/{ada}/tags", {"tag": typed}, htmx=htmx)
    assert answer.status_code == 422
    assert 'id="new-tag-problem"' in answer.text and ("Enter a tag." in answer.text or "At most 40 characters." in answer.text)
    assert tags(app, cast, ada) == 0


def test_ticks_say_what_a_customer_may_be_sent(app: Flask, cast: Cast, alice: FlaskClient, ada: str, post: Post) -> None:
    def said() -> dict[str, str]:
        with app.app_context(), held(cast.lotus, ada) as customer:
            return {f"{each.channel}:{each.purpose}": each.status for each in opt_ins_of(cast.lotus, customer.id)}

    post(alice, f"/customers/{ada}/opt-ins", {"opt_in": ["email:marketing", "sms:transactional", "fax:marketing"]})
    assert said() == {"email:marketing": "granted", "sms:transactional": "granted"}
    fragment = post(alice, f"/customers/{ada}/opt-ins", {"opt_in": ["email:marketing"]}, htmx=True).text
    assert said() == {"email:marketing": "granted", "sms:transactional": "withdrawn"}
    assert "said no" in fragment and "<html" not in fragment


@pytest.mark.parametrize(
    ("path", "data"),
    [("notes", {"body": "Likes tea", "kind": "note"}), ("tags", {"tag": "vip"}), ("opt-ins", {"opt_in": "sms:marketing"})],
)
def test_the_timeline_beside_a_card_follows_what_was_done_in_it(
    alice: FlaskClient, ada: str, post: Post, path: str, data: dict[str, str]
) -> None:
    answer = post(alice, f"/customers/{ada}/{path}", data, htmx=True).text
    beside = answer.partition('id="timeline"')[2]
    assert beside.lstrip().startswith('aria-labelledby="timeline-heading" data-hx-swap-oob="true"')
    assert any(said in beside for said in ("Note added", "Tagged vip", "Said yes to offers by SMS"))
    assert f'href="{at(ada)}?timeline=' in beside


def test_a_tag_that_is_refused_without_scripts_takes_the_focus(alice: FlaskClient, ada: str, post: Post) -> None:
    card = post(alice, f"/customers/{ada}/tags", {"tag": ""}).text.partition('id="tags"')[2]
    assert 'role="alert" tabindex="-1" autofocus' in card and 'href="#new-tag"' in card


def test_the_phone_stands_under_the_name(alice: FlaskClient, ada: str) -> None:
    page = alice.get(at(ada)).text
    assert page.index("<h1>") < page.index("tel:+85291234567") < page.index('class="figures"')


def test_the_timeline_can_be_narrowed_and_a_fragment_of_it_fetched(alice: FlaskClient, ada: str, post: Post) -> None:
    post(alice, f"/customers/{ada}/notes", {"body": "Hello", "kind": "note"})
    post(alice, f"/customers/{ada}/tags", {"tag": "vip"})
    everything, only_tags = (alice.get(at(ada), query_string={"timeline": kind}, headers=HTMX).text for kind in ("all", "tags"))
    assert "Note added" in everything and "Tagged vip" in everything
    assert "Note added" not in only_tags and "Tagged vip" in only_tags
    assert alice.get(at(ada), query_string={"timeline": "nonsense", "cursor": "AAAA"}).status_code == 400


def test_the_address_of_a_merged_record_leads_to_the_one_it_became(app: Flask, cast: Cast, alice: FlaskClient, ada: str) -> None:
    with app.app_context():
        other = person(cast.lotus, "A. Lovelace")
        with writing():
            merge(cast.lotus, ada, other, ALICE)
    answer = alice.get(at(other))
    assert (answer.status_code, answer.location) == (303, at(ada))


def test_a_viewer_reads_and_is_offered_nothing_to_change(browser_of: Any, cast: Cast, ada: str, submit: Any) -> None:
    vera = browser_of(cast.vera)
    page = vera.get(at(ada)).text
    assert "Ada Lovelace" in page
    assert "Add note" not in page and "Edit" not in page and "Archive" not in page
    for path in ("notes", "tags", "opt-ins", "archival", "anonymisation", "merge"):
        assert submit(vera, f"{at(ada)}/{path}", {}, page="/w/lotus-spa/activity").status_code == 403


def test_undoing_a_wrong_tag_takes_it_off(app: Flask, cast: Cast, alice: FlaskClient, ada: str) -> None:
    with app.app_context():
        enter(cast.lotus.id)
        with writing():
            attach_tags(cast.lotus, [ada], ["wrong"], ALICE, create_missing=True)
        with writing():
            undo_of(cast.lotus, feed(cast.lotus).items[0].id).undo(ALICE)
    assert tags(app, cast, ada) == 0


def _acts(app: Flask, cast: Cast) -> list[Any]:
    with app.app_context():
        enter(cast.lotus.id)
        return feed(cast.lotus).items
