"""The HTTP edge: how gunicorn serves Frontdesk, and what it answers and logs when a request cannot even be read.

`frontdesk serve` uses it; so does `gunicorn --config python:blueprints.commands.edge wsgi:app`, for which the settings
stand here as names of the module. gunicorn's own answers to a malformed request echo it, have no `no-store`, and its
log would hold the address with its query string; here the answer is fixed and a log line names only what was wrong.
"""

import gc
import json
import select
import socket
import traceback
from http import HTTPStatus
from typing import Any, Final

from flask import Flask
from gunicorn import util
from gunicorn.http import errors as http
from gunicorn.workers.gthread import ThreadWorker

SETTINGS: Final[dict[str, Any]] = {
    "worker_class": "blueprints.commands.edge.Worker",
    "preload_app": False,
    "timeout": 60,
    "graceful_timeout": 20,
    "keepalive": 30,
    "backlog": 512,
    "limit_request_line": 8190,
    "limit_request_field_size": 16_384,
    "limit_request_fields": 100,
    "forwarded_allow_ips": "",
    "control_socket_disable": True,
    "loglevel": "warning",
    "proc_name": "frontdesk",
}
"""No access log: a log line must not hold a query string of /oauth or /mcp."""
globals().update(SETTINGS)

LINGER_MS: Final = 2
"""How long a thread waits for the next request of the connection it has just served."""

_STATUS_OF: Final = {
    http.LimitRequestLine: 414,
    http.LimitRequestHeaders: 431,
    http.ExpectationFailed: 417,
    http.UnsupportedTransferCoding: 501,
    http.ForbiddenProxyRequest: 403,
}
_SENTENCES: Final = {
    400: "The request could not be read.",
    403: "This server does not take requests from there.",
    414: "The address is longer than this server reads.",
    417: "This server does not meet that expectation.",
    431: "The headers are longer than this server reads.",
    500: "The error was logged. Nothing was changed; try again.",
    501: "This server does not read that transfer coding.",
}
_PAGE: Final = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"><title>{title} · Frontdesk</title></head>'
    "<body><main><h1>{title}</h1><p>{sentence}</p></main></body></html>\n"
)
_HEADERS: Final = (
    "Connection: close",
    "Cache-Control: no-store",
    "Pragma: no-cache",
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "Referrer-Policy: no-referrer",
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
)


def on_starting(server: Any) -> None:
    """Refuse, as `frontdesk serve` does, to serve without an address or a secret; for gunicorn with this configuration."""
    from blueprints.commands.application import serving_settings
    from models.settings import SettingsError

    try:
        serving_settings()
    except SettingsError as wrong:
        raise SystemExit(str(wrong)) from None


def spare_the_collector() -> None:
    """Leave what has been made until now out of garbage collection: it stays, and each full look at it holds up a request
    for a tenth of a second (bench_desk.py, the slots' p95).
    """
    gc.collect()
    gc.freeze()


class Worker(ThreadWorker):
    """gunicorn's threaded worker with answers and log lines of ours."""

    def load_wsgi(self) -> None:
        super().load_wsgi()  # type: ignore[no-untyped-call]
        spare_the_collector()
        self.application = self.wsgi
        self.wsgi = self._announcing

    def handle(self, conn: Any) -> Any:
        """Serve a request of a connection, and the next ones while they come at once and no other connection waits.

        Through gunicorn's loop each would change threads twice more (bench_refresh.py: a tenth of the rotations).
        """
        kept = super().handle(conn)  # type: ignore[no-untyped-call]
        while kept is True and self._next_is_here(conn):
            kept = super().handle(conn)  # type: ignore[no-untyped-call]
        return kept

    def _next_is_here(self, conn: Any) -> bool:
        if not self.alive or not self.tpool._work_queue.empty():  # type: ignore[union-attr]
            return False
        line = select.poll()
        line.register(conn.sock, select.POLLIN)
        return bool(line.poll(LINGER_MS))

    def _announcing(self, environ: dict[str, Any], start_response: Any) -> Any:
        """The application; where a body could not be read to its end, the answer says that the connection ends."""

        body = environ["wsgi.input"]

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            if body.failed:
                start_response.__self__.force_close()
            return start_response(status, headers, exc_info)

        return self.application(environ, start)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Whether the connection serves another request; a body that nobody read and that is malformed ends it."""
        try:
            return bool(super()._keepalive_after(conn, keepalive))  # type: ignore[no-untyped-call]
        except http.ParseException as exc:  # the answer has been sent: a second one would be taken for another request's
            self.log.warning("a connection was closed behind an answer: %s", type(exc).__name__)
            return False

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what gunicorn could not read, or what failed outside the application. Nothing sent is echoed or logged."""
        status = _status_of(exc)
        if status == 500:
            where = "".join(traceback.format_tb(exc.__traceback__))  # without the message, which may quote the request
            self.log.error("a request failed outside the application: %s\n%s", type(exc).__name__, where)
        else:
            self.log.warning("a request was refused with %s: %s", status, type(exc).__name__)
            self._note(addr[0] if addr else None, status)
        try:
            util.write_nonblock(client, _answer(status, getattr(req, "path", "") or ""))  # type: ignore[no-untyped-call]
        except OSError as gone:
            self.log.debug("the answer found nobody: %s", type(gone).__name__)

    def _note(self, address: str | None, status: int) -> None:
        """Leave the one row of a refusal, as the application does for its own."""
        if not isinstance(self.application, Flask):  # wrapped by a test
            return
        from sqlalchemy.exc import SQLAlchemyError

        from models.activity.actor import Actor
        from models.activity.audit_event import note_refusal

        try:
            with self.application.app_context():
                note_refusal("send_request", Actor(kind="public", address=address), {"status": status})
        except SQLAlchemyError as failed:
            self.log.error("a refusal could not be noted: %s", type(failed).__name__)


def _status_of(exc: BaseException) -> int:
    if isinstance(exc, http.InvalidResponseHeader | http.InvalidResponseHeaderName | http.ConfigurationProblem):
        return 500
    if isinstance(exc, http.ParseException):
        return next((status for kind, status in _STATUS_OF.items() if isinstance(exc, kind)), 400)
    return 500


def _answer(status: int, path: str) -> bytes:
    """The whole answer: JSON where the address is for programs, else a page."""
    from blueprints.errors import OAUTH_ERRORS, is_for_programs

    phrase, sentence = HTTPStatus(status).phrase, _SENTENCES[status]
    if is_for_programs(path):
        kind = "application/json"
        body = json.dumps({"error": OAUTH_ERRORS.get(status, "invalid_request"), "error_description": sentence})
    else:
        kind, body = "text/html; charset=utf-8", _PAGE.format(title=phrase, sentence=sentence)
    content = body.encode()
    head = (f"HTTP/1.1 {status} {phrase}", *_HEADERS, f"Content-Type: {kind}", f"Content-Length: {len(content)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + content
