"""What was deleted, and what could have been undone, is forgotten after 30 days and not before."""

import importlib
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from models import clock
from models.accounts import throttle
from models.accounts.throttle import GuessCounter
from models.activity.actor import Actor
from models.activity.audit_event import SecurityEvent, record_security
from models.activity.undo import UNDO_KEPT, UndoStep
from models.base import db, enter, writing
from models.customers.editing import update_customer
from models.customers.note import Note
from tests.cast import Cast, Place
from tests.customers.desk import ALICE, facts, held, person

worker = importlib.import_module("blueprints.commands.worker")  # the package shows the command of this name


def left(place: Place) -> tuple[set[str], int]:
    """The notes there are, and how many undo steps."""
    enter(place.id)
    notes = set(db.session.scalars(select(Note.body).where(Note.workspace_id == place.id)))
    steps = len(db.session.scalars(UndoStep.within(place)).all())
    db.session.remove()
    return notes, steps


def test_the_worker_forgets_deleted_notes_and_undo_data_when_their_time_is_over(app: Flask, cast: Cast) -> None:
    with app.app_context():
        ada, now = person(cast.lotus, "Ada", phone="91234567"), clock.now()
        with clock.stopped(now), held(cast.lotus, ada) as customer:
            update_customer(facts(cast.lotus), customer, {"phone": "61234567"}, ALICE)
            Note.add(customer, "kept", ALICE)
            Note.add(customer, "deleted", ALICE).delete(ALICE)
        with clock.stopped(now + UNDO_KEPT - timedelta(minutes=1)):
            worker.work()
            notes, steps = left(cast.lotus)
            assert notes == {"kept", "deleted"}
            assert steps >= 4
        with clock.stopped(now + UNDO_KEPT):
            worker.work()
            assert left(cast.lotus) == ({"kept"}, 0)


def test_the_worker_forgets_guesses_when_their_window_is_over_and_refusals_after_30_days(app: Flask, cast: Cast) -> None:
    stranger, now = Actor("public", address="192.0.2.1"), clock.now()
    with app.app_context():
        with clock.stopped(now), writing():
            throttle.count("sign_in", stranger.address, "somebody")
            record_security("sign_in", "refused", stranger)
            record_security("reset_password", "done", stranger)
        with clock.stopped(now + timedelta(days=29)):
            worker.work()
            assert db.session.scalars(select(GuessCounter.subject)).all() == []
            assert set(db.session.scalars(select(SecurityEvent.verb))) == {"sign_in", "reset_password"}
        with clock.stopped(now + timedelta(days=31)):
            worker.work()
            assert set(db.session.scalars(select(SecurityEvent.verb))) == {"reset_password"}
