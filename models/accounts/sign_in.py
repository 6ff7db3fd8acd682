"""A sign-in: a signed-in browser. The row is the session; ending it ends the browser's at its next request."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models import clock, opaque
from models.accounts import throttle
from models.accounts.user import EMAIL_MAX, User, email_key, password_matches
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import Base, Id, Instant, Key, Words, db, writing
from models.errors import Invalid, NotAllowed

LIFETIME = timedelta(days=30)
RECENT = timedelta(minutes=5)


class SignedOut(NotAllowed):
    """The sign-in ended while something was on its way in its name: a password reset, for instance."""


class SignIn(Base):
    """One browser of one user; the browser's cookie holds the token, the row only its hash."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    signed_in_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    user_agent: Mapped[str | None] = mapped_column(Words)
    ip: Mapped[str | None] = mapped_column(Words)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True, viewonly=True)

    __table_args__ = (Index("sign_in_user", "user_id", "last_seen_at"), {"sqlite_strict": True})

    @classmethod
    def of_token(cls, token: str) -> "SignIn | None":
        """The live sign-in of a cookie's token."""
        found = db.session.scalar(select(cls).where(cls.token_hash == opaque.digest(token)))
        return found if found is not None and found.live else None

    @classmethod
    def hold(cls, token_hash: str, user_id: int) -> "SignIn":
        """The sign-in as it is inside this transaction, held until its end, so that whoever ends it waits and finds what
        was done in its name. Under `writing()`. Raises SignedOut where it is over, or somebody else's by now.
        """
        mine = select(cls).where(cls.token_hash == token_hash, cls.user_id == user_id)
        held = mine.with_for_update(read=True, of=cls).execution_options(populate_existing=True)
        found = db.session.scalar(held)
        if found is None or not found.live:
            raise SignedOut("You were signed out meanwhile. Nothing was changed; sign in and do it again.")
        return found

    @property
    def live(self) -> bool:
        """Not ended, not expired, and its user not disabled."""
        return self.revoked_at is None and self.expires_at > clock.now() and self.user.disabled_at is None

    @property
    def recent(self) -> bool:
        """Whether the password was given in the last 5 minutes, as owner actions ask (ASVS 7.5)."""
        return clock.now() - self.signed_in_at < RECENT

    @classmethod
    def start(cls, user: User, by: Actor, user_agent: str | None = None) -> str:
        """Sign a user in and return the token for the browser's cookie."""
        token = opaque.make("crmsi")
        at = clock.now()
        db.session.add(
            cls(
                token_hash=opaque.digest(token), user_id=user.id, created_at=at, last_seen_at=at, signed_in_at=at,
                expires_at=at + LIFETIME, user_agent=(user_agent or "")[:200] or None, ip=by.address,
            )
        )  # fmt: skip
        db.session.flush()
        return token

    def end(self) -> None:
        """Sign this browser out."""
        self.revoked_at = clock.now()

    @classmethod
    def live_of(cls, user_id: int) -> list["SignIn"]:
        """The browsers in which a user is signed in, the latest first."""
        live = select(cls).where(cls.user_id == user_id, cls.revoked_at.is_(None), cls.expires_at > clock.now())
        return list(db.session.scalars(live.order_by(cls.created_at.desc())))

    @classmethod
    def end_all_of(cls, user_id: int, *, but: str | None = None) -> None:
        """Sign a user out everywhere, or everywhere but in the browser whose token hash is given."""
        statement = update(cls).where(cls.user_id == user_id, cls.revoked_at.is_(None))
        if but is not None:
            statement = statement.where(cls.token_hash != but)
        db.session.execute(statement.values(revoked_at=clock.now()))


def try_password(
    email: str, password: str, by: Actor, *, known_devices: Collection[str], user_agent: str | None
) -> str | None:
    """Check an e-mail and password and return the new sign-in's token, or None with one and the same cost for every cause.

    Attempts are counted by account and by address before anything is verified; over the limit raises TooManyGuesses.
    A browser that carries the account's mark (`User.device_mark`) is counted apart, so that a stranger's guesses never
    lock a person out of their own browser.
    """
    user = User.by_email(email)
    live = user if user is not None and user.disabled_at is None else None
    stored = live.password_hash if live is not None else None
    subject = account_of(email)
    if live is not None and live.device_mark in known_devices:
        subject = f"known:{subject}"
    named = by.acting_as(user_id=user.id if user is not None else None)
    with writing():
        taken = throttle.take("sign_in", by.address, subject)
    right = password_matches(stored, password)
    with writing():
        held = User.holding(named.user_id, stored) if right else None
        if held is None:
            audit_event.record_security("sign_in", "refused", named)
            return None
        throttle.give_back(taken)
        throttle.forget("sign_in", subject)
        audit_event.record_security("sign_in", "done", named)
        return SignIn.start(held, by, user_agent)


def confirm_password(signed_in: SignIn, password: str, by: Actor) -> bool:
    """Check the password of whoever is signed in, so that the sign-in counts as recent again. Raises TooManyGuesses.

    Counted by the signed-in browser alone: nobody else can spend its attempts.
    """
    row, user_id, stored = signed_in.token_hash, signed_in.user_id, signed_in.user.password_hash
    with writing():
        taken = throttle.take("confirmation", None, f"sign_in:{row}")
    right = password_matches(stored, password)
    with writing():
        if not right or User.holding(user_id, stored) is None:
            audit_event.record_security("confirm_sign_in", "refused", by)
            return False
        throttle.give_back(taken)
        throttle.forget("confirmation", f"sign_in:{row}")
        db.session.get_one(SignIn, row).signed_in_at = clock.now()
        audit_event.record_security("confirm_sign_in", "done", by)
    return True


def account_of(email: str) -> str:
    """The account that attempts with this address are counted by, whether or not it exists and however it is spelled."""
    try:
        key = email_key(email)
    except Invalid:
        key = email.strip().lower()[:EMAIL_MAX]
    return opaque.sign("throttle", key)
