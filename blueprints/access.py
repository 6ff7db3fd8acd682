"""Who is asking: the signed-in user, their seat in the workspace of the URL, and the actor that verbs take."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, Response, abort, current_app, g, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from blueprints.htmx import go, is_htmx, signed_out
from blueprints.ways import and_back, local, page_of_the_form
from models.accounts.seat import Seat
from models.accounts.sign_in import SignIn
from models.accounts.user import User
from models.accounts.workspace import Workspace
from models.activity.actor import Actor
from models.base import enter, writing

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)

csrf = CSRFProtect()  # type: ignore[no-untyped-call]
"""Every POST carries a token but those that programs send: their blueprints say `csrf.exempt(bp)`."""

class SignedIn(UserMixin):
    """What Flask-Login keeps: the sign-in's token, which the cookie holds, and its row."""

    def __init__(self, token: str, row: SignIn) -> None:
        self.token, self.row = token, row

    def get_id(self) -> str:
        return self.token

    @property
    def name(self) -> str:
        """The person's name, for templates."""
        return self.row.user.name

    @property
    def email(self) -> str:
        """The person's address, for templates."""
        return self.row.user.email


def install(app: Flask) -> None:
    """Wire Flask-Login, the request id and what every template may use."""
    manager: Any = LoginManager(app)  # type: ignore[no-untyped-call]
    manager.session_protection = None  # the cookie holds an unguessable token of a row; addresses change, sign-ins stay

    @manager.user_loader  # type: ignore[untyped-decorator]
    def _load(token: str) -> SignedIn | None:
        row = SignIn.of_token(token)
        if row is None:
            return None
        _one_token_an_hour()
        return SignedIn(token, row)

    app.before_request(_name_request)  # before the CSRF check, whose refusals name it
    csrf.init_app(app)  # type: ignore[no-untyped-call]
    app.context_processor(_for_templates)


def _name_request() -> None:
    g.request_id = secrets.token_hex(8)


class _Hourly(TimestampSigner):
    """Signs with the hour that it is."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() // 3600 * 3600


def _one_token_an_hour() -> None:
    """The CSRF token of a signed-in browser, the same in every page of an hour: a page about a stranger's record is then
    the same to the byte as one about none, Sign out included. Flask-WTF takes the token that stands in `g`, and checks it.
    """
    if "csrf_token" not in g:
        made = session.setdefault("csrf_token", secrets.token_hex(20))
        signing = URLSafeTimedSerializer(str(current_app.secret_key), salt="wtf-csrf-token", signer=_Hourly)
        g.csrf_token = signing.dumps(made)


def forget_who_asks() -> None:
    """Answer this request to nobody: the database, which would say who asks, does not answer itself."""
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    g.seat = None


def _for_templates() -> dict[str, Any]:
    seat: Seat | None = g.get("seat")
    return {
        "signed_in_user": user() if is_signed_in() else None,
        "seat": seat,
        "workspace": seat.workspace if seat else None,
    }


def is_signed_in() -> bool:
    """Whether the browser carries a live sign-in."""
    return isinstance(_current(), SignedIn)


def _current() -> Any:
    """What Flask-Login found behind its proxy."""
    return current_user._get_current_object()


def user() -> User:
    """The signed-in user; only inside a view that asked for a sign-in."""
    return sign_in().user


def sign_in() -> SignIn:
    """The browser's sign-in."""
    row: SignIn = _current().row
    return row


def seat() -> Seat:
    """The user's seat in the workspace of the URL; only inside a view under `@needs`."""
    found: Seat = g.seat
    return found


def workspace() -> Workspace:
    """The workspace of the URL."""
    return seat().workspace


def timezone() -> str:
    """The zone in which a page shows its times: the workspace's, else UTC."""
    here: Seat | None = g.get("seat")
    return here.workspace.timezone if here else str(g.get("zone", "UTC"))


def show_times_in(zone: str) -> None:
    """Show this page's times in a workspace's zone; for pages that lie in none."""
    g.zone = zone


def address() -> str | None:
    """The address of the caller, forwarded by trusted proxies only (app.py)."""
    return request.remote_addr


def actor() -> Actor:
    """The caller as verbs take it: the signed-in user, else the public."""
    if not is_signed_in():
        return Actor(kind="public", address=address(), request_id=g.get("request_id"))
    return Actor(kind="user", user_id=user().id, address=address(), request_id=g.get("request_id"), name=user().name)


@contextmanager
def acting() -> Iterator[Actor]:
    """`writing()` in the name of whoever is signed in, for what must not happen in a stranger's.

    A request looks at its sign-in and seat when it arrives; both are looked at again inside the transaction, and held
    to its end: a password reset or a lowered role in between changes nothing here, or finds what was done. Raises
    SignedOut, NotAllowed.
    """
    row, by, here = sign_in().token_hash, actor(), g.get("needed")
    person = user().id
    with writing():
        SignIn.hold(row, person)
        if here is not None:
            g.seat = Seat.hold(g.seat.workspace_id, person, here)
        yield by


def begin_sign_in(token: str) -> None:
    """Put a new sign-in into the browser; what the cookie held before is dropped (session fixation)."""
    row = SignIn.of_token(token)
    if row is None:
        raise ValueError("begin_sign_in() wants the token of a live sign-in.")
    session.clear()
    login_user(SignedIn(token, row))  # type: ignore[no-untyped-call]
    session.permanent = True


def end_sign_in() -> None:
    """Take the sign-in out of the browser; the view ends its row."""
    logout_user()  # type: ignore[no-untyped-call]
    session.clear()


def signed_in(view: Callable[P, R]) -> Callable[P, ResponseReturnValue]:
    """Ask for a sign-in first: 303 to /login and back, or 401 with HX-Redirect for a fragment."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if is_signed_in() else to_sign_in()

    guarded.asks = "sign_in"  # type: ignore[attr-defined]
    return guarded


def needs(capability: str, access: str) -> Callable[[Callable[P, R]], Callable[P, ResponseReturnValue]]:
    """Ask for a seat in the workspace `slug` of the URL whose role may do this. Not a member: 404, as for no workspace.

    The view keeps its `slug` parameter; `seat()`, `workspace()` and row-level security are set before it runs.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not is_signed_in():
                return to_sign_in()
            g.seat = Seat.of(user(), str(kwargs["slug"]))
            enter(g.seat.workspace_id)
            if not g.seat.workspace.live:
                abort(403, "This workspace is suspended.")
            require(capability, access)
            return view(*args, **kwargs)

        guarded.asks = (capability, access)  # type: ignore[attr-defined]
        return guarded

    return decorate


def require(capability: str, access: str) -> None:
    """Stop with 403 where the seat's role may not do this; for what only the record itself tells."""
    if not seat().may(capability, access):
        abort(403, "Your role in this workspace does not allow this. An owner or manager can change it.")
    g.needed = (capability, access)


def to_sign_in(back: str | None = None) -> Response:
    """Send the browser to /login and back: to `back`, else to the page that was asked for or that a form stood on."""
    login = url_for("portal.login")
    if is_htmx():
        return signed_out(login)
    asked = request.full_path.rstrip("?") if request.method == "GET" else page_of_the_form()
    return go(and_back(login, back or asked))


def safe_next(target: str | None, otherwise: str) -> str:
    """A local path to go on to after signing in; anything that could leave this origin is replaced."""
    return local(target) or otherwise
