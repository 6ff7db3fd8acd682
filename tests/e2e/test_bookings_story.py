"""A day at the desk: book, move, check in, complete; cancel late and see the fee; a class with one seat left; undo."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from models import clock
from models.accounts.workspace import Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings.asset import Staff
from models.bookings.class_session import add_class
from models.bookings.hours import WorkingHours
from models.bookings.location import Location
from models.bookings.reservation import Reservation
from models.bookings.service import Service
from models.bookings.time_off import TimeOff
from models.bookings.timetable import ClassSchedule
from models.customers.enrolment import Person as Newcomer
from models.customers.enrolment import take_in
from tests.cast import Cast, Person
from tests.e2e.browser import Complaints, faults_of_pages

SignIn = Callable[[Page, Person], Page]
HOME = "/w/lotus-spa/"
DAY = 1_440
LONG = "Hot-stone-and-Aromatherapy-Relaxation-Ritual " * 2


@dataclass(frozen=True)
class Plan:
    """What is arranged at Lotus Spa: shown ids, and local starts as people type them."""

    chan: str
    wong: str
    massage: str
    yoga: str
    weekly: str
    mei: str
    late: str
    session: str
    tomorrow: datetime
    lesson: datetime
    just_now: datetime


def hour(local: datetime) -> re.Pattern[str]:
    """The time as a page writes it: 2:00 pm."""
    return re.compile(rf"^{local.hour % 12 or 12}:{local:%M}\s{local:%p}", re.IGNORECASE)


@pytest.fixture
def plan(app: Flask, cast: Cast) -> Plan:
    """Mei works around the clock; massages cancelled late cost half; one of the two seats of tomorrow's yoga is taken."""
    with app.app_context(), writing():
        enter(cast.lotus.id)
        here = db.session.get_one(Workspace, cast.lotus.id)
        people = [Staff.add(here, name, SYSTEM) for name in ("Mei", "Jade", "Maximiliane-Alexandrine von Hohenstaufen-Lee")]
        for each in people:
            WorkingHours.replace(each, [(weekday, 0, DAY) for weekday in range(7)], SYSTEM)
        for place in ("Central", "Sheung Wan, the corner house of Hollywood Road"):
            Location.add(here, place, SYSTEM)
        massage = Service.add(
            here, "Massage", 60, SYSTEM, price_minor=50_000, cancel_cutoff_min=4 * DAY, late_cancel_fee_bp=5_000,
        )  # fmt: skip
        massage.assign(people[0], SYSTEM)
        ritual = Service.add(here, LONG.strip(), 90, SYSTEM, price_minor=1_234_567, description="Slow. " * 60, category="Rituals")
        ritual.assign(people[2], SYSTEM)
        yoga = Service.add(here, "Yoga", 60, SYSTEM, kind="class", capacity=2, price_minor=12_000)
        chan = take_in(here, Newcomer(name="Chan Tai Man", native_name="陳大文"), SYSTEM, enrol=False).customer
        wong = take_in(here, Newcomer(name="Wong Siu Ming"), SYSTEM, enrol=False).customer
        now = clock.now().astimezone(here.zone)
        noon = (now + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        session = add_class(yoga, noon, [people[1]], SYSTEM)
        add_class(yoga, noon + timedelta(days=1), [people[1]], SYSTEM)
        weekly = ClassSchedule.add(
            yoga, noon.weekday(), 19 * 60, SYSTEM, valid_from=noon.date() + timedelta(days=7), staff=people[1]
        )
        weekly.open_sessions(here)
        Reservation(chan, yoga, noon).book(here, SYSTEM)
        late, _ = Reservation(chan, massage, noon + timedelta(hours=5), note="Sore neck").book(here, SYSTEM)
        Reservation(wong, ritual, noon).book(here, SYSTEM)
        TimeOff.add(people[0], noon + timedelta(days=9), noon + timedelta(days=10), SYSTEM, reason="Wedding")
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        just_now = max(midnight, (now - timedelta(minutes=30)).replace(second=0, microsecond=0))
        return Plan(
            chan.shown_id, wong.shown_id, massage.shown_id, yoga.shown_id, weekly.shown_id, people[0].shown_id, late.shown_id,
            session.shown_id, noon, noon, just_now,
        )  # fmt: skip


@pytest.fixture(params=["htmx", "no scripts"])
def window(request: pytest.FixtureRequest, open_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A browser with everything, and one without scripts."""
    return open_context(java_script_enabled=request.param != "no scripts")


@pytest.fixture
def desk(window: BrowserContext, signed_in: SignIn, cast: Cast, plan: Plan) -> Page:
    """Alice at her desk."""
    return signed_in(window.new_page(), cast.alice)


def state(page: Page, word: str) -> None:
    expect(page.locator("#booking .badge")).to_have_text(word)


def test_a_massage_is_booked_and_moved_and_the_move_is_undone(desk: Page, plan: Plan) -> None:
    desk.goto(HOME)
    desk.get_by_role("link", name="Bookings", exact=True).click()
    desk.get_by_role("link", name="New booking").click()
    desk.get_by_label("Customer", exact=True).fill("Wong")
    desk.get_by_role("button", name="Find").click()
    desk.get_by_role("link", name="Wong Siu Ming").click()
    desk.get_by_label("Service").select_option("Massage")
    desk.get_by_label("Day", exact=True).fill(f"{plan.tomorrow:%Y-%m-%d}")
    desk.get_by_role("button", name="Show times").click()
    expect(desk.get_by_role("radio", name=hour(plan.tomorrow + timedelta(hours=5)))).to_have_count(0)  # Mei is taken then
    desk.get_by_role("radio", name=hour(plan.tomorrow)).check()
    desk.get_by_label("Note").fill("By the window")
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Booked.")
    state(desk, "Confirmed")
    expect(desk.locator("#booking")).to_contain_text("By the window")
    booked = desk.url
    desk.get_by_role("link", name="Move", exact=True).click()
    desk.get_by_role("radio", name=hour(plan.tomorrow + timedelta(hours=2))).check()
    desk.get_by_role("button", name="Move", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Moved.")
    expect(desk.locator("#booking .facts time").nth(1)).to_have_text(hour(plan.tomorrow + timedelta(hours=2)))
    desk.get_by_role("link", name="Activity", exact=True).click()
    desk.get_by_role("button", name=re.compile("^Undo Moved")).click()
    expect(desk.get_by_text("Taken back by Alice")).to_be_visible()
    desk.goto(booked)
    expect(desk.locator("#booking .facts time").nth(1)).to_have_text(hour(plan.tomorrow))


def test_a_booking_is_undone_on_the_activity_page(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}bookings/new?customer={plan.wong}&service={plan.massage}&day={plan.tomorrow:%Y-%m-%d}")
    desk.get_by_role("radio", name=hour(plan.tomorrow)).check()
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Booked.")
    booked = desk.url
    desk.get_by_role("link", name="Activity", exact=True).click()
    desk.get_by_role("button", name=re.compile("^Undo Booked")).first.click()
    expect(desk.get_by_text("Taken back by Alice")).to_be_visible()
    desk.goto(booked)
    state(desk, "Cancelled")
    expect(desk.locator("#booking")).not_to_contain_text("Fee")


def test_a_walk_in_that_began_today_is_checked_in_and_completed(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}bookings/new?customer={plan.wong}&service={plan.massage}&day={plan.just_now:%Y-%m-%d}")
    desk.get_by_label("Another time that day").fill(f"{plan.just_now:%H:%M}")
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Booked.")
    desk.get_by_role("button", name="Check in").click()
    state(desk, "Checked in")
    desk.get_by_role("button", name="Complete").click()
    state(desk, "Completed")
    expect(desk.get_by_role("status")).to_have_text("Completed.")
    expect(desk.get_by_role("button", name="Undo completion")).to_be_visible()
    desk.goto(f"{HOME}bookings")
    expect(desk.locator(".board")).to_contain_text("Wong Siu Ming")


def test_a_late_cancellation_says_its_fee_before_and_after(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}bookings/{plan.late}")
    desk.get_by_role("link", name="Cancel", exact=True).click()
    expect(desk.get_by_text("a fee of HK$250.00 stands on the booking")).to_be_visible()
    desk.get_by_label("Reason").fill("Has a cold")
    desk.get_by_role("button", name="Cancel booking").click()
    expect(desk.get_by_role("status")).to_have_text("Cancelled; a fee of HK$250.00 stands on the booking.")
    state(desk, "Cancelled")
    expect(desk.locator("#booking .facts")).to_contain_text(re.compile(r"Fee\s*HK\$250\.00"))
    expect(desk.locator("#booking .facts")).to_contain_text("Has a cold")


def test_two_people_are_refused_the_last_seat_of_a_class_and_take_the_next_class(desk: Page, plan: Plan) -> None:
    one = f"{HOME}bookings/new?customer={plan.wong}&service={plan.yoga}&day={plan.lesson:%Y-%m-%d}"
    desk.goto(one)
    expect(desk.get_by_text("1 seat left")).to_be_visible()
    desk.get_by_label("People").fill("2")
    desk.get_by_role("button", name="Show times").click()
    expect(desk.get_by_text("This class has too few seats left.")).to_be_visible()
    expect(desk.get_by_role("button", name="Book", exact=True)).to_have_count(0)
    desk.get_by_role("link", name=re.compile("^Free times on")).click()
    expect(desk.get_by_label("People")).to_have_value("2")
    desk.get_by_role("radio").first.check()
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Booked.")
    expect(desk.locator("#booking")).to_contain_text("2 people")
    desk.goto(f"{HOME}classes/{plan.session}")
    expect(desk.get_by_text("1 of 2 taken")).to_be_visible()


def test_a_class_gets_a_seat_and_somebody_for_it_and_is_cancelled_with_them(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}classes/{plan.session}")
    desk.get_by_role("link", name="Edit", exact=True).click()
    desk.get_by_label("Seats").fill("0")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("alert")).to_be_focused()
    desk.get_by_label("Seats").fill("3")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status")).to_have_text("Saved.")
    desk.get_by_role("link", name="Add somebody").click()
    desk.get_by_role("link", name="Wong Siu Ming").click()
    expect(desk.get_by_role("radio").first).to_be_checked()
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Booked.")
    desk.goto(f"{HOME}classes/{plan.session}")
    expect(desk.get_by_text("2 of 3 taken")).to_be_visible()
    desk.get_by_role("link", name="Cancel class").click()
    desk.get_by_label("Reason").fill("Jade is ill")
    desk.get_by_role("button", name="Cancel class").click()
    expect(desk.get_by_role("status")).to_have_text("Cancelled, with 2 bookings.")
    expect(desk.get_by_text("This class was cancelled.")).to_be_visible()


def test_a_weekly_class_is_added_and_ended_with_its_later_dates(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}services/{plan.yoga}")
    desk.get_by_role("link", name="Add weekly class").click()
    desk.get_by_label("Start").fill("07:30")
    desk.get_by_role("button", name="Add to timetable").click()
    expect(desk.get_by_role("status")).to_contain_text("dates are open for booking.")
    desk.goto(f"{HOME}services/{plan.yoga}/timetable/{plan.weekly}/end")
    expect(desk.locator("#after")).to_contain_text("dates after this day are open for booking")
    desk.get_by_label("Cancel the dates after it").check()
    desk.get_by_label("Last day").fill(f"{plan.tomorrow + timedelta(days=7):%Y-%m-%d}")
    expect(desk.get_by_label("Cancel the dates after it")).to_be_checked()
    desk.get_by_role("button", name="End weekly class").click()
    expect(desk.get_by_role("status")).to_have_text("Ended.")
    expect(desk.locator("#timetable")).to_contain_text("until")


def test_the_end_of_a_weekly_class_counts_anew_as_its_day_changes(
    open_context: Callable[..., BrowserContext], signed_in: SignIn, cast: Cast, plan: Plan
) -> None:
    page = signed_in(open_context().new_page(), cast.alice)
    page.goto(f"{HOME}services/{plan.yoga}/timetable/{plan.weekly}/end")
    page.get_by_label("Reason").fill("Fewer people")
    page.get_by_label("Last day").fill("2090-01-01")
    page.get_by_label("Reason").focus()
    expect(page.locator("#after")).to_have_text("No date after this day is open for booking.")
    expect(page.get_by_label("Last day")).to_have_value("2090-01-01")
    expect(page.get_by_label("Reason")).to_have_value("Fewer people")


def test_a_booking_without_a_time_keeps_what_was_typed_and_takes_the_focus(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}bookings/new?customer={plan.wong}&service={plan.massage}&day={plan.tomorrow:%Y-%m-%d}")
    desk.get_by_label("Note").fill("By the window")
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("alert")).to_be_focused()
    expect(desk.get_by_role("alert")).to_contain_text("Choose a time.")
    expect(desk.get_by_label("Note")).to_have_value("By the window")


def test_somebody_new_walks_in_and_is_booked_for_now(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}bookings")
    desk.get_by_role("link", name="Walk-in").click()
    desk.get_by_label("Name").fill("Zoe Zimmermann")
    desk.get_by_label("Phone").fill("6123 4567")
    desk.get_by_role("button", name="Add and go on").click()
    desk.get_by_label("Service").select_option("Massage")
    desk.get_by_role("button", name="Show times").click()
    expect(desk.get_by_role("radio", name=re.compile("^Now"))).to_be_checked()
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Booked.")
    expect(desk.get_by_role("button", name="Check in")).to_be_visible()
    expect(desk.locator("#booking")).to_contain_text("Zoe Zimmermann")


def test_a_free_hour_of_the_day_becomes_a_booking_with_that_person(desk: Page, plan: Plan) -> None:
    desk.goto(f"{HOME}bookings?day={plan.tomorrow:%Y-%m-%d}")
    desk.get_by_role("link", name=re.compile(r"^Book Mei at 9:00\sam$", re.IGNORECASE)).click()
    desk.get_by_role("link", name="Wong Siu Ming").click()
    desk.get_by_label("Service").select_option("Massage")
    desk.get_by_role("button", name="Show times").click()
    expect(desk.get_by_label("With")).to_have_value(plan.mei)
    expect(desk.get_by_role("radio", name=re.compile(r"^9:00\sam", re.IGNORECASE))).to_be_checked()
    desk.get_by_role("button", name="Book", exact=True).click()
    expect(desk.get_by_role("status")).to_have_text("Booked.")
    desk.get_by_role("link", name="Bookings", exact=True).first.click()
    desk.goto(f"{HOME}bookings?day={plan.tomorrow:%Y-%m-%d}")
    expect(desk.locator(".board")).to_contain_text("Wong Siu Ming")


def pages(plan: Plan) -> list[str]:
    """Pages that test_every_page does not come to, or not in this state."""
    day, new = f"day={plan.tomorrow:%Y-%m-%d}", f"bookings/new?customer={plan.wong}"
    booking, yoga = f"bookings/{plan.late}", f"services/{plan.yoga}"
    return [
        f"bookings?{day}", f"bookings?view=week&{day}", "bookings?view=list",
        "bookings?view=list&from=2090-01-01", "bookings?day=2090-01-01",
        "bookings/new/customer?q=nobody", new, f"{new}&service={plan.massage}&{day}",
        f"{new}&service={plan.yoga}&party_size=2&{day}", booking, f"{booking}/move", f"{booking}/cancellation",
        f"{booking}/no-show", f"classes/{plan.session}", f"classes/{plan.session}/edit", f"classes/{plan.session}/cancellation",
        yoga, f"{yoga}/classes/new", f"{yoga}/timetable/new", f"{yoga}/timetable/{plan.weekly}/end",
        f"staff/{plan.mei}/archival", "archived/staff",
    ]  # fmt: skip


@pytest.mark.looks
def test_no_page_has_anything_to_complain_of(
    page: Page, signed_in: SignIn, cast: Cast, complaints: Complaints, plan: Plan
) -> None:
    signed_in(page, cast.alice)
    assert faults_of_pages(page, [HOME + path for path in pages(plan)]) == []
    assert complaints.unexpected() == []
