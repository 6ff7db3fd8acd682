"""A request's body as it comes off the wire: one that cannot be read is the caller's fault, and none of it is logged."""

from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, TypeVar

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Got = TypeVar("Got")


class ReadableBodies:
    """WSGI middleware: malformed chunks (RFC 9112 §7.1) and bodies that break off are a 400, wherever they are read."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> object:
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return self.app(environ, start_response)


class _Body:
    """The server's stream; what goes wrong in it says nothing about what was sent."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, *size: int) -> bytes:
        return _read(self._stream.read, *size)

    def readline(self, *size: int) -> bytes:
        return _read(self._stream.readline, *size)

    def readlines(self, *hint: int) -> list[bytes]:
        return _read(self._stream.readlines, *hint)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _read(how: Callable[..., Got], *size: int) -> Got:
    try:
        return how(*size)
    except (OSError, ParseException):
        raise BadRequest("The body of the request could not be read.") from None
