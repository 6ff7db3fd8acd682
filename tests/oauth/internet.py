"""A small internet on loopback: names with public addresses, real TLS under a certificate authority of its own.

The fetcher under test gets its resolver, its trust store and its network from here, and checks addresses as ever.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import httpcore2
import trustme

from blueprints.outbound import Outbound

PUBLIC = "93.184.215.14"
Answer = Callable[[socket.socket], None]


def reply(body: bytes, *headers: str, status: str = "200 OK", content_type: str = "application/json") -> Answer:
    """An answer with a Content-Length and whatever else is given."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + body)


def drip(head: bytes, drop: bytes, every: float, times: int) -> Answer:
    """An answer that never quite comes: `head`, then `drop` again and again."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(drop)
            time.sleep(every)

    return answer


class Internet(httpcore2.NetworkBackend):
    """One server behind every public address; what is asked and where connections go is written down."""

    def __init__(self, *hosts: str) -> None:
        authority = trustme.CA()
        self.trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(self.trust)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*hosts).configure_cert(self._tls)
        self._tls.sni_callback = lambda _, name, __: self.server_names.append(name)
        self.addresses: dict[str, Sequence[str]] = dict.fromkeys(hosts, (PUBLIC,))
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.server_names: list[str | None] = []
        self.connections: list[tuple[str, int]] = []
        self.resolved: list[str] = []
        self._real = httpcore2.SyncBackend()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        threading.Thread(target=self._serve, daemon=True).start()

    def outbound(self, clock: Callable[[], float] = time.monotonic) -> Outbound:
        return Outbound(resolver=self.resolve, trust=self.trust, network=self, clock=clock)

    def resolve(self, host: str) -> Sequence[str]:
        self.resolved.append(host)
        if host not in self.addresses:
            raise socket.gaierror("no such name")
        return self.addresses[host]

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        self.connections.append((host, port))
        return self._real.connect_tcp("127.0.0.1", self._listener.getsockname()[1], timeout=timeout)

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(plain, server_side=True) as connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(65536)
                self.requests.append(request.decode())
                path = request.split(b" ", 2)[1].decode()
                self.answers.get(path, reply(b"{}", status="404 Not Found"))(connection)
        except OSError:  # the fetcher hung up, which is what most of these tests are about
            plain.close()


@dataclass
class Canary:
    """Listens on every address of this machine, both families, and counts who comes."""

    visits: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, visitor = self._listener.accept()
            except OSError:
                return
            self.visits.append(visitor)
            connection.close()

    def close(self) -> None:
        self._listener.close()
