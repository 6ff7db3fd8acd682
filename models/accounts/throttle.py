"""Guesses are counted in the database, so the limit holds over every worker and host.

A counter belongs to a kind of guess, a subject (an address, an account mark, a signed-in browser) and a window of time.
What costs work or could be right is counted first, in one statement that refuses beyond the limit (`take`), and given
back where it was no guess: sixty guesses sent at once are then no more than sixty sent in a row.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, delete, text
from sqlalchemy.orm import Mapped, mapped_column

from models import clock
from models.base import Base, Instant, Key, db
from models.base.addresses import network
from models.errors import LimitReached


class Limit(NamedTuple):
    """How many failures a window forgives."""

    failures: int
    window: timedelta


class Allowance(NamedTuple):
    """The limit of an address (IPv6 by its /64), and that of an account."""

    address: Limit
    account: Limit


ALLOWANCES = {
    "sign_in": Allowance(Limit(100, timedelta(minutes=1)), Limit(10, timedelta(minutes=15))),
    "confirmation": Allowance(Limit(100, timedelta(minutes=1)), Limit(10, timedelta(minutes=15))),
    "password_reset": Allowance(Limit(30, timedelta(hours=1)), Limit(5, timedelta(hours=1))),
    "sign_up": Allowance(Limit(20, timedelta(hours=1)), Limit(5, timedelta(hours=1))),
    "registration": Allowance(Limit(300, timedelta(hours=1)), Limit(300, timedelta(hours=1))),
    "look_up": Allowance(Limit(30, timedelta(minutes=1)), Limit(60, timedelta(minutes=1))),
    "oauth_guess": Allowance(Limit(100, timedelta(minutes=1)), Limit(100, timedelta(minutes=1))),
}
"""A hundred guesses a minute and address at every door (OAUTH §1); fewer where one account is the target. A look-up is
counted by who asks for it and, as the account, by the host that is asked."""


class TooManyGuesses(LimitReached):
    """The window's failures are spent; `retry_after` in seconds tells when it ends."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many attempts. Wait a few minutes and try again.", retry_after=retry_after)
        self.retry_after = retry_after


class GuessCounter(Base):
    """Failures of one kind by one subject in one window."""

    __tablename__ = "guess_counter"
    kind: Mapped[str] = mapped_column(Key, primary_key=True)
    subject: Mapped[str] = mapped_column(Key, primary_key=True)
    window_ends_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)


class Counter(NamedTuple):
    """One row as it is asked for."""

    kind: str
    subject: str
    ends: datetime
    limit: int

    @property
    def retry_after(self) -> int:
        """Seconds until the window ends, at least one."""
        return max(1, int((self.ends - clock.now()).total_seconds()) + 1)


Taken = tuple[Counter, ...]
"""What one attempt was counted on."""

_ENDS = bindparam("ends", type_=Instant)
_FAILURES = text(
    "SELECT failures FROM guess_counter WHERE kind = :kind AND subject = :subject AND window_ends_at = :ends"
).bindparams(_ENDS)
_COUNT = text(
    "INSERT INTO guess_counter (kind, subject, window_ends_at, failures) VALUES (:kind, :subject, :ends, 1)"
    " ON CONFLICT (kind, subject, window_ends_at) DO UPDATE SET failures = guess_counter.failures + 1"
).bindparams(_ENDS)
_TAKE = text(
    "INSERT INTO guess_counter (kind, subject, window_ends_at, failures) VALUES (:kind, :subject, :ends, 1)"
    " ON CONFLICT (kind, subject, window_ends_at) DO UPDATE SET failures = guess_counter.failures + 1"
    " WHERE guess_counter.failures < :limit RETURNING failures"
).bindparams(_ENDS)
_GIVE_BACK = text(
    "UPDATE guess_counter SET failures = failures - 1"
    " WHERE kind = :kind AND subject = :subject AND window_ends_at = :ends AND failures > 0"
).bindparams(_ENDS)


def take(kind: str, address: str | None, account: str | None = None) -> Taken:
    """Count one attempt before it is looked at, in a transaction of its own. Raises TooManyGuesses, and then counts nothing."""
    counters = _counters(kind, address, account)
    for counter in counters:
        if db.session.execute(_TAKE, counter._asdict()).scalar() is None:
            raise TooManyGuesses(counter.retry_after)
    return counters


def give_back(taken: Taken) -> None:
    """What `take` counted was no failure."""
    for counter in taken:
        db.session.execute(_GIVE_BACK, counter._asdict())


def check(kind: str, address: str | None, account: str | None = None) -> None:
    """Raise TooManyGuesses when the address or the account has spent this window's failures.

    For values of 256 bits, which nobody guesses: a few more than the limit may slip through at once.
    """
    for counter in _counters(kind, address, account):
        failures = db.session.connection().execute(_FAILURES, counter._asdict()).scalar() or 0
        if failures >= counter.limit:
            raise TooManyGuesses(counter.retry_after)


def count(kind: str, address: str | None, account: str | None = None) -> None:
    """Count one failure in the open transaction."""
    for counter in _counters(kind, address, account):
        db.session.execute(_COUNT, counter._asdict())


def forget(kind: str, account: str) -> None:
    """Clear an account's count."""
    db.session.execute(delete(GuessCounter).where(GuessCounter.kind == kind, GuessCounter.subject == account))


def sweep() -> None:
    """Remove the counters of windows that are over. Under `writing()`; the worker's."""
    db.session.execute(delete(GuessCounter).where(GuessCounter.window_ends_at < clock.now()))


def _counters(kind: str, address: str | None, account: str | None) -> Taken:
    """Always in one order, so that two transactions never wait for each other."""
    allowance = ALLOWANCES[kind]
    subjects = ((_by_address(address), allowance.address), (account, allowance.account))
    found = [Counter(kind, subject, _end_of(limit.window), limit.failures) for subject, limit in subjects if subject]
    return tuple(sorted(found, key=lambda counter: counter.subject))


def _by_address(address: str | None) -> str | None:
    return f"address:{network(address)}" if address else None


def _end_of(window: timedelta) -> datetime:
    seconds = int(window.total_seconds())
    stamp = int(clock.now().timestamp())
    return datetime.fromtimestamp((stamp // seconds + 1) * seconds, tz=clock.now().tzinfo)
