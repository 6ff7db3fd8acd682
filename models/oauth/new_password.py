"""A new password and what it ends: a reset every sign-in and every app's families, a change those one chooses (OAUTH §1)."""

from dataclasses import dataclass
from datetime import timedelta

from models import clock
from models.accounts import throttle
from models.accounts.sign_in import SignIn, account_of
from models.accounts.user import User
from models.accounts.user_token import UserToken
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import db, writing
from models.errors import Invalid
from models.oauth import leaving
from models.settings import settings

LINK_LIFETIME = timedelta(hours=1)
OPERATORS_LINK_LIFETIME = timedelta(hours=24)


class DeadLink(Invalid):
    """The link was used, has run out, or is none of ours."""

    def __init__(self) -> None:
        super().__init__("This link no longer works. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class ResetLink:
    """Where a person goes to choose a new password; the address comes from the settings, never from a request."""

    email: str
    name: str
    url: str


def ask(email: str, by: Actor) -> ResetLink | None:
    """A link for whoever has this address, or None; counted alike for both, a few an hour (TooManyGuesses)."""
    with writing():
        throttle.take("password_reset", by.address, account_of(email))
        user = User.by_email(email)
        known = user if user is not None and user.disabled_at is None else None
        named = by.acting_as(user_id=known.id if known else None)
        audit_event.record_security("ask_password_reset", "done" if known else "refused", named)
        return _link(known, LINK_LIFETIME) if known else None


def link_of(user: User) -> ResetLink:
    """A link that the operator hands over; under `writing()`."""
    return _link(user, OPERATORS_LINK_LIFETIME)


def is_good(token: str) -> bool:
    """Whether a link would still work."""
    return UserToken.owner_of(token, "password_reset") is not None


def reset(token: str, password_hash: str, by: Actor) -> User:
    """Set the password of a link's user, end all their sign-ins and all their apps' families. Raises DeadLink."""
    user_id = UserToken.owner_of(token, "password_reset")
    if user_id is None:
        raise DeadLink
    user = db.session.get_one(User, user_id)
    user.hold()  # before the link, as `change` does
    if UserToken.spend(token, "password_reset") is None:
        raise DeadLink
    named = by.acting_as(kind="user", user_id=user.id, name=user.name)
    _set(user, password_hash)
    SignIn.end_all_of(user.id)
    leaving.end_all_of(user.id, named)
    throttle.forget("sign_in", account_of(user.email))
    audit_event.record_security("reset_password", "done", named)
    return user


def change(user: User, password_hash: str, by: Actor, *, keep: str, disconnect_apps: bool) -> None:
    """Set one's own password: every other browser is signed out and every reset link that was sent is spent; apps keep
    their access only where that was asked for. Raises SignedOut where a reset came first.
    """
    user.hold()
    SignIn.hold(keep, user.id)
    _set(user, password_hash)
    UserToken.spend_all_of(user.id, "password_reset")
    SignIn.end_all_of(user.id, but=keep)
    if disconnect_apps:
        leaving.end_all_of(user.id, by)
    audit_event.record_security("change_password", "done", by, {"disconnect_apps": disconnect_apps})


def _set(user: User, password_hash: str) -> None:
    user.password_hash, user.password_changed_at = password_hash, clock.now()
    db.session.flush()


def _link(user: User, lifetime: timedelta) -> ResetLink:
    token = UserToken.make(user.id, "password_reset", lifetime)
    return ResetLink(user.email, user.name, f"{settings().base_url}/password-reset/{token}")
