"""Guesses are limited exactly, over every process; what was no guess is given back; counters of past windows go."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import clock
from models.accounts import throttle
from models.accounts.sign_in import SignIn, confirm_password, try_password
from models.accounts.throttle import GuessCounter, TooManyGuesses
from models.accounts.user import User, hash_password
from models.activity.actor import Actor
from models.base import db, writing
from tests.cast import PASSWORD, Cast
from tests.racing import race

PUBLIC = Actor(kind="public", address="198.51.100.7")


def guess(number: int) -> str:
    """One guess, in a process of the race; from an address of its own."""
    by = Actor(kind="public", address=f"198.51.100.{number}")
    return str(try_password("alice@demo.test", f"guess {number}", by, known_devices=(), user_agent=None))


@pytest.mark.threat("PO04")
def test_sixty_guesses_from_several_processes_are_verified_ten_times(cast: Cast, database_url: str) -> None:
    outcomes = race(database_url, guess, [(number,) for number in range(60)])
    assert outcomes == {"None": 10, "quota_exceeded": 50}


def sign_in_rightly(number: int) -> str:
    """One right sign-in, in a process of the race."""
    return "in" if try_password("alice@demo.test", PASSWORD, PUBLIC, known_devices=(), user_agent=None) else "out"


def test_right_passwords_are_no_guesses_however_many_come(app: Flask, cast: Cast, database_url: str) -> None:
    assert race(database_url, sign_in_rightly, [(number,) for number in range(24)]) == {"in": 24}
    with app.app_context():
        assert (db.session.scalar(select(func.sum(GuessCounter.failures))) or 0) == 0


def test_an_attempt_over_the_limit_of_one_subject_counts_on_no_other(app: Flask) -> None:
    with app.app_context():
        for _ in range(throttle.ALLOWANCES["sign_in"].account.failures):
            with writing():
                throttle.take("sign_in", PUBLIC.address, "alice")
        for _ in range(5):
            with pytest.raises(TooManyGuesses), writing():
                throttle.take("sign_in", PUBLIC.address, "alice")
        counted = {row.subject: row.failures for row in db.session.execute(select(GuessCounter.subject, GuessCounter.failures))}
    assert counted == {"alice": 10, "address:198.51.100.7": 10}


def test_what_is_given_back_leaves_the_window_it_was_taken_from_only(app: Flask) -> None:
    now = clock.now().replace(second=30)
    with app.app_context():
        with clock.stopped(now), writing():
            taken = throttle.take("sign_in", PUBLIC.address)
        with clock.stopped(now + timedelta(minutes=1)):
            with writing():
                throttle.take("sign_in", PUBLIC.address)
                throttle.give_back(taken)
            found = select(GuessCounter.failures).order_by(GuessCounter.window_ends_at)
            assert list(db.session.scalars(found)) == [0, 1]


def test_a_sweep_removes_the_counters_of_past_windows(app: Flask) -> None:
    at = clock.now().replace(minute=2, second=0)  # two minutes later is in the same window
    with app.app_context():
        with clock.stopped(at), writing():
            throttle.count("sign_in", PUBLIC.address, "alice")
        with clock.stopped(at + timedelta(minutes=2)), writing():
            throttle.sweep()
        assert list(db.session.scalars(select(GuessCounter.subject))) == ["alice"]
        with clock.stopped(at + timedelta(hours=2)), writing():
            throttle.sweep()
        assert list(db.session.scalars(select(GuessCounter.subject))) == []


@pytest.mark.parametrize("away", ["a new password", "switched off"])
def test_a_password_verified_just_before_it_was_changed_opens_nothing(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    def meanwhile(stored: str | None, password: str) -> bool:
        with writing():
            alice = db.session.get_one(User, cast.alice.id)
            if away == "switched off":
                alice.disabled_at = clock.now()
            else:
                alice.password_hash = hash_password("another few words")
        return True

    with app.app_context():
        with writing():
            token = SignIn.start(db.session.get_one(User, cast.alice.id), PUBLIC)
        monkeypatch.setattr("models.accounts.sign_in.password_matches", meanwhile)
        row = SignIn.of_token(token)
        assert row is not None
        assert not confirm_password(row, PASSWORD, PUBLIC)
        assert try_password(cast.alice.email, PASSWORD, PUBLIC, known_devices=(), user_agent=None) is None
