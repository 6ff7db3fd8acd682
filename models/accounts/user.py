"""A user: a person who signs in to the portal."""

from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from models import clock, opaque
from models.base import Base, Id, Instant, Key, Words, db, new_id, savepoint
from models.base.words import named
from models.errors import Conflict, Invalid

NAME_MAX = 80
EMAIL_MAX = 254
PASSWORD_MIN = 10
PASSWORD_MAX = 200
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")
"""Verified for an unknown e-mail, so that the answer takes as long as for a known one."""


class User(Base):
    """A person with an e-mail address and a password (argon2id)."""

    __tablename__ = "app_user"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False, default=new_id)
    email: Mapped[str] = mapped_column(Words)
    email_key: Mapped[str] = mapped_column(Key, unique=True)
    name: Mapped[str] = mapped_column(Words)
    password_hash: Mapped[str | None] = mapped_column(Words)
    locale: Mapped[str | None] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(Instant)
    password_changed_at: Mapped[datetime | None] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)

    @classmethod
    def create(cls, email: str, name: str, password_hash: str) -> "User":
        """Add a user; hash the password before the transaction with `hash_password`. Raises Invalid, Conflict."""
        name = named(name, NAME_MAX)
        key = email_key(email)
        if db.session.scalar(select(cls.id).where(cls.email_key == key)) is not None:
            raise _taken()
        user = cls(
            id=new_id(), email=email.strip(), email_key=key, name=name, password_hash=password_hash,
            created_at=clock.now(), password_changed_at=clock.now(),
        )  # fmt: skip
        try:
            with savepoint():
                db.session.add(user)
                db.session.flush()
        except IntegrityError:  # somebody signed up with it at this very moment
            raise _taken() from None
        return user

    @classmethod
    def by_email(cls, email: str) -> "User | None":
        """The user with this address, if any; a malformed one is nobody's."""
        try:
            key = email_key(email)
        except Invalid:
            return None
        return db.session.scalar(select(cls).where(cls.email_key == key))

    @classmethod
    def holding(cls, user_id: int | None, password_hash: str | None) -> "User | None":
        """The user, held to the end of the transaction, if this is their password still: one that was verified before it
        began opens nothing after it was changed, or its owner switched off. Under `writing()`.
        """
        user = db.session.get(cls, user_id, populate_existing=True) if user_id is not None else None
        if user is None:
            return None
        user.hold()
        return user if user.disabled_at is None and user.password_hash == password_hash else None

    def hold(self) -> None:
        """Lock the row to the end of the transaction. Always before the user's sign-ins."""
        db.session.refresh(self, with_for_update={"key_share": True})

    def rename(self, name: str) -> None:
        """Call the person otherwise. Raises Invalid."""
        self.name = named(name, NAME_MAX)
        db.session.flush()

    @property
    def device_mark(self) -> str:
        """What a browser keeps once this person signed in with it, so that it counts as known; a new password ends it."""
        return opaque.sign("device", f"{self.id}:{self.password_hash}")

    def has_password(self, password: str) -> bool:
        """Whether this is the password. Takes the time of one argon2 verification."""
        return password_matches(self.password_hash, password)


def _taken() -> Conflict:
    return Conflict("There is an account with this e-mail already.", field="email")


def password_matches(stored: str | None, password: str) -> bool:
    """Verify against a stored hash; None is nobody's and takes as long."""
    try:
        _hasher.verify(stored or _NOBODY, password[: PASSWORD_MAX + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and len(password) <= PASSWORD_MAX


def hash_password(password: str) -> str:
    """The argon2id hash of a new password; never within a write transaction (it takes tens of milliseconds)."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Invalid(
            "A password has %(least)d to %(most)d characters.", field="password", least=PASSWORD_MIN, most=PASSWORD_MAX
        )
    return _hasher.hash(password)


def email_key(email: str) -> str:
    """The form under which an address is compared: lower-case local part, IDNA domain. Raises Invalid."""
    try:
        parts = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid("This is no e-mail address.", field="email") from None
    return f"{parts.local_part.lower()}@{parts.ascii_domain}"
