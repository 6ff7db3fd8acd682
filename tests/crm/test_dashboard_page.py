"""The first page of a workspace."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup

from models import clock
from models.activity import audit_event
from models.activity.actor import SYSTEM
from models.base import writing
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.customers.enrolment import Person, take_in
from models.insights.dashboard import dashboard
from tests.cast import Cast
from tests.crm.desk import arranging, book, open_desk, put_class_on
from tests.crm.sending import HTMX, Post
from tests.customers.desk import facts
from tests.insights.test_activity_feed import app_of
from tests.insights.trade import trade

HOME = "/w/lotus-spa/"


def test_an_empty_workspace_says_how_to_begin(alice: FlaskClient) -> None:
    page = alice.get(HOME).text
    assert "Getting started" in page
    assert 'href="/w/lotus-spa/customers/new"' in page
    assert "No bookings today" in page


def test_the_figures_of_the_page_are_those_of_the_tool(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    with app.app_context():
        trade(cast.lotus.id, clock.now())
        board = dashboard(facts(cast.lotus), "30d")
    page = alice.get(HOME).text
    for figure in board.figures:
        assert f'<dd class="figure-value">{figure.value:,}</dd>' in page
        assert f"{figure.previous:,} before" in page


@pytest.mark.parametrize("period", ["today", "7d", "mtd", "last_month", "custom", "never", "<script>"])
def test_every_period_has_an_address_and_an_unknown_one_is_thirty_days(alice: FlaskClient, period: str) -> None:
    page = alice.get(HOME, query_string={"period": period})
    assert page.status_code == 200
    chosen = period if period in ("today", "7d", "mtd", "last_month") else None
    marked = f'/w/lotus-spa/?period={chosen}" aria-current="page"' if chosen else 'aria-current="page">30 days'
    assert marked in page.text
    assert "<script>" not in page.text


def test_htmx_gets_the_figures_alone(alice: FlaskClient) -> None:
    fragment = alice.get(HOME, headers=HTMX).text
    assert fragment.lstrip().startswith('<div id="figures">')


@pytest.fixture
def morning() -> Iterator[datetime]:
    """The clock stands at ten in the morning of Hong Kong."""
    at = datetime.now(ZoneInfo("Asia/Hong_Kong")).replace(hour=10, minute=0, second=0, microsecond=0)
    with clock.stopped(at):
        yield at


def today(page: str) -> str:
    """The card of today as text."""
    card = page.partition("<h2>Today</h2>")[2].partition("</section>")[0]
    return " ".join(Markup(card).striptags().split())


def test_todays_bookings_lead_to_the_booking_and_to_checking_in(
    app: Flask, alice: FlaskClient, cast: Cast, morning: datetime, post: Post
) -> None:
    with app.app_context():
        desk = open_desk(cast)
        booked = book(cast, desk, morning + timedelta(hours=2))
        book(cast, desk, morning + timedelta(hours=5))
        with clock.stopped(morning - timedelta(hours=3)):
            book(cast, desk, morning - timedelta(hours=2))
    page = alice.get(HOME).text
    assert "2 of 3 still to come" in today(page)
    assert f'<a href="{HOME}bookings/{booked}"><strong><bdi>Chan Tai Man</bdi></strong></a>' in page
    answer = post(alice, f"/bookings/{booked}/progress", {"step": "check_in", "version": 1, "back": HOME})
    assert answer.location == HOME
    assert "Checked in" in today(alice.get(HOME).text)


def test_a_class_of_today_is_one_line_with_how_many_come(app: Flask, alice: FlaskClient, cast: Cast, morning: datetime) -> None:
    with app.app_context():
        desk = open_desk(cast)
        put_class_on(cast, desk, morning + timedelta(hours=3))
        with arranging(cast.lotus) as here:
            yoga = Service.find(here, desk.yoga)
            for name in ("Ada", "Ben"):
                somebody = take_in(here, Person(name=name), SYSTEM, enrol=False).customer
                Reservation(somebody, yoga, morning + timedelta(hours=3), party_size=2).book(here, SYSTEM)
    assert today(alice.get(HOME).text).endswith("1:00 pm–2:00 pm Yoga4 people · Mei Who comes Yoga")


def test_what_is_set_up_first_leads_to_its_own_form(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    page = alice.get(HOME).text
    for path in ("services/new", "staff/new", "customers/new", "connect"):
        assert f'href="{HOME}{path}"' in page
    assert page.index("Getting started") < page.index("<h2>Today</h2>"), "without services there is no day to look at"
    with app.app_context():
        desk = open_desk(cast)
    page = alice.get(HOME).text
    assert page.index("<h2>Today</h2>") < page.index("Getting started")
    assert desk.mei not in page, "hours are set"


def test_what_assistants_did_counts_look_ups_and_shows_refusals(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    assert "Nothing yet" in alice.get(HOME).text
    with app.app_context():
        claude = app_of(cast.lotus, cast.alice.id, "Claude")
        with writing():
            for tool in ("list_bookings", "search_members"):
                audit_event.record(cast.lotus.id, tool, claude, tool=tool)
            audit_event.record(cast.lotus.id, "cancel_booking", claude, outcome="refused", tool="cancel_booking")
    page = alice.get(HOME).text
    assert "Nothing yet" not in page
    assert ">2 look-ups</a> in the last 7 days" in page
    assert "Cancel a booking" in page and "Refused</span>" in page


def test_a_viewer_sees_the_dashboard_and_a_stranger_does_not(browser_of, cast: Cast, charlie: FlaskClient) -> None:  # type: ignore[no-untyped-def]
    assert browser_of(cast.vera).get(HOME).status_code == 200
    assert charlie.get(HOME).status_code == 404


def test_whoever_is_not_signed_in_is_sent_there_and_back(client: FlaskClient) -> None:
    answer = client.get(HOME)
    assert answer.status_code == 303
    assert answer.location == "/login?next=%2Fw%2Flotus-spa%2F"
