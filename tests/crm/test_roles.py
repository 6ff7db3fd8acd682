"""What takes something away needs a manager, by whatever door it is done: its own page or Undo."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import models.insights.segment
from models.activity import undo
from models.base import show
from models.customers.customer import Customer
from models.customers.filter import parse
from models.customers.tag import tags_named
from models.insights.activity_feed import feed
from models.insights.segment import Segment
from tests.cast import Cast
from tests.crm.sending import Post
from tests.customers.desk import ALICE, changing, facts, person

ACTIVITY = "/w/lotus-spa/activity"


def made(app: Flask, cast: Cast) -> str:
    """The act by which Ada was taken in."""
    with app.app_context(), changing(cast.lotus):
        return next(each for each in feed(cast.lotus).items if each.verb == "enrol_member").shown_id


def archived(app: Flask, cast: Cast, shown: str) -> bool:
    with app.app_context(), changing(cast.lotus):
        return not Customer.find(cast.lotus, shown).live


def test_staff_cannot_archive_by_undoing_what_took_somebody_in(
    app: Flask, bob: FlaskClient, browser_of: Any, cast: Cast, ada: str, post: Post
) -> None:
    act = made(app, cast)
    assert f"/activity/{act}/undoing" not in bob.get(ACTIVITY).text
    assert post(bob, f"/activity/{act}/undoing", {}, page="/activity").status_code == 403
    assert not archived(app, cast, ada)
    dana = browser_of(cast.dana)
    assert f"/activity/{act}/undoing" in dana.get(ACTIVITY).text
    assert post(dana, f"/activity/{act}/undoing", {}, page="/activity").status_code == 303
    assert archived(app, cast, ada)


def test_every_undo_asks_for_what_its_opposite_asks_for() -> None:
    assert models.insights.segment
    taking_away = {"create_contact", "create_tag", "create_segment", "create_booking", "merge_contacts"}
    asked = {verb: undo.needs_to_undo(verb) for verb in undo._undoing}
    assert {verb for verb, (_, access) in asked.items() if access == "destructive"} >= taking_away
    assert set(asked.values()) <= {
        (capability, access) for capability in ("customers", "bookings", "insights") for access in ("write", "destructive")
    }
    for verb in ("attach_tags", "detach_tags", "update_contact", "add_note", "set_opt_in", "enrol_member", "archive_customer"):
        assert asked[verb] == ("customers", "write")


@pytest.mark.parametrize("what", ["merge", "tag", "segment"])
def test_staff_may_not_open_or_send_a_page_that_takes_something_away(
    app: Flask, bob: FlaskClient, browser_of: Any, cast: Cast, ada: str, post: Post, what: str
) -> None:
    with app.app_context():
        person(cast.lotus, "Ada L.", tags=("vip",))
        with changing(cast.lotus):
            tag = tags_named(cast.lotus, ["vip"])["vip"].id
            segment = Segment.create(facts(cast.lotus), "VIPs", parse("tag:vip"), ALICE).id
    path = {
        "merge": f"/customers/{ada}/merge",
        "tag": f"/tags/{show('tag', tag)}/removal",
        "segment": f"/segments/{show('seg', segment)}/removal",
    }[what]
    assert bob.get(f"/w/lotus-spa{path}").status_code == 403
    assert post(bob, path, {}).status_code == 403
    assert path not in bob.get(f"/w/lotus-spa/{path.split('/')[1]}").text
    assert browser_of(cast.dana).get(f"/w/lotus-spa{path}").status_code == 200
