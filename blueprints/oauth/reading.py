"""How the machine endpoints begin: read the request strictly, know the client, let nobody guess for long."""

from collections.abc import Callable
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Response, g, request

from blueprints import doors
from blueprints.access import address
from blueprints.oauth.answers import Refusal, refused
from blueprints.oauth.checks.parameters import Unreadable, WrongType, of_post
from blueprints.oauth.client_authentication import authenticate
from models.accounts import throttle
from models.accounts.throttle import TooManyGuesses
from models.activity import audit_event
from models.activity.actor import Actor
from models.base import writing
from models.oauth.client import Client

GUESSES = "oauth_guess"


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a client that has proven who it is."""

    sent: dict[str, str]
    client: Client
    method: str
    by: Actor

    def needs(self, name: str) -> str:
        """A parameter that must be there; raises Refusal."""
        if name not in self.sent:
            raise Refusal("invalid_request", f"The parameter {name} is missing.")
        return self.sent[name]


def answered(
    verb: str, serve: Callable[[Call], Response], *, first: Callable[[dict[str, str]], object] | None = None
) -> Response:
    """Read the request, authenticate its client, and serve it. `first` looks at the parameters before anybody is asked
    who they are. A refusal on the way is an answer and leaves its one row, but for an address that guesses too much.
    """
    by = calling()
    try:
        _refuse_guessers()
        sent = _posted()
        if first is not None:
            first(sent)
        client, method = authenticate(request.headers.get("Authorization"), sent, address=address())
        by = by.acting_as(kind="app", client_id=client.id, name=client.name)
        return serve(Call(sent, client, method, by))
    except OAuth2Error as refusal:
        if refusal.status_code != 429:
            note_refusal(verb, refusal, by)
        return refused(refusal)


def calling() -> Actor:
    """The caller before its client is known."""
    return Actor(kind="public", address=address(), request_id=g.get("request_id"))


def note_refusal(verb: str, refusal: OAuth2Error, by: Actor) -> None:
    """The row of a refusal before a workspace is known, and its count where it was a guess. Never inside `writing()`."""
    if getattr(refusal, "guess", False):
        with writing(relaxed=True):
            throttle.count(GUESSES, by.address)
    audit_event.note_refusal(verb, by, {"error": refusal.error})


def _posted() -> dict[str, str]:
    """The parameters of this POST; raises Refusal (400, 415)."""
    try:
        return of_post(doors.whole_body(), mimetype=request.mimetype, query=request.query_string)
    except WrongType as wrong:
        raise Refusal.of("invalid_request", wrong, status=415) from wrong
    except (Unreadable, doors.CutShort) as unreadable:
        raise Refusal.of("invalid_request", unreadable) from unreadable


def _refuse_guessers() -> None:
    """429 for an address that has guessed 100 times this minute; raises Refusal."""
    try:
        throttle.check(GUESSES, address())
    except TooManyGuesses as spent:
        raise Refusal("temporarily_unavailable", spent.message, status=429, retry_after=spent.retry_after) from spent
