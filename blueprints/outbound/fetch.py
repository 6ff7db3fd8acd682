"""One GET of one small JSON document from the public internet, and nothing else.

The name is resolved once, its addresses are checked, and the connection goes to the checked address, while TLS and
the Host header keep the name (RFC 9728 §7.7; CIMD draft §6.5). The check has no parameter: tests give another
resolver, trust store and network, and even then no address is passed on to that network unless it is a public one.
httpcore follows no redirects, reads no proxy from the environment and decodes no content.
"""

import re
import ssl
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Final

import httpcore2

from blueprints.outbound.addresses import Resolver, is_public
from models.oauth.uri import Uri

SECONDS: Final = 5.0
MAX_BYTES: Final = 5 * 1024
MAX_ADDRESSES: Final = 4

_JSON: Final = re.compile(r"application/(?:[a-z0-9.-]{1,60}\+)?json", re.ASCII)
_MAX_AGE: Final = re.compile(r"max-age=\"?([0-9]{1,9})", re.ASCII)


class LookUpFailed(Exception):
    """No document. One text for every reason: what our network looks like from inside is nobody's business.

    `reason` is one word for the operator's log.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("The document could not be fetched.")
        self.reason = reason


@dataclass(frozen=True)
class Document:
    """A body of at most MAX_BYTES and the seconds it may be kept for, where its server said so."""

    body: bytes
    max_age: int | None


class Deadline:
    """The end of all waiting for one fetch, whatever the other side does."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, more than 0; raises ReadTimeout when there are none."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("The time is up.")
        return left


def fetch(
    url: Uri, *, resolver: Resolver, trust: ssl.SSLContext, network: httpcore2.NetworkBackend, seconds: float = SECONDS
) -> Document:
    """Fetch the document at an https `url`; raises LookUpFailed, after `seconds` at the latest."""
    pinned = _PublicNetwork(network, resolver, Deadline(seconds))
    path = (url.path or "/") + ("" if url.query is None else "?" + url.query)
    address = httpcore2.URL(scheme="https", host=url.host, port=url.port, target=path)  # its own parser drops `;…`
    headers = [
        ("Host", url.authority),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "Frontdesk"),
        ("Connection", "close"),
    ]
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=trust, network_backend=pinned, max_connections=1) as pool,
            pool.stream("GET", address, headers=headers) as response,
        ):
            return _read(response)
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        raise LookUpFailed(type(error).__name__) from error


def _read(response: httpcore2.Response) -> Document:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers[name.decode("ascii").lower()] = value.decode("latin-1").strip().lower()
    if response.status != 200:
        raise LookUpFailed("status")
    if headers.get("content-encoding", "identity") != "identity":
        raise LookUpFailed("encoding")
    if not _JSON.fullmatch(headers.get("content-type", "").partition(";")[0].strip()):
        raise LookUpFailed("type")
    if int(headers.get("content-length", "0")) > MAX_BYTES:
        raise LookUpFailed("size")
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise LookUpFailed("size")
    return Document(bytes(body), _max_age(headers.get("cache-control", "")))


def _max_age(cache_control: str) -> int | None:
    if "no-store" in cache_control or "no-cache" in cache_control:
        return 0
    found = _MAX_AGE.search(cache_control)
    return int(found[1]) if found else None


class _PublicNetwork(httpcore2.NetworkBackend):
    """The network as one fetch sees it: names lead to public addresses only, and every wait ends at the deadline."""

    def __init__(self, network: httpcore2.NetworkBackend, resolver: Resolver, deadline: Deadline) -> None:
        self._network = network
        self._resolver = resolver
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first of the name's public addresses that answers."""
        public = [address for address in self._addresses(host) if is_public(address)][:MAX_ADDRESSES]
        refused: Exception = httpcore2.ConnectError("The name has no public address.")
        for tries_left, address in zip(range(len(public), 0, -1), public, strict=True):
            try:
                stream = self._network.connect_tcp(address, port, timeout=self._deadline.left() / tries_left)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                refused = error
            else:
                return _TimedStream(stream, self._deadline)
        raise refused

    def _addresses(self, host: str) -> Sequence[str]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        answer: Future[Sequence[str]] = Future()

        def resolve() -> None:
            try:
                answer.set_result(self._resolver(host))
            except (OSError, UnicodeError) as error:
                answer.set_exception(httpcore2.ConnectError(str(error)))

        Thread(target=resolve, name="resolve", daemon=True).start()
        try:
            return answer.result(timeout=self._deadline.left())
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("The name was not resolved in time.") from error


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose every read, write and handshake may take only what is left until the deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout=self._deadline.left())
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
