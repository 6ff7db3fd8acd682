"""What a workspace sets up around its customers: tags and custom fields."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.base import enter, writing
from models.customers.custom_field import CustomField, fields_of
from models.customers.tag import Tag
from models.insights.activity_feed import feed
from tests.cast import Cast
from tests.crm.sending import Post
from tests.customers.desk import ALICE, facts, person

HOSTILE = "<svg onload=alert(1)>"


def tag_names(app: Flask, cast: Cast) -> list[str]:
    with app.app_context():
        enter(cast.lotus.id)
        return sorted(tag.name for tag in Tag.counted(cast.lotus).items)


def tag_id(app: Flask, cast: Cast, name: str) -> str:
    with app.app_context():
        here = facts(cast.lotus)
        with writing():
            return Tag.create(here, name, ALICE).shown_id


def undo_last(app: Flask, cast: Cast, alice: FlaskClient, post: Post, verb: str | None = None) -> int:
    """Take back the last act, or the last of a verb."""
    with app.app_context():
        enter(cast.lotus.id)
        acts = [each for each in feed(cast.lotus).items if each.undoable == "open" and verb in (None, each.verb)]
        act = acts[0].shown_id
    return post(alice, f"/activity/{act}/undoing", {}, page="/activity").status_code


def test_a_tag_is_made_and_listed_with_how_many_carry_it(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    assert "No tags yet" in alice.get("/w/lotus-spa/tags").text
    assert post(alice, "/tags", {"name": HOSTILE}).status_code == 303
    with app.app_context():
        person(cast.lotus, "Ada", tags=("vip",))
    page = alice.get("/w/lotus-spa/tags").text
    assert "<svg onload" not in page and tag_names(app, cast) == [HOSTILE, "vip"]
    assert '<td class="num" data-label="Customers">1</td>' in page


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("name", ["", " ", "x" * 41, "VIP"])
def test_a_bad_or_taken_name_of_a_tag_is_said_beside_it(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post, name: str, htmx: bool
) -> None:
    tag_id(app, cast, "vip")
    new = tag_id(app, cast, "new")
    for path in ("/tags", f"/tags/{new}"):
        answer = post(alice, path, {"name": name}, htmx=htmx)
        assert answer.status_code == 422 and 'id="name-problem"' in answer.text, path
    assert tag_names(app, cast) == ["new", "vip"]


def test_a_tag_is_renamed_and_undone(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    shown = tag_id(app, cast, "vpi")
    assert 'value="vpi"' in alice.get(f"/w/lotus-spa/tags/{shown}/edit").text
    post(alice, f"/tags/{shown}", {"name": "VIP"})
    assert tag_names(app, cast) == ["VIP"]
    assert undo_last(app, cast, alice, post) == 303
    assert tag_names(app, cast) == ["vpi"]


def test_a_tag_is_removed_from_everybody_and_brought_back(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    shown = tag_id(app, cast, "vip")
    with app.app_context():
        person(cast.lotus, "Ada", tags=("vip",))
    assert "1 customer carries it" in alice.get(f"/w/lotus-spa/tags/{shown}/removal").text
    post(alice, f"/tags/{shown}/removal", {})
    assert tag_names(app, cast) == []
    assert alice.get(f"/w/lotus-spa/tags/{shown}/edit").status_code == 404
    assert undo_last(app, cast, alice, post) == 303
    assert '<td class="num" data-label="Customers">1</td>' in alice.get("/w/lotus-spa/tags").text


def test_a_tag_comes_back_only_while_its_name_is_free(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    post(alice, f"/tags/{tag_id(app, cast, 'vip')}/removal", {})
    tag_id(app, cast, "vip")
    assert undo_last(app, cast, alice, post, "archive_tag") == 409


FIELD = {"label": "Shoe size", "key": "shoe_size", "type": "number", "options": "", "filterable": "y"}


def fields(app: Flask, cast: Cast) -> list[CustomField]:
    with app.app_context():
        enter(cast.lotus.id)
        return list(fields_of(cast.lotus))


def test_a_custom_field_is_added_changed_and_removed(app: Flask, cast: Cast, alice: FlaskClient, post: Post) -> None:
    assert post(alice, "/custom-fields", FIELD).status_code == 303
    made = fields(app, cast)[0]
    assert (made.key, made.type, made.filterable, made.required) == ("shoe_size", "number", True, False)
    assert "custom.shoe_size" in alice.get("/w/lotus-spa/custom-fields").text
    post(alice, f"/custom-fields/{made.shown_id}", {"label": "Size", "options": "", "required": "y"})
    assert [(each.label, each.required) for each in fields(app, cast)] == [("Size", True)]
    post(alice, f"/custom-fields/{made.shown_id}/removal", {})
    assert fields(app, cast) == []
    assert alice.get(f"/w/lotus-spa/custom-fields/{made.shown_id}/edit").status_code == 404


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"label": ""}, "label"),
        ({"label": "x" * 81}, "label"),
        ({"key": ""}, "key"),
        ({"key": "Shoe Size"}, "key"),
        ({"key": "x" * 41}, "key"),
        ({"type": "blob"}, "type"),
        ({"type": "choice"}, "options"),
        ({"type": "choice", "options": "a|b"}, "options"),
        ({"type": "choice", "options": "\n".join(map(str, range(51)))}, "options"),
    ],
)
def test_a_custom_field_that_cannot_be_is_refused_by_field(
    app: Flask, cast: Cast, alice: FlaskClient, post: Post, changed: dict[str, str], named: str
) -> None:
    answer = post(alice, "/custom-fields", FIELD | changed)
    assert answer.status_code == 422 and f'id="{named}-problem"' in answer.text
    assert fields(app, cast) == []


def test_a_key_is_given_once(alice: FlaskClient, post: Post) -> None:
    post(alice, "/custom-fields", FIELD)
    again = post(alice, "/custom-fields", FIELD)
    assert again.status_code == 422 and "choose another" in again.text


def test_staff_see_custom_fields_and_do_not_change_them(bob: FlaskClient, post: Post) -> None:
    assert bob.get("/w/lotus-spa/custom-fields").status_code == 200
    assert bob.get("/w/lotus-spa/custom-fields/new").status_code == 403
    assert post(bob, "/custom-fields", FIELD).status_code == 403
