"""Loopback listeners that stand for a client's callback: one that answers, one that hops on to another origin."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Callback(ThreadingHTTPServer):
    """Keeps the queries it was called with; with `onward` it sends the browser on to that origin."""

    daemon_threads = True

    def __init__(self, onward: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.onward = onward
        self.received: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/callback"

    @property
    def last(self) -> dict[str, str]:
        return self.received[-1]


class _Answer(BaseHTTPRequestHandler):
    server: Callback

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        self.server.received.append({name: values[0] for name, values in parse_qs(place.query).items()})
        if self.server.onward and place.path == "/callback":
            self.send_response(302)
            self.send_header("Location", f"{self.server.onward}?{place.query}")
            self.end_headers()
            return
        page = b"<!doctype html><html lang=en><title>Connected</title><h1>Connected</h1></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening(onward: str | None = None) -> Iterator[Callback]:
    """A callback that listens until the end of the block."""
    callback = Callback(onward)
    threading.Thread(target=callback.serve_forever, daemon=True).start()
    try:
        yield callback
    finally:
        callback.shutdown()
        callback.server_close()
