"""Which accounts have signed in with this browser: marks in its session cookie, kept through sign-in and sign-out.

A stranger's wrong guesses slow an account down; in a browser that carries its mark the right password still works.
"""

from flask import session

from blueprints.access import begin_sign_in, end_sign_in, user

KNOWN = "known"
MARKS_MAX = 5


def marks() -> list[str]:
    """The marks that this browser carries (`User.device_mark`)."""
    found = session.get(KNOWN)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def know(mark: str) -> None:
    """This browser knows the account from now on."""
    session[KNOWN] = [mark, *(each for each in marks() if each != mark)][:MARKS_MAX]


def begin(token: str) -> None:
    """Put a new sign-in into the browser, which knows the account from now on."""
    kept = marks()
    begin_sign_in(token)
    session[KNOWN] = kept
    know(user().device_mark)


def end() -> None:
    """Take the sign-in out of the browser."""
    kept = marks()
    end_sign_in()
    session[KNOWN] = kept
    session.permanent = True
