"""The currency of a workspace changes while prices are set: whoever comes first, all amounts stand in one currency."""

from dataclasses import replace
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import select

from models.accounts.workspace import Changes, Workspace
from models.activity.actor import SYSTEM
from models.base import db, enter, writing
from models.bookings.service import Service
from tests.cast import Cast, Place
from tests.customers.desk import facts
from tests.racing import race

pytestmark = pytest.mark.slow


def act(place: Place, free: int, job: str) -> str:
    """One act, in a process of the race, which takes a moment; who adds a service knows the workspace as it began."""
    known = replace(facts(place), currency="HKD")
    db.session.rollback()
    with writing():
        if job == "add":
            Service.add(known, "Massage", 60, SYSTEM, price_minor=50_000)
        elif job == "price":
            Service.find(known, free).change(SYSTEM, price_minor=2_000)
        else:
            here = db.session.get_one(Workspace, place.id)
            here.change(SYSTEM, Changes(here.name, here.timezone, job, here.locale, here.phone_region))
        sleep(0.1)
    return "priced" if job in ("add", "price") else "changed"


def test_a_price_and_another_currency_at_once_leave_all_prices_in_one(app: Flask, cast: Cast, database_url: str) -> None:
    places = (cast.lotus, cast.peak, cast.harbour)
    free = {}
    with app.app_context():
        for place in places:
            enter(place.id)
            with writing():
                free[place] = Service.add(facts(place), "Consultation", 30, SYSTEM).id
    acts = [(place, free[place], job) for place in places for job in ("EUR", "add", "JPY", "price")]
    outcomes = race(database_url, act, acts)
    assert outcomes["priced"] == 6
    assert outcomes["changed"] + outcomes["conflict"] == 6
    with app.app_context():
        for place in places:
            enter(place.id)
            db.session.rollback()
            here = db.session.get_one(Workspace, place.id)
            assert set(db.session.scalars(select(Service.currency).where(Service.workspace_id == place.id))) == {here.currency}
