"""What was done: assistants first-class, names looked up, accounts and access left out."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from models import clock
from models.activity import audit_event
from models.activity.actor import Actor
from models.activity.undo import undo_of
from models.base import db, enter, writing
from models.customers.customer import Customer
from models.customers.note import Note
from models.customers.tagging import attach_tags
from models.errors import Invalid, NotFound
from models.insights.activity_feed import Act, act, apps_of, feed
from models.oauth.client import Client
from models.oauth.consent import Consent
from tests.cast import Cast, Place
from tests.customers.desk import facts, person


@pytest.fixture
def claude(app: Flask, cast: Cast) -> Iterator[Actor]:
    """Claude, allowed by Alice, in an app context."""
    with app.app_context():
        yield app_of(cast.lotus, cast.alice.id, "Claude")


def app_of(place: Place, user_id: int, name: str) -> Actor:
    enter(place.id)
    here, by = facts(place), Actor("user", user_id=user_id, name="Alice")
    with writing():
        client = Client.create(
            here, by, name=name, redirect_uris=["https://claude.ai/back"], scopes=["mcp.read", "mcp.write"], confidential=False
        ).client
        consent = Consent.give(user_id, client, here.id, ["mcp.read", "mcp.write"], [], by)
        return Actor("app", user_id=user_id, client_id=client.id, consent_id=consent.id, name=name)


def tag(place: Place, shown: str, by: Actor) -> None:
    enter(place.id)
    with writing(), audit_event.serving("attach_tags", time.perf_counter()):
        attach_tags(place, [shown], ["vip"], by, create_missing=True)


def said(acts: list[Act]) -> list[tuple[str, str | None]]:
    return [(each.verb, each.subject) for each in acts]


def test_an_act_names_app_person_tool_and_record_and_can_be_undone(claude: Actor, cast: Cast) -> None:
    tag(cast.lotus, person(cast.lotus, "陳大文"), claude)
    line = feed(cast.lotus, by="assistants").items[0]
    assert (line.app, line.person, line.tool, line.subject) == ("Claude", "Alice", "attach_tags", "陳大文")
    assert (line.verb, line.tags) == ("attach_tags", ("vip",))
    assert line.undoable == "open"


def test_undo_shows_by_whom_and_adds_a_line_of_its_own(claude: Actor, cast: Cast) -> None:
    tag(cast.lotus, person(cast.lotus, "Ada"), claude)
    line = feed(cast.lotus, by="assistants").items[0]
    with writing():
        undo_of(cast.lotus, line.id).undo(Actor("user", user_id=cast.bob.id, name="Bob"))
    undone = act(cast.lotus, line.shown_id)
    assert (undone.undoable, undone.undone_by) == ("undone", "Bob")
    newest = feed(cast.lotus).items[0]
    assert (newest.verb, newest.person) == ("undo_attach_tags", "Bob")


def test_after_thirty_days_nothing_can_be_undone(claude: Actor, cast: Cast) -> None:
    tag(cast.lotus, person(cast.lotus, "Ada"), claude)
    with clock.stopped(clock.now() + timedelta(days=30, seconds=1)):
        assert feed(cast.lotus, by="assistants").items[0].undoable == "over"


def test_reads_refusals_and_rehearsals_are_shown_when_asked_for(claude: Actor, cast: Cast) -> None:
    with writing():
        for tool, outcome in (("search_members", "done"), ("cancel_booking", "refused"), ("create_booking", "dry_run")):
            audit_event.record(cast.lotus.id, tool, claude, outcome=outcome, tool=tool)  # type: ignore[arg-type]
    assert feed(cast.lotus, by="assistants").items == []
    assert said(feed(cast.lotus, shown="reads").items) == [("search_members", None)]
    assert said(feed(cast.lotus, shown="refusals").items) == [("cancel_booking", None)]
    assert said(feed(cast.lotus, shown="rehearsals").items) == [("create_booking", None)]
    assert len(feed(cast.lotus, shown="everything", by="assistants").items) == 3


def test_one_app_or_only_people_can_be_chosen(claude: Actor, cast: Cast) -> None:
    other = app_of(cast.lotus, cast.alice.id, "n8n")
    ada = person(cast.lotus, "Ada")
    tag(cast.lotus, ada, claude)
    with writing():
        Note.add(Customer.hold(cast.lotus, ada), "By n8n", other)
        Note.add(Customer.hold(cast.lotus, ada), "By hand", Actor("user", user_id=cast.bob.id, name="Bob"))
    assert [each.app for each in feed(cast.lotus, by=other.client_id).items] == ["n8n"]
    assert {each.person for each in feed(cast.lotus, by="people").items if each.verb == "add_note"} == {"Bob"}
    assert [name for _, name in apps_of(cast.lotus)] == ["Claude", "n8n"]


def test_seats_consents_and_tokens_are_left_to_the_audit_log(claude: Actor, cast: Cast) -> None:
    verbs = {each.verb for each in feed(cast.lotus, shown="everything", limit=100).items}
    assert not verbs & {"consent", "give_seat", "create_client"}


def test_pages_follow_one_another_and_a_cursor_fits_no_other_list(claude: Actor, cast: Cast) -> None:
    ada = person(cast.lotus, "Ada")
    with writing():
        for number in range(5):
            Note.add(Customer.hold(cast.lotus, ada), f"{number}", claude)
    first = feed(cast.lotus, by="assistants", limit=2)
    second = feed(cast.lotus, by="assistants", limit=2, cursor=first.next_cursor)
    assert len({each.id for each in first.items + second.items}) == 4
    with pytest.raises(Invalid):
        feed(cast.lotus, shown="reads", by="assistants", cursor=first.next_cursor)


def test_a_stranger_finds_nothing(claude: Actor, cast: Cast) -> None:
    tag(cast.lotus, person(cast.lotus, "Ada"), claude)
    shown = feed(cast.lotus, by="assistants").items[0].shown_id
    enter(cast.harbour.id)
    assert all(each.subject != "Ada" for each in feed(cast.harbour, shown="everything").items)
    with pytest.raises(NotFound):
        act(cast.harbour, shown)
    db.session.rollback()
